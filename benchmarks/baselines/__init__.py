"""Compare our network with simpler models: `python -m benchmarks.baselines`."""

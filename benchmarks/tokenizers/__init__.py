"""Compare tokenizers: `python -m benchmarks.tokenizers`."""

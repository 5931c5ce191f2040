"""Settings of a training run: the tables and the TOML files."""

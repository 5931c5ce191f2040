"""The command pitfall."""

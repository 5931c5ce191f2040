"""The command bulk."""

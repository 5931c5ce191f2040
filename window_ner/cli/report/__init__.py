"""The command report."""

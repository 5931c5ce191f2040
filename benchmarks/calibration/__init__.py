"""Whether scores should be calibrated by what the text looks like."""

"""Bytes on disk: text, arrays, model folders, locks."""

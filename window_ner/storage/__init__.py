"""Files on disk: text, arrays, model folders, locks."""

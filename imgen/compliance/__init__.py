"""Whether a picture may be shown."""

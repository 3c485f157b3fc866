"""Whether two prompts ask for the same picture, where an embedding alone cannot tell."""

"""A self-hosted image-generation platform: four public HTTP APIs over one core."""

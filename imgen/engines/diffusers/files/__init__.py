"""What lies on disk, on a hub or in a single file, told without torch."""

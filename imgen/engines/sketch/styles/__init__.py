"""The ways in which sketch can finish a painting, one file each."""

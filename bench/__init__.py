"""What imgen costs, measured beside what a user would pick instead: `python -m bench`."""

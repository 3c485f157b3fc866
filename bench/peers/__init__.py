"""What a user would write instead of imgen's path, as short as it can be done properly."""

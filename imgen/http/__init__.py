"""What every door needs: bodies, keys, request ids, limits, and the root that holds the doors."""

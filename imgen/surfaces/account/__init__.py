"""The account API: sign up and in, keys, usage, the request log, members, preferences."""

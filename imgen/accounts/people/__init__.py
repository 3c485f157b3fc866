"""People: users, their passwords and sessions, and the accounts that they are members of."""

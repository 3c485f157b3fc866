"""Tells, for any picture, whether it is ours and what became of it since."""

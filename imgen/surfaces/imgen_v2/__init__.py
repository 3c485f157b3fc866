"""Imgen v2: one path, the field `action` picks the call; submit, then poll."""

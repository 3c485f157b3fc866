"""Bringing in the pictures that somebody already has, with what their files say about them."""

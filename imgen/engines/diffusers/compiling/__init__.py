"""Faster forms of denoisers, made beside the painting."""

"""Prompts as text encoders take them."""

"""Engines turn a fully resolved request into pixels. They decide no policy."""

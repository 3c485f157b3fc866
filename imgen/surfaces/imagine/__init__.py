"""Imagine: forms in, edited and generated pictures out, each for credits; two families of paths."""

"""The built-in engine: a procedural painter and classical image operations, without weights."""

"""The things that sketch can draw, one file or entry each."""

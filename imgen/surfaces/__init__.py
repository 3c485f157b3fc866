"""The public HTTP APIs, each a thin adapter over the one core. They never import each other."""

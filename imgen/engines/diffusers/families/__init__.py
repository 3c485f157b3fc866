"""One module per family of models: what it accepts, and how a request maps to it."""

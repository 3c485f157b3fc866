"""The detectors, each in a module of its own."""

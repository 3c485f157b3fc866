"""What every picture goes through before anyone sees it: marks, encoding, fingerprints."""

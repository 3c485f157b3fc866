"""The library: every safe image, remembered and found again by meaning."""

"""Lists of the PDQ hashes of known pictures, which operators import."""

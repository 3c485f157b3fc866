"""The Cache API: search the library by meaning, or take the one best picture for a prompt."""

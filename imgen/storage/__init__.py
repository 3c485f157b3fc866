"""Where pictures are kept, and the links by which they are fetched."""

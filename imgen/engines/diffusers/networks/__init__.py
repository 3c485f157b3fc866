"""Small networks beside the pipelines: upscaling, cutting out, looking at pictures."""

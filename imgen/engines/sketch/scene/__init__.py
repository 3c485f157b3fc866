"""What is in a picture: reading a prompt into a scene, without a thought for how it is drawn."""

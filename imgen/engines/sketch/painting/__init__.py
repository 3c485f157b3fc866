"""How a scene is drawn: light, sky, land, water, rooms, and the things that stand in them."""

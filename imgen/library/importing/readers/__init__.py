"""One reader for each way in which programs write down how a picture was made."""

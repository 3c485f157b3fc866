"""Saying in a sentence what a picture shows."""

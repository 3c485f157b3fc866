"""Requests and images, counted exactly, in windows of UTC minutes, days and months."""

"""The engine that has RunPod's serverless endpoints make pictures."""

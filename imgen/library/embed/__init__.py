"""Turning text into vectors: what an encoder is, and the ONNX one that ships with imgen."""

"""Asking a language model, over the OpenAI-style chat endpoint that most servers speak."""

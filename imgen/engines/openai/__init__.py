"""The engine for servers with OpenAI-style image calls: vendors, vLLM-Omni, SGLang, LocalAI."""

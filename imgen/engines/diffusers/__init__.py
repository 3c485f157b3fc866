"""The engine for diffusion models on this machine's own GPU or CPU; needs the extra `diffusers`."""

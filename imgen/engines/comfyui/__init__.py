"""The engine that hands work to ComfyUI servers, and the workflow graphs that it builds."""

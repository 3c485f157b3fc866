"""ImageAPI v1: synchronous JSON under `/api/v1`, with plans, batches and prompt tools."""

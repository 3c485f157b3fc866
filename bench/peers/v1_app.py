"""What v1 answers, by FastAPI with limits in Redis: `uvicorn bench.peers.v1_app:app`.

The same three windows, counted by limits' asyncio strategy. No keys, accounts, log, concurrency,
queue, worker, marks or credentials; `generate` paints and encodes a grey picture in a thread.
"""

from __future__ import annotations

import asyncio
import base64
import os
import secrets

import cv2
import numpy as np
from fastapi import FastAPI, HTTPException, Request
from limits import parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from pydantic import BaseModel, Field

_LIMIT = 1_000_000_000
_windows = [parse(f"{_LIMIT}/{window}") for window in ("minute", "day", "month")]
_limits = FixedWindowRateLimiter(
    RedisStorage(f"async+redis+unix://{os.environ['REDIS_SOCKET']}", implementation="redispy")
)
_MODELS = [
    {"slug": f"model-{n}", "name": f"Model {n}", "description": "Paints.", "available": True}
    for n in range(14)
]

app = FastAPI()


class Generate(BaseModel):
    """Its body."""

    prompt: str = Field(min_length=1, max_length=2000)
    model: str = ""
    width: int = Field(512, ge=256, le=1024)
    height: int = Field(512, ge=256, le=1024)


@app.get("/models")
async def models() -> dict[str, object]:
    return {"success": True, "data": {"models": _MODELS}}


@app.get("/usage")
async def usage(request: Request) -> dict[str, object]:
    key = request.headers["authorization"]
    left = [(await _limits.get_window_stats(one, key)).remaining for one in _windows]
    return {"success": True, "data": {"used": [_LIMIT - one for one in left]}}


@app.post("/generate")
async def generate(body: Generate, request: Request) -> dict[str, object]:
    for window in _windows:
        if not await _limits.hit(window, request.headers["authorization"]):
            raise HTTPException(429)
    seed = secrets.randbelow(2**32)
    image = await asyncio.to_thread(_paint, body.width // 8, body.height // 8, seed)
    return {"success": True, "data": {"image": image, "seed": seed, "model": body.model}}


def _paint(width: int, height: int, seed: int) -> str:
    _, data = cv2.imencode(".png", np.full((height, width, 3), seed % 200, np.uint8))
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()

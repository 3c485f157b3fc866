"""Limits as FastAPI users have them, counted in Redis: `uvicorn bench.peers.limits_app:app`.

`POST /slowapi` has the same three windows as ours by slowapi's decorator (which calls Redis on the
event loop), `POST /limits` by limits' own asyncio strategy. Neither knows keys, concurrency or a
log; the client is told by a header.
"""

from __future__ import annotations

import os

from fastapi import FastAPI, HTTPException, Request
from limits import parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded

_SOCKET = os.environ["REDIS_SOCKET"]
_WINDOWS = [f"{os.environ['LIMIT']}/{window}" for window in ("minute", "day", "month")]


def _client(request: Request) -> str:
    return str(request.headers["authorization"])


_slowapi = Limiter(key_func=_client, storage_uri=f"redis+unix://{_SOCKET}", strategy="fixed-window")
_windows = [parse(window) for window in _WINDOWS]
_storage = RedisStorage(f"async+redis+unix://{_SOCKET}", implementation="redispy")
_limits = FixedWindowRateLimiter(_storage)

app = FastAPI()
app.state.limiter = _slowapi
app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)  # type: ignore[arg-type]


@app.post("/nothing")
async def nothing() -> dict[str, bool]:
    """Without limits: what is left is what limits cost."""
    return {"ok": True}


@app.post("/slowapi")
@_slowapi.limit(";".join(_WINDOWS))
async def by_slowapi(request: Request, bad: bool = False) -> dict[str, bool]:
    return _work(bad)


@app.post("/limits")
async def by_limits(request: Request, bad: bool = False) -> dict[str, bool]:
    for window in _windows:
        if not await _limits.hit(window, _client(request)):
            raise HTTPException(429)
    return _work(bad)


def _work(bad: bool) -> dict[str, bool]:
    if bad:
        raise HTTPException(400)
    return {"ok": True}

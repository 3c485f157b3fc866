"""One primary-key select through a pool, as JSON: `uvicorn bench.peers.select_app:app`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

_pool = AsyncConnectionPool(
    os.environ["DATABASE_URL"],
    min_size=2,
    max_size=10,
    kwargs={"autocommit": True, "row_factory": dict_row},
    open=False,
)


@asynccontextmanager
async def _connected(_app: FastAPI) -> AsyncIterator[None]:
    async with _pool:
        yield


app = FastAPI(lifespan=_connected)


@app.get("/jobs/{id}")
async def job(id: str) -> dict[str, Any]:
    return await _select("SELECT id, state::text AS status FROM jobs WHERE id = %s", id)


@app.get("/rows/{id}")
async def row(id: str) -> dict[str, Any]:
    """With everything that imgen's reply is made of."""
    return await _select("SELECT * FROM jobs WHERE id = %s", id)


async def _select(query: Any, id: str) -> dict[str, Any]:
    async with _pool.connection() as connection:
        found = await (await connection.execute(query, (id,))).fetchone()
    if found is None:
        raise HTTPException(404)
    return dict(found)

"""arq with Redis, behind FastAPI: `uvicorn bench.peers.arq_app:app`, `arq …:WorkerSettings`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.jobs import Job, JobStatus
from fastapi import FastAPI

from bench.peers.picture import make_picture

REDIS = RedisSettings(unix_socket_path=os.environ["REDIS_SOCKET"])


async def generate(_context: dict[str, Any], prompt: str) -> str:
    return await asyncio.to_thread(make_picture, len(prompt))


class WorkerSettings:
    functions: ClassVar = [generate]
    redis_settings = REDIS
    max_jobs = os.cpu_count() or 1
    poll_delay = 0.005  # its default of half a second would be all that is measured


@asynccontextmanager
async def _connected(app: FastAPI) -> AsyncIterator[None]:
    app.state.redis = await create_pool(REDIS)
    yield
    await app.state.redis.aclose()


app = FastAPI(lifespan=_connected)


@app.post("/jobs")
async def submit(body: dict[str, str]) -> dict[str, str]:
    redis: ArqRedis = app.state.redis
    job = await redis.enqueue_job("generate", body["prompt"])
    assert job is not None
    return {"id": job.job_id}


@app.get("/jobs/{id}")
async def status(id: str) -> dict[str, str]:
    found = await Job(id, app.state.redis).status()
    return {"status": "COMPLETED" if found is JobStatus.complete else "IN_QUEUE"}

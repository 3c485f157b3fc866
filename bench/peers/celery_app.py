"""Celery with Redis, behind FastAPI: `uvicorn bench.peers.celery_app:app`, `celery -A … worker`."""

from __future__ import annotations

import os

from celery import Celery
from celery.result import AsyncResult
from fastapi import FastAPI

from bench.peers.picture import make_picture

_SOCKET = os.environ["REDIS_SOCKET"]
queue = Celery("peer", broker=f"redis+socket://{_SOCKET}", backend=f"redis+socket://{_SOCKET}")
queue.conf.update(task_acks_late=True, worker_prefetch_multiplier=1)


@queue.task(name="generate")  # type: ignore[untyped-decorator,unused-ignore]
def generate(prompt: str) -> str:
    return make_picture(len(prompt))


# One thread: Celery's listener for results in Redis hangs when several threads share it.
app = FastAPI()


@app.post("/jobs")
async def submit(body: dict[str, str]) -> dict[str, str]:
    return {"id": generate.delay(body["prompt"]).id}


@app.get("/jobs/{id}")
async def status(id: str) -> dict[str, str]:
    done = AsyncResult(id, app=queue).state == "SUCCESS"
    return {"status": "COMPLETED" if done else "IN_QUEUE"}

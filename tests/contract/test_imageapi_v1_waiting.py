"""Hundreds of clients that wait cost a real server next to nothing, and their going is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil
import psycopg
import pytest

from imgen.database.embedded import EmbeddedPostgres
from tests.live import Deployment, deployed

_CLIENTS = 200
_PATIENCE_SECONDS = 240
_CONNECTIONS = 6


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with (
        TemporaryDirectory(prefix="imgen-test-", ignore_cleanup_errors=True) as folder,
        deployed(
            Path(folder) / "data",
            IMGEN_DATABASE_CONNECTIONS=str(_CONNECTIONS),
            IMGEN_WORKER__CONCURRENCY="1",
            IMGEN_GENERATION__WAIT_SECONDS="3600",
        ) as deployment,
    ):
        yield deployment


async def _until(connection: psycopg.AsyncConnection[tuple[int]], query: str, wanted: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await _number(connection, query) != wanted:
            await asyncio.sleep(0.1)


async def _number(connection: psycopg.AsyncConnection[tuple[int]], query: str) -> int:
    row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return row[0]


_UNFINISHED = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')"
_CANCELLED = "SELECT count(*) FROM jobs WHERE state = 'cancelled'"
_SERVER = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


async def test_hundreds_wait_without_threads_or_connections_and_hanging_up_cancels(
    deployment: Deployment,
) -> None:
    key = deployment.run("keys", "create", "crowd").strip()
    assert deployment.process is not None
    server = psutil.Process(deployment.process.pid)
    url = EmbeddedPostgres(deployment.folder).url
    limits = httpx.Limits(max_connections=None)
    async with (
        await psycopg.AsyncConnection.connect(url, autocommit=True) as connection,
        httpx.AsyncClient(
            base_url=deployment.url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=None,
            limits=limits,
        ) as client,
    ):
        body = {"prompt": "sleep 3000", "model": "instant"}
        waiting = [
            asyncio.create_task(client.post("/api/v1/generate", json=body)) for _ in range(_CLIENTS)
        ]
        await _until(connection, _UNFINISHED, _CLIENTS)
        threads = server.num_threads()
        # Two pools (server and worker), each with its queue's listener; ours for endings; this one.
        assert await _number(connection, _SERVER) <= 2 * (_CONNECTIONS + 1) + 2
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await _until(connection, _CANCELLED, _CLIENTS)
        assert await _number(connection, _UNFINISHED) == 0
        usage = (await client.get("/api/v1/usage")).json()["data"]["usage"]
    assert threads < 40
    assert usage["this_month"]["imageCount"] == 0

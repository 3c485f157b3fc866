"""Two real servers over one database keep one account's limits, and survive each other's death."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from imgen.accounts.administer import Administer
from imgen.accounts.usage.read import ReadUsage
from imgen.database.pool import Database
from tests.accounts.usage.counting import make_account, set_limits
from tests.live import Deployment, deployed

_LEASE = "3"
_RANDOM = {"action": "random"}
_OPTIMIZE = {"action": "optimize", "prompt": "a paper boat on a calm lake"}


@pytest.fixture
def silent_model() -> Iterator[str]:
    """The URL of a language model that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


@pytest.fixture
def servers(clean_url: str, silent_model: str) -> Iterator[list[Deployment]]:
    variables = {
        "IMGEN_DATABASE_URL": clean_url,
        "IMGEN_WORKER__EMBEDDED": "false",
        "IMGEN_ACCOUNTS__LEASE_SECONDS": _LEASE,
        "IMGEN_ENHANCER__URL": silent_model,
        "IMGEN_ENHANCER__MODEL": "silent",
        "IMGEN_ENHANCER__TIMEOUT_SECONDS": "200",
    }
    with (
        TemporaryDirectory(prefix="imgen-test-", ignore_cleanup_errors=True) as folder,
        deployed(Path(folder) / "one", **variables) as one,
        deployed(Path(folder) / "two", **variables) as two,
    ):
        yield [one, two]


async def _storm(servers: list[Deployment], key: str, calls: int) -> list[httpx.Response]:
    """Many clients of every server at once."""
    limits = httpx.Limits(max_connections=24)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(headers=headers, limits=limits, timeout=60) as client:
        return await asyncio.gather(
            *(
                client.post(f"{server.url}/api/v2", json=_RANDOM)
                for _ in range(calls)
                for server in servers
            )
        )


async def test_two_servers_count_as_one(
    servers: list[Deployment], database: Database, clean_url: str
) -> None:
    account = await make_account(database, "tester", requests_per_month=50)
    key = await Administer(database).create_key("tester")

    replies = await _storm(servers, key, 60)
    statuses = [reply.status_code for reply in replies]
    assert (statuses.count(200), statuses.count(429)) == (50, 70)
    assert {"retry-after", "ratelimit", "ratelimit-policy", "x-request-id"} <= {
        name for reply in replies if reply.status_code == 429 for name in reply.headers
    }
    left = sorted(
        int(reply.headers["ratelimit"].split("r=")[1].split(";")[0])
        for reply in replies
        if reply.status_code == 200
    )
    assert left == list(range(50))  # each was told another number
    assert (await ReadUsage(database)(account)).this_month.requests == 50

    await set_limits(database, account, requests_per_month=None, concurrency=4)
    await _leak_nothing_when_killed(servers, key, account, database)


async def _leak_nothing_when_killed(
    servers: list[Deployment], key: str, account: str, database: Database
) -> None:
    first, second = servers
    headers = {"Authorization": f"Bearer {key}"}
    read = ReadUsage(database)
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        hanging = [
            asyncio.create_task(client.post(f"{first.url}/api/v2", json=_OPTIMIZE))
            for _ in range(4)
        ]
        async with asyncio.timeout(30):
            while (await read(account)).at_once < 4:
                await asyncio.sleep(0.02)
        # Longer than a lease: a living process renews its own.
        until = time.monotonic() + 1.5 * float(_LEASE)
        while time.monotonic() < until:
            refused = await client.post(f"{second.url}/api/v2", json=_RANDOM)
            assert refused.status_code == 429, first.log.read_text()[-2000:]
            await asyncio.sleep(0.05)
        first.kill_server()
        async with asyncio.timeout(30):
            while (await client.post(f"{second.url}/api/v2", json=_RANDOM)).status_code == 429:
                await asyncio.sleep(0.05)
        assert (await read(account)).at_once == 0
        for call in hanging:
            with contextlib.suppress(httpx.TransportError):
                await call

"""Imgen v2 calls that are sent twice, also over the death of the process that took the first."""

from __future__ import annotations

import httpx
import pytest

from imgen.wiring.core import Core

_BODY = {"action": "generate", "prompt": "a lighthouse at dusk", "model": "instant"}


@pytest.fixture
def headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Idempotency-Key": "order-17"}


async def _count(core: Core, table: str) -> int:
    async with core.database.connection() as connection:
        cursor = await connection.execute(f"SELECT count(*) FROM {table}")
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def test_a_repeat_gets_the_same_job(
    client: httpx.AsyncClient, core: Core, headers: dict[str, str]
) -> None:
    first = await client.post("/api/v2", json=_BODY, headers=headers)
    again = await client.post("/api/v2", json=_BODY, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert await _count(core, "jobs") == 1


async def test_another_payload_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await client.post("/api/v2", json=_BODY, headers=headers)
    other = await client.post("/api/v2", json=_BODY | {"prompt": "a boat"}, headers=headers)
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["error"]


async def test_a_job_whose_receipt_was_lost_is_not_made_twice(
    client: httpx.AsyncClient, core: Core, headers: dict[str, str]
) -> None:
    first = await client.post("/api/v2", json=_BODY, headers=headers)
    async with core.database.connection() as connection:  # as a kill -9 before the reply leaves it
        await connection.execute(
            "UPDATE idempotent_replies SET status = NULL, headers = NULL, body = NULL,"
            " lease_until = now() - interval '1 second'"
        )
    again = await client.post("/api/v2", json=_BODY, headers=headers)
    assert again.status_code == 200
    assert again.json() == first.json()
    assert await _count(core, "jobs") == 1
    third = await client.post("/api/v2", json=_BODY, headers=headers)
    assert third.headers["idempotent-replayed"] == "true"


async def test_polls_are_never_replayed(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    job = (await client.post("/api/v2", json=_BODY, headers=headers)).json()
    poll = {"action": "status", "id": job["id"]}
    reply = await client.post("/api/v2", json=poll, headers=headers)
    assert reply.status_code == 200
    assert "idempotent-replayed" not in reply.headers

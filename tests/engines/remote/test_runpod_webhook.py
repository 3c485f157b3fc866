"""RunPod's webhook, from the HTTP process through the database to the engine that waits."""

from __future__ import annotations

import asyncio

import httpx
import numpy as np
import pytest
from starlette.applications import Starlette

from imgen.database.pool import Database
from imgen.engines.runpod.engine import RunPodEngine
from imgen.engines.runpod.nudges import DatabaseNudges, is_token, new_token
from imgen.http.runpod_webhook import runpod_webhook_route
from tests.engines.remote.local import Told, make_request, noise, serving
from tests.engines.remote.runpod_server import KEY, FakeRunPod

SECRET = b"a secret of this deployment"
POD = {"endpoint": "pictures", "checkpoint": "meadow.safetensors"}


def door(database: Database) -> Starlette:
    return Starlette(routes=[runpod_webhook_route(database, SECRET)])


def make_engine(pod: FakeRunPod, nudges: DatabaseNudges, *, poll: float) -> RunPodEngine:
    return RunPodEngine(key=KEY, url=pod.url, nudges=nudges, longest_poll_seconds=poll)


async def test_a_job_is_looked_at_when_its_webhook_comes(
    database: Database, pod: FakeRunPod
) -> None:
    pod.states, pod.calls_back = ["COMPLETED"], True
    async with serving(door(database)) as url:
        engine = make_engine(pod, DatabaseNudges(database, url + "/", SECRET), poll=600)
        result = await engine.run(make_request(options=POD), Told())
    assert np.array_equal(result.image, noise(11, 96, 64))
    assert pod.looks == 1


async def test_a_webhook_that_never_comes_is_made_up_for(
    database: Database, pod: FakeRunPod
) -> None:
    nudges = DatabaseNudges(database, "http://127.0.0.1:9", SECRET)
    result = await make_engine(pod, nudges, poll=0.01).run(make_request(options=POD), Told())
    assert np.array_equal(result.image, noise(11, 96, 64))


async def test_one_job_s_webhook_rings_for_it_alone(database: Database) -> None:
    async with serving(door(database)) as url:
        nudges = DatabaseNudges(database, url, SECRET)
        async with nudges.expect() as (one, first), nudges.expect() as (other, second):
            assert one != other
            async with httpx.AsyncClient() as client:
                assert (await client.post(one, json={"status": "FAILED"})).status_code == 200
            async with asyncio.timeout(10):
                await first.wait()
            assert not second.is_set()


async def test_strangers_are_not_told_anything(database: Database) -> None:
    async with serving(door(database)) as url, httpx.AsyncClient() as client:
        for token in ("x", new_token(b"another secret"), "é" * 56):
            assert (await client.post(f"{url}/webhooks/runpod/{token}")).status_code == 404


async def test_a_secret_shows_nowhere(database: Database) -> None:
    assert "secret" not in repr(DatabaseNudges(database, "http://h", SECRET)).replace("_", " ")


@pytest.mark.parametrize("length", [0, 24, 55, 57])
def test_a_token_is_whole_or_none(length: int) -> None:
    token = new_token(SECRET)
    assert is_token(token, SECRET)
    assert not is_token((token + "0")[:length], SECRET)
    assert not is_token(token[:-1] + ("0" if token[-1] != "0" else "1"), SECRET)

"""Kill -9, again and again: no accepted job is lost, and none is delivered twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live import Deployment, deployed

_KILLS = 9
_JOBS_A_ROUND = 6


def _post(deployment: Deployment, key: str, **body: Any) -> dict[str, Any] | None:
    """The reply, or None where the server was down: then nothing was accepted."""
    try:
        with deployment.client(key) as client:
            reply = client.post("/api/v2", json=body)
    except httpx.TransportError:
        return None
    return reply.json() if reply.status_code == 200 else None


def _submit(deployment: Deployment, key: str, accepted: list[str]) -> None:
    for number in range(_JOBS_A_ROUND):
        prompt = f"a lake, sleep {0.1 + number % 3 * 0.3}"
        reply = _post(deployment, key, action="generate", prompt=prompt, model="instant")
        if reply is not None:
            accepted.append(reply["id"])


def _outcomes(deployment: Deployment, key: str, ids: list[str], seconds: float) -> dict[str, Any]:
    """The final reply of each job; polling ends when all are final, or when the time is up."""
    final: dict[str, Any] = {}
    deadline = time.monotonic() + seconds
    while len(final) < len(ids) and time.monotonic() < deadline:
        for id in ids:
            if id not in final:
                reply = _post(deployment, key, action="status", id=id)
                if reply and reply["status"] not in ("IN_QUEUE", "IN_PROGRESS"):
                    final[id] = reply
        time.sleep(0.2)
    return final


@pytest.mark.timeout(240)
def test_killing_any_process_loses_no_job_and_delivers_none_twice(tmp_path: Path) -> None:
    chance = random.Random(7)
    victims = ["worker", "postgres", "server"] * (_KILLS // 3)
    chance.shuffle(victims)
    accepted: list[str] = []
    with deployed(tmp_path / "data", IMGEN_GENERATION__TRIES="50") as deployment:
        key = deployment.run("keys", "create", "tester").strip()
        for victim in victims:
            _submit(deployment, key, accepted)
            time.sleep(chance.uniform(0.0, 0.6))
            deployment.kill(victim)
        _submit(deployment, key, accepted)
        final = _outcomes(deployment, key, accepted, seconds=90)
        images = {id: _fetched(deployment, reply) for id, reply in final.items()}
    assert len(accepted) >= _JOBS_A_ROUND * 4
    assert Counter(reply["status"] for reply in final.values()) == {"COMPLETED": len(accepted)}
    assert all(images.values())
    ended = Counter(event["job_id"] for event in deployment.events("job.ended"))
    assert max(ended.values()) == 1
    assert set(ended) <= set(accepted) | _unacknowledged(deployment, accepted)


def _fetched(deployment: Deployment, reply: dict[str, Any]) -> bytes:
    """The picture; links name the port of the server that made them, which may be gone."""
    path = httpx.URL(reply["meta"]["images"][0]["url"]).raw_path.decode()
    return httpx.get(deployment.url + path).raise_for_status().content


def _unacknowledged(deployment: Deployment, accepted: list[str]) -> set[str]:
    """Jobs that were kept although their reply was lost: allowed, and run like any other."""
    return {event["job_id"] for event in deployment.events("job.ended")} - set(accepted)

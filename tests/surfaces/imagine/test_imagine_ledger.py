"""A thousand mixed operations while processes are killed: in the end, the ledger adds up."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest

from imgen.database.embedded import EmbeddedPostgres
from imgen.surfaces.imagine.wishes import OPERATIONS
from tests.live import ROOT, Deployment, deployed
from tests.surfaces.imagine.conftest import png

_CALLS = 1000
_CLIENTS = 6
_KILLS = ("worker", "postgres", "server", "worker", "server", "postgres")
_CATALOG = [ROOT / "tests" / "instant" / "catalog.toml", Path(__file__).with_name("quick.toml")]
_IMAGE, _MASK = (png(np.full((64, 64, 3), level, np.uint8)) for level in (90, 255))
_PROMPTS = {"a lake": 20, "a lake, sleep 0.1": 3, "an impossible lake": 4, "a flaky lake": 1}
"""How often each is asked for."""


class Customer:
    """Calls whatever comes to mind, and remembers what was charged for what was delivered."""

    def __init__(self, deployment: Deployment, key: str) -> None:
        self._deployment = deployment
        self._client = httpx.Client(headers={"Authorization": f"Bearer {key}"})
        self.charged: dict[str, int] = {}
        self.refused = 0
        self.unanswered = 0

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def call(self, number: int) -> None:
        """One call."""
        chance = random.Random(number)
        operation = chance.choice(OPERATIONS)
        fields = {
            name: {"prompt": _prompt(chance), "style_id": "29"}[name]
            for name, field in operation.form.model_fields.items()
            if field.is_required()
        }
        files: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
        files["seed"] = (None, str(number + 1))
        for name in operation.files:
            files[name] = ("x.png", {"image": _IMAGE, "mask": _MASK}[name])
        seconds = chance.choice((30, 30, 30, 30, 0.05))  # some hang up
        try:
            reply = self._answer(operation.path, files, seconds)
        except httpx.TransportError:
            self.unanswered += 1  # it may have been accepted all the same
            return
        if reply.status_code == 200:
            facts = reply.json()
            self.charged[facts["id"]] = facts["credits"]["cost"]
        else:
            assert reply.json()["status"] == "error"
            self.refused += 1

    def _answer(self, path: str, files: dict[str, Any], seconds: float) -> httpx.Response:
        while True:
            try:
                return self._client.post(self._deployment.url + path, files=files, timeout=seconds)
            except httpx.ConnectError:  # the server is down; it was not even asked
                time.sleep(0.1)


def _prompt(chance: random.Random) -> str:
    return chance.choices(list(_PROMPTS), list(_PROMPTS.values()))[0]


@pytest.mark.timeout(280)
def test_the_ledger_adds_up_after_a_thousand_calls_and_many_kills(tmp_path: Path) -> None:
    variables = {
        "IMGEN_CATALOG__PATHS": json.dumps([str(path) for path in _CATALOG]),
        "IMGEN_FINISHING__C2PA": "false",
        "IMGEN_FINISHING__INVISIMARK": "false",
        "IMGEN_COMPLIANCE__KIND": "off",
        "IMGEN_GENERATION__TRIES": "3",
    }
    with deployed(tmp_path / "data", **variables) as deployment:
        key = deployment.run("keys", "create", "tester").strip()
        customer = Customer(deployment, key)
        done = _call_while_killing(deployment, customer)
        customer.close()
        assert done == _CALLS
        _wait_until_all_is_over(deployment)
        deployment.run("credits", "check")  # fails when a balance disagrees with its ledger
        jobs, ledger = _kept(deployment)
    assert len(customer.charged) > _CALLS // 2, (customer.refused, customer.unanswered)
    assert customer.refused > 0
    assert customer.unanswered > 0
    for id, cost in customer.charged.items():
        assert jobs[id] == ("completed", cost)
    for id, (state, price) in jobs.items():
        assert ledger[id] == {("settle" if state == "completed" else "release"): price}, id


def _call_while_killing(deployment: Deployment, customer: Customer) -> int:
    done = 0
    counting = threading.Lock()

    def call(number: int) -> None:
        nonlocal done
        customer.call(number)
        with counting:
            done += 1

    with ThreadPoolExecutor(_CLIENTS) as clients:
        calls = [clients.submit(call, number) for number in range(_CALLS)]
        for turn, victim in enumerate(_KILLS, start=1):
            calls[turn * _CALLS // (len(_KILLS) + 2)].exception()
            deployment.kill(victim)
    for each in calls:
        each.result()
    return done


def _url(deployment: Deployment) -> str:
    return EmbeddedPostgres(deployment.folder).url


def _wait_until_all_is_over(deployment: Deployment) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(psycopg.OperationalError),  # it comes back from its last death
            psycopg.connect(_url(deployment)) as connection,
        ):
            unfinished = "SELECT FROM jobs WHERE state IN ('queued', 'running')"
            if connection.execute(unfinished).fetchone() is None:
                return
        time.sleep(0.2)
    pytest.fail("jobs never ended")


def _kept(
    deployment: Deployment,
) -> tuple[dict[str, tuple[str, int]], dict[str, dict[str, int]]]:
    """Jobs with their state and price; for each, how its credits ended and how many were held."""
    with psycopg.connect(_url(deployment)) as connection:
        jobs = {
            id: (state, price)
            for id, state, price in connection.execute("SELECT id, state::text, price FROM jobs")
        }
        ledger: dict[str, dict[str, int]] = {}
        for id, kind, held in connection.execute(
            "SELECT job_id, kind::text, -held FROM credit_entries"
            " WHERE kind IN ('settle', 'release')"
        ):
            assert kind not in ledger.setdefault(id, {})
            ledger[id][kind] = held
    return jobs, ledger

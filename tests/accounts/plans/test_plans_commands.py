"""`imgen plans` and `imgen requests`, as an operator runs them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from imgen.accounts.requests import store
from imgen.accounts.requests.records import Arrival, Ending
from imgen.cli import plans, requests
from imgen.database.pool import Database
from imgen.errors import ImgenError


class Command:
    """Runs a command and gives what it prints, in one line without a table's lines."""

    def __init__(self, app: typer.Typer) -> None:
        self._app = app

    def __call__(self, *arguments: str) -> str:
        done = CliRunner().invoke(self._app, arguments, env={"COLUMNS": "200"})
        if isinstance(done.exception, ImgenError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return re.sub(r"[\s│┃]+", " ", done.output)


@pytest.fixture(autouse=True)
def _deployment(clean_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGEN_DATABASE_URL", clean_url)
    monkeypatch.setenv("IMGEN_DATA_DIR", str(tmp_path))


def test_a_plan_from_its_making_to_its_end() -> None:
    run = Command(plans.app)
    made = run("create", "test-team", "--name", "Team", "--requests-per-minute", "30",
               "--concurrency", "4", "--storage", "--storage-bytes", "10GB",
               "--models", "sketch,flux-schnell", "--credits-per-month", "7")  # fmt: skip
    for said in ("name Team", "requests a minute 30", "requests a day no limit",
                 "requests at once 4", "storage 10 GB", "models sketch, flux-schnell",
                 "credits a month 7"):  # fmt: skip
        assert said in made
    assert "test-team 30 no limit no limit no limit 4 1 7 10 GB" in run("list")
    changed = run("set", "test-team", "--requests-per-minute", "none", "--models", "all")
    assert "requests a minute no limit" in changed
    assert "models all" in changed
    assert "requests at once 4" in run("show", "test-team")
    assert "test-team is gone" in run("delete", "test-team")
    assert "test-team" not in run("list")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "gold"], "no plan gold"),
        (["set", "free"], "Say what to change"),
        (["set", "free", "--requests-per-day", "many"], "requests_per_day is a number"),
        (["set", "free", "--requests-per-day", "0"], "requests_per_day must be 1 to"),
        (["set", "pro", "--storage-bytes", "big"], "no size"),
        (["set", "free", "--models", "skech"], "Did you mean sketch"),
        (["create", "Free Plan"], "lower-case letters"),
        (["create", "free"], "There is a plan free"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], says: str) -> None:
    with pytest.raises(ImgenError, match=says):
        Command(plans.app)(*arguments)


@pytest.mark.parametrize("command", ["list", "show", "create", "set", "delete"])
def test_help_teaches(command: str) -> None:
    assert "--data-dir" in Command(plans.app)(command, "--help")


def test_a_request_is_found_by_its_id(clean_url: str) -> None:
    async def log() -> None:
        database = Database(clean_url)
        await database.open()
        async with database.connection() as connection:
            await connection.execute("INSERT INTO accounts (id, name) VALUES ('acc_1', 'ann')")
            arrival = Arrival(
                "req_1", "acc_1", "key_1", "imgen-v2", "generate", {"prompt": "a [b] boat"}
            )
            await store.add_finished(connection, arrival, Ending(400, "bad", "No [c] boats", 12.4))
        await database.close()

    asyncio.run(log())
    run = Command(requests.app)
    shown = run("show", "req_1")
    for said in ("imgen-v2: generate", "400 bad", "No [c] boats", "12 ms", "a [b] boat", "acc_1"):
        assert said in shown
    assert "imgen-v2: generate 400 bad 12 ms 0" in run("list", "ann")
    for wrong in (["show", "req_2"], ["list", "ben"]):
        with pytest.raises(ImgenError, match="There is no"):
            run(*wrong)

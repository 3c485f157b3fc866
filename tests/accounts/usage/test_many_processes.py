"""Limits hold over any number of server processes, and a killed one leaves nothing taken."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from imgen.accounts.usage.read import ReadUsage
from imgen.database.pool import Database
from tests.accounts.usage.counting import Process, make_account, rows
from tests.held_clock import HeldClock
from tests.live import ROOT

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process of `hammer` and waits until it says its first word."""
    running = []

    def start(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.accounts.usage.hammer", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _storm(start: Start, url: str, account: str, *, processes: int, clients: int) -> int:
    """Have many clients of several processes call at once; how many calls were admitted."""
    storm = [start("storm", url, account, clients, 6) for _ in range(processes)]
    for process in storm:
        assert _line(process) == "ready"
    for process in storm:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return sum(int(_line(process)) for process in storm)


# How many were open at the moment each request began, itself included: from the log alone.
_MOST_AT_ONCE = """
    SELECT max((SELECT count(*) FROM requests other
                WHERE other.started_at <= one.started_at AND other.finished_at > one.started_at))
    FROM requests one
"""


async def test_many_clients_of_three_processes_get_what_the_plan_allows_and_not_one_more(
    at_noon: Database, held: HeldClock, start: Start
) -> None:
    account = await make_account(at_noon, requests_per_minute=101)
    assert _storm(start, held.url, account, processes=3, clients=16) == 101
    usage = await ReadUsage(at_noon)(account)
    assert (usage.this_month.requests, usage.at_once) == (101, 0)
    assert await rows(at_noon, "SELECT count(*) FROM requests WHERE counted") == [(101,)]


@pytest.mark.parametrize("limit", ["requests_per_minute", "requests_per_day", "requests_per_month"])
async def test_every_window_is_exact_under_concurrency(
    process: Process, at_noon: Database, limit: str
) -> None:
    account = await make_account(at_noon, "tester", **{limit: 37})
    refused = await asyncio.gather(*(process.refused(account) for _ in range(100)))
    assert refused.count("") == 37


async def test_never_more_at_once_than_the_plan_allows(
    database: Database, clean_url: str, start: Start
) -> None:
    account = await make_account(database, concurrency=3)
    admitted = _storm(start, clean_url, account, processes=3, clients=16)
    assert await rows(database, _MOST_AT_ONCE) == [(3,)]
    usage = await ReadUsage(database)(account)
    assert (usage.this_month.requests, usage.at_once) == (admitted, 0)


async def test_the_slots_of_a_killed_process_are_free_when_their_leases_end(
    at_noon: Database, held: HeldClock, start: Start
) -> None:
    account = await make_account(at_noon, concurrency=3)
    holding = start("hold", held.url, account, 3)
    assert _line(holding) == "holding"
    process = Process(at_noon)
    assert await process.refused(account) == "concurrency_limit"
    holding.kill()
    holding.wait()
    assert await process.refused(account) == "concurrency_limit"
    held.move(seconds=10)
    open_again = [await process.refused(account) for _ in range(4)]
    assert open_again == ["", "", "", "concurrency_limit"]

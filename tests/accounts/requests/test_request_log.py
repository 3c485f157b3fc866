"""The request log finds each request, for its own account, for as long as it is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from imgen.accounts.requests import store
from imgen.accounts.requests.log import RequestLog, Tidy
from imgen.accounts.requests.records import Arrival, Ending
from imgen.database.pool import Database
from imgen.errors import NotFound
from tests.accounts.usage.counting import Process, make_account, rows
from tests.held_clock import HeldClock


async def _refuse(database: Database, account: str, id: str) -> None:
    arrival = Arrival(id, account, "key_1", "cache-api", "search", {"query": "a boat", "key": "s"})
    async with database.connection() as connection:
        await store.add_finished(connection, arrival, Ending(400, "bad", "e" * 900, 12.5))


async def test_a_refused_call_is_found_with_its_reason(at_noon: Database) -> None:
    account = await make_account(at_noon)
    await _refuse(at_noon, account, "req_1")
    found = await RequestLog(at_noon).find(account, "req_1")
    assert (found.surface, found.operation, found.key_id) == ("cache-api", "search", "key_1")
    assert found.parameters == {"query": "a boat", "key": "[redacted]"}
    assert (found.counted, found.images, found.status, found.code) == (False, 0, 400, "bad")
    assert (found.milliseconds, len(found.error)) == (12.5, 500)
    assert found.finished_at is not None
    assert found.finished_at - found.started_at == timedelta(milliseconds=12.5)


async def test_an_admitted_call_is_there_from_its_admission(at_noon: Database) -> None:
    account = await make_account(at_noon)
    process, log = Process(at_noon), RequestLog(at_noon)
    id = await process.enter(account)
    found = await log.find(account, id)
    assert (found.counted, found.finished_at, found.status) == (True, None, None)
    await process.finish(id)
    found = await log.find(account, id)
    assert (found.counted, found.status) == (True, 200)


async def test_nobody_finds_another_accounts_requests(at_noon: Database) -> None:
    ann, ben = await make_account(at_noon, "ann"), await make_account(at_noon, "ben")
    await _refuse(at_noon, ann, "req_1")
    await _refuse(at_noon, ben, "req_2")
    log = RequestLog(at_noon)
    for id in ("req_1", "req_3"):
        with pytest.raises(NotFound, match="There is no such request"):
            await log.find(ben, id)
    assert [one.id for one in await log.newest(ben)] == ["req_2"]
    assert await log.newest(ben, before="req_1") == []
    assert (await log.find(None, "req_1")).account_id == ann  # an operator does


async def test_pages_go_from_the_newest_to_the_oldest(at_noon: Database, held: HeldClock) -> None:
    account, log = await make_account(at_noon), RequestLog(at_noon)
    for number in range(7):
        await _refuse(at_noon, account, f"req_{number}")
        if number % 2:
            held.move(seconds=1)  # some lie in the same moment
    pages, before = [], ""
    while page := await log.newest(account, limit=3, before=before):
        pages.append([one.id for one in page])
        before = page[-1].id
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [id for page in pages for id in page] == [
        f"req_{number}" for number in (6, 5, 4, 3, 2, 1, 0)
    ]


async def test_the_log_is_kept_for_a_set_time(at_noon: Database, held: HeldClock) -> None:
    account = await make_account(at_noon)
    process, tidy = Process(at_noon), Tidy(at_noon, keep=timedelta(days=90))
    await _refuse(at_noon, account, "req_old")
    await process.finish(await process.enter(account))
    held.move(days=89)
    await _refuse(at_noon, account, "req_new")
    await tidy()
    assert await rows(at_noon, "SELECT count(*) FROM requests") == [(3,)]
    held.move(days=2)
    await tidy()
    assert await rows(at_noon, "SELECT id FROM requests") == [("req_new",)]
    assert await rows(at_noon, "SELECT requests FROM usage") == [(1,)]  # counts outlive the log


async def test_tidying_goes_on_until_everything_old_is_gone(
    at_noon: Database, held: HeldClock
) -> None:
    account = await make_account(at_noon)
    for number in range(7):
        await _refuse(at_noon, account, f"req_{number}")
    held.move(days=91)
    await Tidy(at_noon, keep=timedelta(days=90), at_once=2)()
    assert await rows(at_noon, "SELECT count(*) FROM requests") == [(0,)]


async def test_what_a_dead_process_left_open_is_closed_and_said_to_be_lost(
    at_noon: Database, held: HeldClock
) -> None:
    account = await make_account(at_noon)
    id = await Process(at_noon).enter(account)
    tidy = Tidy(at_noon, keep=timedelta(days=90))
    held.move(seconds=69)
    await tidy()
    assert (await RequestLog(at_noon).find(account, id)).finished_at is None
    held.move(seconds=2)
    await tidy()
    found = await RequestLog(at_noon).find(account, id)
    assert (found.code, found.status, found.counted) == ("lost", None, True)

"""Who comes in is counted, logged, told what is left, and gone before the reply is read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx
import pytest

from imgen.accounts.requests.log import RequestLog
from imgen.accounts.requests.records import LoggedRequest
from imgen.accounts.usage.read import ReadUsage
from imgen.database.pool import Database
from tests.accounts.usage.counting import rows, set_limits
from tests.held_clock import HeldClock
from tests.http.gate.door import Door

Find = Callable[[httpx.Response], Awaitable[LoggedRequest]]


@pytest.fixture
def logged(at_noon: Database, account: str) -> Find:
    async def find(reply: httpx.Response) -> LoggedRequest:
        return await RequestLog(at_noon).find(account, reply.headers["x-request-id"])

    return find


async def test_an_admitted_call_is_counted_and_found_by_its_id(
    client: httpx.AsyncClient, logged: Find, at_noon: Database, account: str
) -> None:
    reply = await client.post("/door?do=admit")
    found = await logged(reply)
    assert reply.json()["id"] == found.id
    assert (found.surface, found.operation) == ("imgen-v2", "generate")
    assert found.parameters == {"prompt": "a calm lake"}
    assert (found.status, found.code, found.counted) == (200, "", True)
    assert found.milliseconds
    usage = await ReadUsage(at_noon)(account)
    assert (usage.today.requests, usage.at_once) == (1, 0)


async def test_a_call_that_does_not_count_leaves_nothing(
    client: httpx.AsyncClient, at_noon: Database
) -> None:
    reply = await client.post("/door")
    assert reply.status_code == 200
    assert "ratelimit" not in reply.headers
    assert await rows(at_noon, "SELECT count(*) FROM requests") == [(0,)]


async def test_every_reply_of_a_limited_plan_says_what_is_left(
    client: httpx.AsyncClient, at_noon: Database, account: str
) -> None:
    await set_limits(at_noon, account, requests_per_minute=2)
    replies = [await client.post("/door?do=admit") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert [reply.headers["ratelimit"] for reply in replies] == [
        *('"minute";r=1;t=30', '"minute";r=0;t=30', '"minute";r=0;t=30')
    ]
    assert {reply.headers["ratelimit-policy"] for reply in replies} == {'"minute";q=2;w=60'}
    assert replies[2].headers["retry-after"] == "30"
    assert "2 requests a minute" in replies[2].json()["error"]
    assert "retry-after" not in replies[0].headers


async def test_a_client_that_comes_back_when_it_was_told_gets_in(
    client: httpx.AsyncClient, at_noon: Database, account: str, held: HeldClock
) -> None:
    await set_limits(at_noon, account, requests_per_minute=1)
    held.set(datetime(2031, 5, 14, 12, 0, 30, 400_000, tzinfo=UTC))
    await client.post("/door?do=admit")
    refused = await client.post("/door?do=admit")
    held.move(seconds=int(refused.headers["retry-after"]))
    assert (await client.post("/door?do=admit")).status_code == 200


async def test_the_slot_is_free_when_the_reply_is_read(
    client: httpx.AsyncClient, at_noon: Database, account: str
) -> None:
    await set_limits(at_noon, account, concurrency=1)
    for _ in range(20):
        assert (await client.post("/door?do=admit")).status_code == 200


async def test_a_slot_is_taken_while_the_call_works(
    client: httpx.AsyncClient, door: Door, at_noon: Database, account: str
) -> None:
    await set_limits(at_noon, account, concurrency=1)
    first = asyncio.create_task(client.post("/door?do=admit,wait"))
    await door.entered.wait()
    second = await client.post("/door?do=admit")
    assert (second.status_code, second.headers["retry-after"]) == (429, "1")
    door.leave.set()
    assert (await first).status_code == 200
    assert (await client.post("/door?do=admit")).status_code == 200


@pytest.mark.parametrize(
    ("do", "status", "code", "counted"),
    [
        ("invalid", 400, "wrong", False),
        ("admit,invalid", 400, "wrong", False),
        ("admit,refuse", 400, "", False),
        ("admit,job,invalid", 400, "wrong", True),
        ("missing", 404, "not_found", False),
        ("admit,missing", 404, "not_found", True),
        ("admit,upstream", 502, "upstream", True),
        ("admit,bug", 500, "internal", True),
        ("admit,gone", 409, "client_gone", True),
        ("bug", 500, "internal", False),
    ],
)
async def test_what_went_wrong_is_logged_and_counts_if_it_was_work(
    client: httpx.AsyncClient,
    logged: Find,
    at_noon: Database,
    account: str,
    do: str,
    status: int,
    code: str,
    counted: bool,
) -> None:
    await set_limits(at_noon, account, requests_per_day=9)
    reply = await client.post(f"/door?do={do}")
    assert reply.status_code == status
    found = await logged(reply)
    assert (found.status, found.code, found.counted) == (status, code, counted)
    assert "secret detail" not in found.error
    assert (await ReadUsage(at_noon)(account)).today.requests == counted
    if "admit" in do:
        assert f'"day";r={9 - counted}' in reply.headers["ratelimit"]


async def test_a_call_refused_by_a_limit_is_logged_and_does_not_count(
    client: httpx.AsyncClient, logged: Find, at_noon: Database, account: str
) -> None:
    await set_limits(at_noon, account, requests_per_day=1)
    await client.post("/door?do=admit")
    found = await logged(await client.post("/door?do=admit"))
    assert (found.status, found.code, found.counted) == (429, "day_limit", False)
    assert found.operation == "generate"


async def test_a_refused_call_says_what_it_was(client: httpx.AsyncClient, logged: Find) -> None:
    plain = await logged(await client.post("/door?do=invalid"))
    assert (plain.operation, plain.parameters) == ("POST /door", {})
    told = await logged(await client.post("/door?about=search&do=invalid"))
    assert told.operation == "search"
    assert told.parameters == {"prompt": "a boat", "api_key": "[redacted]"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE accounts SET suspended = true RETURNING 1", "suspended"),
        ("UPDATE accounts SET plan = NULL RETURNING 1", "no_plan"),
        ("UPDATE api_keys SET expires_at = '2020-01-01' RETURNING 1", "expired"),
        ("UPDATE api_keys SET revoked_at = '2020-01-01' RETURNING 1", "unknown"),
        ("UPDATE api_keys SET scopes = '{imagine}' RETURNING 1", "scope"),
    ],
)
async def test_an_account_finds_calls_that_its_keys_were_refused(
    client: httpx.AsyncClient, logged: Find, at_noon: Database, change: str, code: str
) -> None:
    await rows(at_noon, change)
    reply = await client.post("/door?do=admit")
    assert reply.status_code == 401
    found = await logged(reply)
    assert (found.status, found.code, found.counted) == (401, code, False)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/door/and/nothing", 404, "path_not_found"),
        ("PUT", "/door", 405, "method_not_allowed"),
    ],
)
async def test_an_account_finds_calls_that_no_path_took(
    client: httpx.AsyncClient, logged: Find, method: str, path: str, status: int, code: str
) -> None:
    reply = await client.request(method, path)
    assert reply.status_code == status
    found = await logged(reply)
    assert (found.status, found.code, found.counted) == (status, code, False)
    assert (found.surface, found.operation) == ("door", f"{method} {path}")


async def test_a_lost_call_is_answered_when_the_log_cannot_be_reached(
    client: httpx.AsyncClient, door: Door
) -> None:
    await door.database.pool.close()
    assert (await client.put("/door")).status_code == 405


@pytest.mark.parametrize("path", ["/door/a%00b?do=invalid", "/door?do=nul", "/door?do=admit,nul"])
async def test_what_postgresql_does_not_store_costs_nobody_the_reply(
    client: httpx.AsyncClient, logged: Find, path: str
) -> None:
    reply = await client.post(path)
    assert reply.status_code == 400
    found = await logged(reply)
    assert found.status == 400
    assert "\0" not in found.operation + found.error


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer nonsense", "Basic abc"])
async def test_strangers_leave_nothing_in_a_log(
    client: httpx.AsyncClient, at_noon: Database, authorization: str
) -> None:
    reply = await client.post("/door?do=admit", headers={"Authorization": authorization})
    assert reply.status_code == 401
    assert await rows(at_noon, "SELECT count(*) FROM requests") == [(0,)]


async def test_a_cancelled_call_frees_its_slot_and_is_logged(
    client: httpx.AsyncClient, door: Door, at_noon: Database, account: str
) -> None:
    await set_limits(at_noon, account, concurrency=1)
    call = asyncio.create_task(client.post("/door?do=admit,wait"))
    await door.entered.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await client.post("/door?do=admit")).status_code == 200
    assert await rows(at_noon, "SELECT count(*) FROM requests WHERE status = 499 AND counted") == [
        (1,)
    ]


async def test_a_reply_goes_out_when_the_log_cannot_be_written(
    client: httpx.AsyncClient, door: Door
) -> None:
    call = asyncio.create_task(client.post("/door?do=admit,wait"))
    await door.entered.wait()
    await door.database.pool.close()
    door.leave.set()
    assert (await call).json()["work"] == 1

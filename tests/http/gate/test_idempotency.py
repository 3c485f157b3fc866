"""A call that is sent twice with one `Idempotency-Key` is done once."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from imgen.accounts.administer import Administer
from imgen.accounts.requests.log import RequestLog, Tidy
from imgen.accounts.usage.read import ReadUsage
from imgen.database.pool import Database
from imgen.http import idempotency
from imgen.http.idempotency import digest_of
from tests.accounts.usage.counting import insert_job, make_account, rows, set_limits
from tests.held_clock import HeldClock
from tests.http.gate.door import Door

KEY = {"Idempotency-Key": "order-17"}


async def test_a_repeat_gets_the_first_answer_and_does_no_work(
    client: httpx.AsyncClient, door: Door, at_noon: Database, account: str
) -> None:
    await set_limits(at_noon, account, requests_per_day=1)
    first = await client.post("/door?do=admit", content=b"a", headers=KEY)
    again = await client.post("/door?do=admit", content=b"a", headers=KEY)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (
        *(None, "true"),
    )
    assert again.headers["x-made"] == "here"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert door.work == 1
    assert (await ReadUsage(at_noon)(account)).today.requests == 1
    found = await RequestLog(at_noon).find(account, again.headers["x-request-id"])
    assert (found.status, found.code, found.counted) == (200, "replayed", False)


async def test_without_a_key_every_call_is_done(client: httpx.AsyncClient, door: Door) -> None:
    for _ in range(2):
        await client.post("/door", content=b"a")
    assert door.work == 2


@pytest.mark.parametrize("other", [("/door?do=admit", b"b"), ("/door?do=admit,", b"a")])
async def test_another_payload_or_place_is_422(
    client: httpx.AsyncClient, door: Door, other: tuple[str, bytes]
) -> None:
    await client.post("/door?do=admit", content=b"a", headers=KEY)
    url, content = other
    reply = await client.post(url, content=content, headers=KEY)
    assert reply.status_code == 422
    assert "another payload" in reply.json()["error"]
    assert door.work == 1


async def test_a_repeat_while_the_first_still_runs_is_409(
    client: httpx.AsyncClient, door: Door
) -> None:
    first = asyncio.create_task(client.post("/door?do=admit,wait", headers=KEY))
    await door.entered.wait()
    repeat = await client.post("/door?do=admit,wait", headers=KEY)
    assert (repeat.status_code, repeat.headers["retry-after"]) == (409, "1")
    other = await client.post("/door?do=admit,wait", content=b"other", headers=KEY)
    assert other.status_code == 422
    door.leave.set()
    assert (await first).status_code == 200
    again = await client.post("/door?do=admit,wait", headers=KEY)
    assert again.headers["idempotent-replayed"] == "true"


async def test_of_many_at_once_one_is_done(
    client: httpx.AsyncClient, door: Door, at_noon: Database, account: str
) -> None:
    replies = await asyncio.gather(*(client.post("/door?do=admit", headers=KEY) for _ in range(30)))
    assert door.work == 1
    assert {reply.status_code for reply in replies} <= {200, 409}
    bodies = {reply.content for reply in replies if reply.status_code == 200}
    assert len(bodies) == 1
    assert (await ReadUsage(at_noon)(account)).today.requests == 1


@pytest.mark.parametrize("do", ["invalid", "admit,upstream", "admit,bug", "admit,refuse"])
async def test_a_failure_is_not_kept(client: httpx.AsyncClient, at_noon: Database, do: str) -> None:
    reply = await client.post(f"/door?do={do}", headers=KEY)
    assert reply.status_code >= 400
    assert await rows(at_noon, "SELECT count(*) FROM idempotent_replies") == [(0,)]
    assert (await client.post("/door", headers=KEY)).status_code == 200


async def test_a_cancelled_call_frees_its_key(client: httpx.AsyncClient, door: Door) -> None:
    call = asyncio.create_task(client.post("/door?do=admit,wait", headers=KEY))
    await door.entered.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await client.post("/door?do=admit", headers=KEY)).status_code == 200


async def test_who_hangs_up_when_the_work_is_done_gets_its_answer_later(
    client: httpx.AsyncClient, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = idempotency._store

    async def late(*arguments: Any) -> None:
        await asyncio.sleep(0)
        await store(*arguments)

    monkeypatch.setattr(idempotency, "_store", late)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(client.post("/door?do=admit,hang_up", headers=KEY))
    again = await client.post("/door?do=admit,hang_up", headers=KEY)
    assert again.headers["idempotent-replayed"] == "true"
    assert door.work == 1


async def test_a_key_that_a_dead_process_held_is_free_when_its_lease_ends(
    client: httpx.AsyncClient, at_noon: Database, account: str, held: HeldClock
) -> None:
    (key_id,) = (await rows(at_noon, "SELECT id FROM api_keys"))[0]
    await rows(
        at_noon,
        "INSERT INTO idempotent_replies (scope, key, account_id, digest, request_id, begun_by,"
        " lease_until, expires_at) VALUES (%s, 'order-17', %s, %s, 'req_dead', 'req_dead',"
        " clock_timestamp() + interval '10 s', clock_timestamp() + interval '1 day') RETURNING 1",
        *(key_id, account, digest_of("POST /door?do=admit", b"")),
    )
    assert (await client.post("/door?do=admit", headers=KEY)).status_code == 409
    held.move(seconds=10.1)
    assert (await client.post("/door?do=admit", headers=KEY)).status_code == 200
    assert await rows(at_noon, "SELECT count(*) FROM idempotent_replies WHERE status = 200") == [
        (1,)
    ]


@pytest.mark.parametrize("worker", ["req_dead1", "req_dead2"])
async def test_of_several_that_died_the_one_that_made_a_job_is_named(
    client: httpx.AsyncClient, at_noon: Database, account: str, worker: str
) -> None:
    (key_id,) = (await rows(at_noon, "SELECT id FROM api_keys"))[0]
    async with at_noon.connection() as connection:
        await insert_job(connection, account, worker)
    await rows(
        at_noon,
        "INSERT INTO idempotent_replies (scope, key, account_id, digest, request_id, begun_by,"
        " lease_until, expires_at) VALUES (%s, 'order-17', %s, %s, 'req_dead2', 'req_dead1',"
        " clock_timestamp() - interval '1 s', clock_timestamp() + interval '1 day') RETURNING 1",
        *(key_id, account, digest_of("POST /door?", b"")),
    )
    assert (await client.post("/door", headers=KEY)).json()["begun_by"] == worker


async def test_the_lease_of_a_running_call_is_renewed(clean_url: str, database: Database) -> None:
    await make_account(database, "tester")
    door = Door(database, lease_seconds=0.2)
    async with door.client(await Administer(database).create_key("tester")) as client:
        call = asyncio.create_task(client.post("/door?do=wait", headers=KEY))
        await door.entered.wait()
        ((taken,),) = await rows(database, "SELECT lease_until FROM idempotent_replies")
        query = "SELECT lease_until > %s + interval '0.5 s' FROM idempotent_replies"
        async with asyncio.timeout(20):
            while await rows(database, query, taken) != [(True,)]:
                await asyncio.sleep(0.05)
        door.leave.set()
        assert (await call).status_code == 200


async def test_keys_belong_to_their_api_key(
    client: httpx.AsyncClient, door: Door, at_noon: Database
) -> None:
    await client.post("/door", headers=KEY)
    async with door.client(await Administer(at_noon).create_key("tester")) as other:
        reply = await other.post("/door", content=b"other", headers=KEY)
    assert reply.json()["work"] == 2


async def test_an_answer_is_kept_for_a_day(
    client: httpx.AsyncClient, door: Door, at_noon: Database, held: HeldClock
) -> None:
    await client.post("/door", headers=KEY)
    held.move(hours=23, minutes=59)
    assert "idempotent-replayed" in (await client.post("/door", headers=KEY)).headers
    held.move(minutes=2)
    assert (await client.post("/door", content=b"other", headers=KEY)).json()["work"] == 2
    held.move(days=2)
    await Tidy(at_noon, keep=held.moment - held.moment.replace(year=2030))()
    assert await rows(at_noon, "SELECT count(*) FROM idempotent_replies") == [(0,)]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, key: str) -> None:
    reply = await client.post("/door", headers={"Idempotency-Key": key})
    assert reply.status_code == 400
    assert "1 to 255 printable" in reply.json()["error"]


def test_a_payload_is_told_by_fields_in_any_order_and_by_the_digest_of_its_files() -> None:
    one = digest_of("POST /x", {"prompt": "a boat", "image": b"\x00\xff", "n": 1})
    assert one == digest_of("POST /x", {"n": 1, "image": b"\x00\xff", "prompt": "a boat"})
    assert one != digest_of("POST /x", {"n": 1, "image": b"\x00\xfe", "prompt": "a boat"})
    assert one != digest_of("POST /y", {"n": 1, "image": b"\x00\xff", "prompt": "a boat"})
    assert digest_of("POST /x", {"a": "1"}) != digest_of("POST /x", {"a": 1})

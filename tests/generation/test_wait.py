"""Waiting for a job: woken at its end, bounded by a deadline, and over when nobody listens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from starlette.requests import Request

from imgen.database.pool import Database
from imgen.errors import Conflict, Exhausted, NotFound, TimedOut
from imgen.generation import store
from imgen.generation.cancel import Cancel
from imgen.generation.endings import Endings
from imgen.generation.job import State
from imgen.generation.outcome import Cancelled, Completed, Failed
from imgen.generation.request import GenerationRequest
from imgen.generation.submit import Submit
from imgen.generation.wait import Deliver, Wait
from imgen.http.connected import while_connected
from imgen.wiring.core import Core
from tests.generation.asking import MakeCaller, make_request

_LONG = 60.0
_NEVER_LOOKS = 3600.0


@pytest.fixture
async def endings(core: Core) -> AsyncIterator[Endings]:
    """Relies on notices alone: a lost one would hang the test."""
    async with Endings(core.database, look_seconds=_NEVER_LOOKS) as endings:
        yield endings


@pytest.fixture
def wait(core: Core, endings: Endings) -> Wait:
    return Wait(core.database, endings)


async def _end(database: Database, job_id: str, outcome: str = "cancelled") -> None:
    """As another process does it."""
    async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as connection:
        await connection.execute(
            "UPDATE jobs SET state = %s::job_state, finished_at = now(),"
            " outcome = jsonb_build_object('kind', %s::text, 'reason', 'told') WHERE id = %s",
            (outcome, outcome, job_id),
        )


async def _state(core: Core, job_id: str) -> State:
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT state::text FROM jobs WHERE id = %s", (job_id,))
        row = await cursor.fetchone()
    assert row is not None
    return State(row[0])


async def _until_watched(endings: Endings, count: int = 1) -> None:
    async with asyncio.timeout(_LONG):
        while len(endings._awaited) < count:
            await asyncio.sleep(0)


async def _until_listening(core: Core) -> int:
    """The server process of the connection that listens."""
    async with asyncio.timeout(_LONG):
        while True:
            async with core.database.connection() as connection:
                cursor = await connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN imgen_job_ended'"
                    " AND state = 'idle' AND datname = current_database()"
                )
                if row := await cursor.fetchone():
                    return int(row[0])


async def test_a_job_that_ended_before_is_answered_at_once(
    core: Core, wait: Wait, make_caller: MakeCaller
) -> None:
    caller = await make_caller()
    receipt = await core.submit(caller, make_request(), surface="test")
    await _end(core.database, receipt.id, "failed")
    assert await wait(caller, receipt.id, seconds=_LONG) == Failed("told")


@pytest.mark.parametrize("state", ["completed", "blocked", "failed", "cancelled", "timed_out"])
async def test_every_end_is_announced_once(core: Core, make_caller: MakeCaller, state: str) -> None:
    receipt = await core.submit(await make_caller(), make_request(), surface="test")
    async with await psycopg.AsyncConnection.connect(
        core.database.url, autocommit=True
    ) as listening:
        await listening.execute("LISTEN imgen_job_ended")
        await _end(core.database, receipt.id, state)
        await _end(core.database, receipt.id, state)
        await listening.execute("SELECT pg_notify('imgen_job_ended', 'the last')")
        heard = [notice.payload async for notice in listening.notifies(stop_after=2)]
    assert heard == [receipt.id, "the last"]


async def test_whoever_waits_is_woken_by_the_end_of_the_job(
    core: Core, wait: Wait, endings: Endings, make_caller: MakeCaller
) -> None:
    caller = await make_caller()
    receipt = await core.submit(caller, make_request(), surface="test")
    waiting = asyncio.create_task(wait(caller, receipt.id, seconds=_LONG))
    await _until_listening(core)
    await _until_watched(endings)
    await _end(core.database, receipt.id, "failed")
    assert await waiting == Failed("told")


async def test_hundreds_wait_on_one_connection(
    core: Core, wait: Wait, endings: Endings, make_caller: MakeCaller
) -> None:
    caller = await make_caller()
    async with core.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO jobs (id, gen_id, account_id, key_id, surface, queue, request, turn,"
            " deadline) SELECT 'run_' || n, 'gen' || n, %s, 'key', 'test', 'q', %s::text::jsonb,"
            " 0, now() + interval '1 hour' FROM generate_series(1, 300) n",
            (caller.account_id, _as_json(make_request())),
        )
    waiting = [asyncio.create_task(wait(caller, f"run_{n}", seconds=_LONG)) for n in range(1, 301)]
    await _until_watched(endings, 300)
    await _until_listening(core)
    async with core.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        )
        assert (await cursor.fetchone() or [0])[0] <= 15
        await connection.execute(
            "UPDATE jobs SET state = 'cancelled', outcome = '{\"kind\": \"cancelled\"}'"
        )
    assert await asyncio.gather(*waiting) == [Cancelled()] * 300
    assert endings._awaited == {}


def _as_json(request: GenerationRequest) -> str:
    from imgen.generation.request import request_to_json

    return request_to_json(request).decode()


async def test_a_broken_listener_is_replaced_and_misses_nothing(
    core: Core, make_caller: MakeCaller
) -> None:
    caller = await make_caller()
    receipt = await core.submit(caller, make_request(), surface="test")
    async with Endings(core.database, look_seconds=0.05) as endings:
        waiting = asyncio.create_task(
            Wait(core.database, endings)(caller, receipt.id, seconds=_LONG)
        )
        process = await _until_listening(core)
        async with core.database.connection() as connection:
            await connection.execute("SELECT pg_terminate_backend(%s)", (process,))
        await _end(core.database, receipt.id, "failed")
        assert await waiting == Failed("told")
        assert await _until_listening(core) != process


async def test_where_no_notice_arrives_a_look_finds_the_end(
    core: Core, make_caller: MakeCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgen.generation.endings._CHANNEL", "imgen_nothing_is_said_here")
    caller = await make_caller()
    receipt = await core.submit(caller, make_request(), surface="test")
    async with Endings(core.database, look_seconds=0.05) as endings:
        waiting = asyncio.create_task(
            Wait(core.database, endings)(caller, receipt.id, seconds=_LONG)
        )
        await _until_watched(endings)
        await _end(core.database, receipt.id, "failed")
        assert await waiting == Failed("told")


async def test_the_deadline_cancels_the_job(
    core: Core, wait: Wait, make_caller: MakeCaller
) -> None:
    caller = await make_caller()
    receipt = await core.submit(caller, make_request(), surface="test")
    with pytest.raises(TimedOut) as refused:
        await wait(caller, receipt.id, seconds=0.01)
    assert refused.value.code == "deadline"
    assert await _state(core, receipt.id) is State.CANCELLED


async def test_what_was_done_at_the_last_moment_counts(
    core: Core, endings: Endings, make_caller: MakeCaller
) -> None:
    caller = await make_caller()
    receipt = await core.submit(caller, make_request(), surface="test")
    await _end(core.database, receipt.id, "failed")
    deaf = asyncio.Event()
    wait = Wait(core.database, endings)
    assert await wait.until(deaf, caller, receipt.id, seconds=0.0) == Failed("told")


async def test_a_wait_that_is_cancelled_cancels_the_job(
    core: Core, wait: Wait, endings: Endings, make_caller: MakeCaller
) -> None:
    caller = await make_caller()
    receipt = await core.submit(caller, make_request(), surface="test")
    waiting = asyncio.create_task(wait(caller, receipt.id, seconds=_LONG))
    await _until_watched(endings)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await _state(core, receipt.id) is State.CANCELLED


async def test_the_job_of_another_account_cannot_be_waited_for(
    core: Core, wait: Wait, make_caller: MakeCaller
) -> None:
    receipt = await core.submit(await make_caller("owner"), make_request(), surface="test")
    with pytest.raises(NotFound):
        await wait(await make_caller("stranger"), receipt.id, seconds=_LONG)
    assert await _state(core, receipt.id) is State.QUEUED


@pytest.mark.usefixtures("worker")
async def test_a_picture_is_made_and_waited_for(
    core: Core, wait: Wait, make_caller: MakeCaller
) -> None:
    deliver = Deliver(core.submit, wait)
    done = await deliver(await make_caller(), make_request(), surface="test", seconds=_LONG)
    assert isinstance(done.outcome, Completed)
    assert done.id.startswith("run_")


async def test_a_submission_that_is_cancelled_leaves_no_job_to_run(
    core: Core, wait: Wait, make_caller: MakeCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a client hangs up after the commit and before anyone knows of it."""
    submit = Submit.__call__

    async def interrupted(*arguments: Any, **options: Any) -> Any:
        await submit(*arguments, **options)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(_LONG)

    monkeypatch.setattr(Submit, "__call__", interrupted)
    deliver = Deliver(core.submit, wait)
    caller = await make_caller()
    delivering = asyncio.create_task(deliver(caller, make_request(), surface="test", seconds=_LONG))
    with pytest.raises(asyncio.CancelledError):
        await delivering
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT state::text FROM jobs")
        assert await cursor.fetchall() == [("cancelled",)]


async def test_a_refused_submission_is_passed_on(
    core: Core, wait: Wait, make_caller: MakeCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_arguments: Any, **_options: Any) -> None:
        raise Exhausted("No more")

    monkeypatch.setattr(store, "insert", refuse)
    with pytest.raises(Exhausted):
        await Deliver(core.submit, wait)(
            await make_caller(), make_request(), surface="test", seconds=_LONG
        )


def _request(*messages: str) -> tuple[Request, asyncio.Event]:
    """A request of which these messages arrive when the event is set; then nothing."""
    go, waiting = asyncio.Event(), list(messages)

    async def receive() -> dict[str, object]:
        await go.wait()
        if not waiting:
            await asyncio.Event().wait()
        return {"type": waiting.pop(0)}

    return Request({"type": "http", "headers": []}, receive), go


async def test_hanging_up_ends_the_work() -> None:
    request, hang_up = _request("http.request", "http.disconnect")

    async def serve() -> None:
        async with while_connected(request):
            hang_up.set()
            await asyncio.sleep(_LONG)

    with pytest.raises(Conflict) as refused:
        await serve()
    assert refused.value.code == "client_gone"


async def test_a_client_that_stays_gets_what_the_block_gives() -> None:
    request, more = _request("http.request")
    async with while_connected(request):
        more.set()
        await asyncio.sleep(0)
    await asyncio.sleep(0)  # nothing cancels this


async def test_hanging_up_at_the_last_moment_leaves_no_cancellation_behind() -> None:
    request, hang_up = _request("http.disconnect")

    async def serve() -> None:
        async with while_connected(request):
            with contextlib.suppress(asyncio.CancelledError):
                hang_up.set()
                await asyncio.sleep(_LONG)

    with pytest.raises(Conflict):
        await serve()
    await asyncio.sleep(0)


async def test_being_cancelled_from_outside_is_no_hang_up() -> None:
    request, _ = _request("http.disconnect")
    began = asyncio.Event()

    async def serve() -> None:
        async with while_connected(request):
            began.set()
            await asyncio.sleep(_LONG)

    serving = asyncio.create_task(serve())
    await began.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_a_wait_over_cancel_is_answered_with_what_it_became(
    core: Core, wait: Wait, endings: Endings, make_caller: MakeCaller
) -> None:
    caller = await make_caller()
    receipt = await core.submit(caller, make_request(), surface="test")
    waiting = asyncio.create_task(wait(caller, receipt.id, seconds=_LONG))
    await _until_listening(core)
    await _until_watched(endings)
    await Cancel(core.database)(caller, receipt.id)
    assert await waiting == Cancelled()

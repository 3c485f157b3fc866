"""What a killed server process was waiting for is cancelled, and nothing else is."""

from __future__ import annotations

import pytest

from imgen.accounts.records import Caller
from imgen.generation.unwaited import EndUnwaited
from imgen.wiring.core import Core
from tests.generation.asking import MakeCaller, make_request


async def _job(
    core: Core, caller: Caller, *, surface: str = "sync", lease: int | None, age: int = 60
) -> str:
    """A job of a call whose lease lasts so many seconds more; None: the call has ended."""
    number = await _number(core)
    receipt = await core.submit(caller, make_request(), surface=surface, request_id=f"req_{number}")
    async with core.database.connection() as connection:
        await connection.execute(
            "INSERT INTO requests (id, account_id, key_id, surface, operation, parameters, counted,"
            " started_at, finished_at, lease_until) VALUES (%s, %s, 'key', %s, 'x', '{}', true,"
            " now(), CASE WHEN %s THEN now() END, now() + make_interval(secs => %s))",
            (f"req_{number}", caller.account_id, surface, lease is None, lease or 0),
        )
        await connection.execute(
            "UPDATE jobs SET created_at = now() - make_interval(secs => %s) WHERE id = %s",
            (age, receipt.id),
        )
    return receipt.id


async def _number(core: Core) -> int:
    async with core.database.connection() as connection:
        row = await (await connection.execute("SELECT count(*) FROM jobs")).fetchone()
    return int(row[0]) if row else 0


async def _states(core: Core) -> dict[str, str]:
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT id, state::text FROM jobs")
        return dict(await cursor.fetchall())


@pytest.fixture
def end(core: Core) -> EndUnwaited:
    return EndUnwaited(core.database, ["sync"])


async def test_the_job_of_a_dead_process_is_cancelled(
    core: Core, end: EndUnwaited, make_caller: MakeCaller
) -> None:
    job = await _job(core, await make_caller(), lease=-30)
    assert await end() == 1
    assert await _states(core) == {job: "cancelled"}
    assert await end() == 0


async def test_its_image_is_given_back(
    core: Core, end: EndUnwaited, make_caller: MakeCaller
) -> None:
    from imgen.accounts.usage.read import ReadUsage

    caller = await make_caller()
    await _job(core, caller, lease=-30)
    assert (await ReadUsage(core.database)(caller.account_id)).this_month.images == 1
    await end()
    assert (await ReadUsage(core.database)(caller.account_id)).this_month.images == 0


@pytest.mark.parametrize(
    ("surface", "lease", "age"),
    [
        pytest.param("sync", 10, 60, id="of a living process"),
        pytest.param("sync", -5, 60, id="whose lease ended just now"),
        pytest.param("sync", -30, 5, id="just accepted"),
        pytest.param("other", -30, 60, id="that its client comes back for"),
    ],
)
async def test_no_other_job_is_touched(
    core: Core,
    end: EndUnwaited,
    make_caller: MakeCaller,
    surface: str,
    lease: int,
    age: int,
) -> None:
    job = await _job(core, await make_caller(), surface=surface, lease=lease, age=age)
    assert await end() == 0
    assert await _states(core) == {job: "queued"}


async def test_a_job_that_outlived_its_call_is_cancelled_too(
    core: Core, end: EndUnwaited, make_caller: MakeCaller
) -> None:
    """The call was answered (the database was away when it wanted to cancel its job)."""
    job = await _job(core, await make_caller(), lease=None)
    assert await end() == 1
    assert await _states(core) == {job: "cancelled"}

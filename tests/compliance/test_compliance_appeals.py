"""Appeals: on record before a picture is released, and never against the floor."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from imgen.compliance.appeals import Appeals
from imgen.compliance.audit import store
from imgen.compliance.audit.entry import entry_of, entry_of_failure
from imgen.compliance.subject import Kind, Subject
from imgen.compliance.verdict import Action, Finding, Verdict
from imgen.database.pool import Database
from imgen.errors import Conflict, Forbidden, Invalid, NotFound

JOB = "run_blocked"


@dataclass
class Released:
    """Remembers what was released; fails as often as it is told to."""

    jobs: list[str] = field(default_factory=list)
    failures: int = 0

    async def __call__(self, job_id: str) -> None:
        if self.failures:
            self.failures -= 1
            raise NotFound("The picture is gone")
        self.jobs.append(job_id)


async def review(
    database: Database,
    action: Action = Action.BLOCK,
    *,
    floor: bool = False,
    kind: Kind = "generated",
    job_id: str = JOB,
) -> None:
    finding = Finding("n1", "Nudity", "nudity", "high", action, ())
    verdict = Verdict((finding,), (), "default", 1, (), floor)
    async with database.transaction() as connection:
        await store.append(connection, entry_of(Subject(kind, None, job_id=job_id), verdict, {}))


async def test_an_overturned_picture_is_released_and_the_reason_is_on_record(
    database: Database,
) -> None:
    await review(database)
    released = Released()
    appeals = Appeals(database, released)
    await appeals.overturn(JOB, reason=" a marble statue ", by="ann")
    assert released.jobs == [JOB]
    (decision,) = await appeals.decisions(JOB)
    assert (decision.decision, decision.reason, decision.decided_by) == (
        *("overturned", "a marble statue", "ann"),
    )
    assert [one.decision for one in await appeals.blocked()] == ["overturned"]


async def test_a_job_that_was_tried_twice_is_one_job(database: Database) -> None:
    await review(database)
    await review(database)
    appeals = Appeals(database, Released())
    assert [one.job_id for one in await appeals.blocked()] == [JOB]
    await review(database, Action.FLAG)
    assert await appeals.blocked() == []


async def test_a_review_that_failed_undoes_no_verdict(database: Database) -> None:
    await review(database)
    failure = entry_of_failure(Subject("generated", None, job_id=JOB), "default", (), "timed out")
    async with database.transaction() as connection:
        await store.append(connection, failure)
    released = Released()
    appeals = Appeals(database, released)
    assert [one.job_id for one in await appeals.blocked()] == [JOB]
    await appeals.overturn(JOB, reason="a statue", by="ann")
    assert released.jobs == [JOB]


async def test_a_release_that_failed_is_made_up_for_without_a_second_decision(
    database: Database,
) -> None:
    await review(database)
    released = Released(failures=1)
    appeals = Appeals(database, released)
    with pytest.raises(NotFound):
        await appeals.overturn(JOB, reason="a statue", by="ann")
    await appeals.overturn(JOB, reason="a statue", by="ann")
    assert released.jobs == [JOB]
    assert len(await appeals.decisions(JOB)) == 1


async def test_what_the_floor_blocked_stays_blocked(database: Database) -> None:
    await review(database, floor=True)
    released = Released()
    with pytest.raises(Forbidden):
        await Appeals(database, released).overturn(JOB, reason="a mistake", by="ann")
    assert released.jobs == []
    assert await Appeals(database, released).decisions(JOB) == []


async def test_a_job_of_another_deployment_is_not_ours_to_release(database: Database) -> None:
    await review(database, job_id="acs/run_theirs")
    with pytest.raises(NotFound):
        await Appeals(database, Released()).overturn("acs/run_theirs", reason="why", by="ann")


async def test_a_blocked_upload_has_nothing_to_release(database: Database) -> None:
    await review(database, kind="upload")
    appeals = Appeals(database, Released())
    with pytest.raises(Conflict, match="upload"):
        await appeals.overturn(JOB, reason="a mistake", by="ann")
    assert await appeals.decisions(JOB) == []


@pytest.mark.parametrize(
    ("reason", "by"), [("", "ann"), ("  ", "ann"), ("why", " "), ("x" * 2001, "a")]
)
async def test_a_decision_needs_a_reason_and_somebody(
    database: Database, reason: str, by: str
) -> None:
    await review(database)
    released = Released()
    with pytest.raises(Invalid):
        await Appeals(database, released).overturn(JOB, reason=reason, by=by)
    assert released.jobs == []


@pytest.mark.parametrize("job_id", ["run_other", ""])
async def test_only_blocked_jobs_can_be_decided_about(database: Database, job_id: str) -> None:
    await review(database, Action.FLAG)
    appeals = Appeals(database, Released())
    for decide in (appeals.overturn, appeals.uphold):
        with pytest.raises((NotFound, Invalid)):
            await decide(job_id or "", reason="why", by="ann")
        with pytest.raises(NotFound):
            await decide(JOB, reason="why", by="ann")


async def test_upheld_may_be_overturned_later_but_not_the_other_way_round(
    database: Database,
) -> None:
    await review(database)
    appeals = Appeals(database, Released())
    await appeals.uphold(JOB, reason="clear enough", by="ann")
    await appeals.overturn(JOB, reason="on second thoughts", by="bob")
    with pytest.raises(Conflict):
        await appeals.uphold(JOB, reason="on third thoughts", by="ann")
    assert [one.decision for one in await appeals.decisions(JOB)] == ["overturned", "upheld"]


async def test_two_who_overturn_at_once_leave_one_decision(database: Database) -> None:
    await review(database)
    appeals = Appeals(database, Released())
    await asyncio.gather(*(appeals.overturn(JOB, reason="a statue", by=who) for who in "abcd"))
    assert len(await appeals.decisions(JOB)) == 1

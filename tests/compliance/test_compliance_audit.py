"""The audit log in PostgreSQL: it only grows, adds up, and forgets by age alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import psycopg
import pytest

from imgen import clock
from imgen.compliance.audit import store
from imgen.compliance.audit.entry import (
    Appeal,
    Decision,
    Entry,
    NewEntry,
    entry_of,
    entry_of_failure,
)
from imgen.compliance.audit.purge import PurgeAudit
from imgen.compliance.audit.stats import Summarise
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.compliance.verdict import Action, Finding, Verdict
from imgen.database.pool import Database

SIGNAL = Signal("image.exposed_buttocks", 0.71, "nudity", "")


def verdict(*actions: Action, floor: bool = False) -> Verdict:
    findings = tuple(
        Finding(f"rule-{action}", "Name", "nudity", "high", action, (SIGNAL,)) for action in actions
    )
    return Verdict(findings, (SIGNAL,), "strict", 3, ("nudity 3.4.2", "hashes 1"), floor)


def entry(*actions: Action, job_id: str = "run_a", floor: bool = False) -> NewEntry:
    subject = Subject("generated", None, prompt="a quiet lake", job_id=job_id, account_id="acc_1")
    return entry_of(subject, verdict(*actions, floor=floor), {"nudity": 20.5, "": 25.0})


async def append(database: Database, *entries: NewEntry) -> None:
    async with database.transaction() as connection:
        for one in entries:
            await store.append(connection, one)


async def read(database: Database, job_id: str = "") -> list[Entry]:
    async with database.connection() as connection:
        return await store.entries(connection, job_id=job_id, limit=100)


async def test_what_was_reviewed_can_be_read_again(database: Database) -> None:
    written = entry(Action.BLOCK, Action.LOG)
    await append(database, written)
    (found,) = await read(database)
    assert {name: getattr(found, name) for name in NewEntry.__slots__} == {
        name: getattr(written, name) for name in NewEntry.__slots__
    }
    assert abs(clock.now() - found.at) < timedelta(hours=1)


@pytest.mark.parametrize(
    ("actions", "state"),
    [
        ((), "safe"),
        ((Action.LOG,), "safe"),
        ((Action.LOG, Action.FLAG), "flagged"),
        ((Action.FLAG, Action.BLOCK), "blocked"),
    ],
)
def test_the_state_is_the_gravest_action(actions: tuple[Action, ...], state: str) -> None:
    assert entry(*actions).state == state


async def test_the_prompt_is_kept_as_a_digest_alone(database: Database) -> None:
    await append(database, entry(Action.BLOCK))
    async with database.connection() as connection:
        cursor = await connection.execute("SELECT r::text FROM compliance_reviews AS r")
        (row,) = await cursor.fetchall()
    assert "quiet lake" not in row[0]
    assert (await read(database))[0].prompt_digest == sha256(b"a quiet lake").digest()


async def test_a_failure_is_on_record_too(database: Database) -> None:
    subject = Subject("upload", None, job_id="run_f")
    await append(database, entry_of_failure(subject, "default", ("acs x",), "acs timed out"))
    (found,) = await read(database)
    assert (found.state, found.failure, found.ruleset_version) == ("failed", "acs timed out", None)


@pytest.mark.parametrize("table", ["compliance_reviews", "compliance_appeals"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET job_id = 'x'", "DELETE FROM {}", "TRUNCATE {}"]
)
async def test_nothing_that_was_written_can_be_changed_or_removed(
    database: Database, table: str, statement: str
) -> None:
    await append(database, entry(Action.BLOCK))
    await decide(database, "overturned")
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        async with database.transaction() as connection:
            await connection.execute(statement.format(table).encode())
    assert len(await read(database)) == 1


async def decide(database: Database, decision: Decision, job_id: str = "run_a") -> None:
    async with database.transaction() as connection:
        (found,) = await store.entries(connection, job_id=job_id, limit=1)
        appeal = Appeal(job_id, decision, "a painting", "ann", clock.now())
        await store.decide(connection, found, appeal)


async def test_retention_forgets_by_age_and_lets_nothing_else_do_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await append(database, entry(Action.BLOCK))
    await decide(database, "upheld")
    purge = PurgeAudit(database, keep=timedelta(days=365))
    assert await purge() == 0
    now = clock.now() + timedelta(days=366)
    monkeypatch.setattr("imgen.clock.now", lambda: now)
    async with database.transaction() as connection:
        assert await store.purge(connection, before=now) == 2
        await store.append(connection, entry())
        with pytest.raises(psycopg.errors.RestrictViolation):
            await connection.execute("DELETE FROM compliance_reviews")


async def test_the_log_adds_up(database: Database) -> None:
    await append(
        database,
        entry(Action.BLOCK, job_id="run_a"),
        entry(Action.BLOCK, Action.FLAG, job_id="run_b"),
        entry(Action.FLAG, job_id="run_c"),
        entry(job_id="run_d"),
    )
    await decide(database, "overturned")
    stats = await Summarise(database)(days=1)
    assert [(one.ruleset, one.kind, one.state, one.reviews) for one in stats.amounts] == [
        ("strict", "generated", "blocked", 2),
        ("strict", "generated", "flagged", 1),
        ("strict", "generated", "safe", 1),
    ]
    assert [(one.rule, one.fired, one.overturned) for one in stats.rules] == [
        ("rule-block", 2, 1),
        ("rule-flag", 2, 0),
    ]
    assert [(one.detector, one.reviews, one.median) for one in stats.times] == [
        ("", 4, 25.0),
        ("nudity", 4, 20.5),
    ]


async def test_older_reviews_do_not_count(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await append(database, entry())
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr("imgen.clock.now", lambda: later)
    assert (await Summarise(database)(days=30)).amounts == ()


async def test_blocked_jobs_are_listed_with_the_latest_decision(database: Database) -> None:
    await append(
        database,
        entry(Action.BLOCK, Action.LOG, job_id="run_a"),
        entry(Action.FLAG, job_id="run_b"),
        entry(Action.BLOCK, job_id="run_c", floor=True),
        entry(Action.BLOCK, job_id="acs/run_of_others"),
        replace(entry(Action.BLOCK), job_id=""),
    )
    await decide(database, "upheld")
    await decide(database, "overturned")
    async with database.connection() as connection:
        found = await store.blocked_jobs(connection, limit=10)
    assert [(one.job_id, one.rules, one.floor, one.decision) for one in found] == [
        ("run_c", ["rule-block"], True, None),
        ("run_a", ["rule-block"], False, "overturned"),
    ]

"""Plans are data with checks, and an operator changes them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from imgen.accounts.plans import store
from imgen.accounts.plans.administer import NEW, AdministerPlans
from imgen.database.pool import Database
from imgen.errors import Conflict, Invalid, NotFound


@pytest.fixture
def plans(database: Database) -> AdministerPlans:
    return AdministerPlans(database, models=("sketch", "flux-schnell"))


async def test_the_built_in_plans_are_there(plans: AdministerPlans) -> None:
    free, pro, unlimited = await plans.list()
    assert (free.slug, free.name) == ("free", "Free")
    assert (free.requests_per_minute, free.requests_per_day, free.requests_per_month) == (
        *(10, 50, 1500),
    )
    assert (free.concurrency, free.batch_size, free.credits_per_month) == (2, 4, 50)
    assert [free.storage, pro.storage, unlimited.storage] == [False, True, True]
    limits = (unlimited.requests_per_minute, unlimited.requests_per_day, unlimited.concurrency)
    assert limits == (None, None, None)
    assert unlimited.requests_per_month is unlimited.images_per_month is None


async def test_a_plan_is_made_changed_and_removed(plans: AdministerPlans) -> None:
    made = await plans.create("test-team", requests_per_day=5, models=("sketch",))
    assert await plans.show("test-team") == made
    assert made == replace(
        NEW, slug="test-team", name="Test-team", requests_per_day=5, models=("sketch",)
    )
    changed = await plans.change("test-team", requests_per_day=None, batch_size=3, name="Team")
    assert changed == replace(made, requests_per_day=None, batch_size=3, name="Team")
    assert await plans.show("test-team") == changed
    await plans.delete("test-team")
    with pytest.raises(NotFound):
        await plans.show("test-team")


@pytest.mark.parametrize("slug", ["free", "unlimited"])
async def test_a_plan_that_new_accounts_are_given_stays(plans: AdministerPlans, slug: str) -> None:
    with pytest.raises(Conflict, match=f"imgen plans set {slug}") as caught:
        await plans.delete(slug)
    assert (caught.value.code, caught.value.field) == ("plan_needed", "slug")
    assert (await plans.show(slug)).slug == slug


async def test_a_plan_is_made_once(plans: AdministerPlans) -> None:
    with pytest.raises(Conflict) as caught:
        await plans.create("free")
    assert caught.value.field == "slug"


async def test_two_changes_at_once_are_both_kept(plans: AdministerPlans) -> None:
    await plans.create("test-both")
    await asyncio.gather(
        plans.change("test-both", batch_size=7), plans.change("test-both", credits_per_month=9)
    )
    plan = await plans.show("test-both")
    assert (plan.batch_size, plan.credits_per_month) == (7, 9)


@pytest.mark.parametrize("act", ["show", "delete", "change"])
async def test_an_unknown_plan_is_named(plans: AdministerPlans, act: str) -> None:
    with pytest.raises(NotFound, match="no plan nothing"):
        await getattr(plans, act)("nothing")


async def test_a_plan_that_accounts_have_stays(plans: AdministerPlans, database: Database) -> None:
    await plans.create("test-used")
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO accounts (id, name, plan) VALUES ('a', 'ann', 'test-used')"
        )
    with pytest.raises(Conflict, match="Accounts have the plan test-used"):
        await plans.delete("test-used")
    assert (await plans.show("test-used")).slug == "test-used"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("requests_per_minute", {"requests_per_minute": 0}),
        ("requests_per_day", {"requests_per_day": -1}),
        ("requests_per_month", {"requests_per_month": 2**31}),
        ("images_per_month", {"images_per_month": -1}),
        ("concurrency", {"concurrency": 0}),
        ("batch_size", {"batch_size": 0}),
        ("batch_size", {"batch_size": 1001}),
        ("batch_size", {"batch_size": None}),
        ("batch_concurrency", {"batch_concurrency": 0}),
        ("batch_concurrency", {"batch_size": 2, "batch_concurrency": 3}),
        ("credits_per_month", {"credits_per_month": -1}),
        ("credits_per_month", {"credits_per_month": None}),
        ("storage_bytes", {"storage": True, "storage_bytes": 0}),
        ("storage_bytes", {"storage": False, "storage_bytes": 10}),
        ("priority", {"priority": 101}),
        ("name", {"name": " "}),
        ("name", {"name": "x" * 101}),
        ("name", {"name": "a\nb"}),
        ("models", {"models": ("sketchy",)}),
        ("requests_per_minute", {"requests_per_minute": 9, "requests_per_day": 8}),
        ("requests_per_day", {"requests_per_day": 9, "requests_per_month": 8}),
        ("requests_per_minute", {"requests_per_minute": 9, "requests_per_month": 8}),
    ],
)
async def test_a_value_that_makes_no_sense_is_refused_by_name(
    plans: AdministerPlans, field: str, values: dict[str, Any]
) -> None:
    await plans.create("test-sense")
    with pytest.raises(Invalid) as caught:
        await plans.change("test-sense", **values)
    assert caught.value.field == field
    with pytest.raises(Invalid):
        await plans.create("test-other", **values)
    assert await plans.show("test-sense") == replace(NEW, slug="test-sense", name="Test-sense")


@pytest.mark.parametrize("slug", ["", "none", "Free", "1st", "a b", "x" * 41, "naïve", "a\n"])
async def test_a_slug_is_short_and_plain(plans: AdministerPlans, slug: str) -> None:
    with pytest.raises(Invalid) as caught:
        await plans.create(slug, name="Plan")
    assert caught.value.field == "slug"


@pytest.mark.parametrize(
    "change",
    [
        {"slug": "none"},
        {"slug": "A"},
        {"name": ""},
        {"requests_per_minute": 0},
        {"requests_per_day": 0},
        {"requests_per_month": 0},
        {"images_per_month": -1},
        {"concurrency": 0},
        {"batch_size": 0},
        {"batch_concurrency": 101},
        {"credits_per_month": -1},
        {"storage_bytes": 0},
        {"priority": -101},
    ],
)
async def test_the_database_refuses_it_too(
    plans: AdministerPlans, database: Database, change: dict[str, Any]
) -> None:
    plan = replace(NEW, slug="test-db", name="Plan")
    async with database.connection() as connection:
        with pytest.raises(psycopg.errors.CheckViolation):
            await store.insert(connection, replace(plan, **change))


async def test_an_account_has_a_plan_that_exists_or_none(database: Database) -> None:
    async with database.connection() as connection:
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            await connection.execute(
                "INSERT INTO accounts (id, name, plan) VALUES ('a', 'ann', 'gold')"
            )

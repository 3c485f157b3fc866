"""What an operator does to plans."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from imgen.accounts.plans import store
from imgen.accounts.plans.check import check_plan
from imgen.accounts.plans.records import Plan
from imgen.database.pool import Database
from imgen.errors import Conflict, NotFound

NEW = Plan(
    slug="",
    name="",
    requests_per_minute=None,
    requests_per_day=None,
    requests_per_month=None,
    images_per_month=None,
    concurrency=None,
    batch_size=1,
    batch_concurrency=1,
    credits_per_month=0,
    storage=False,
    storage_bytes=None,
    models=(),
    priority=0,
)
"""What a new plan says where nothing is said."""
_NEEDED = {
    "free": "Sign-ups get",
    "unlimited": "The first admin, and accounts that `imgen keys create` makes, get",
}
"""Plans that accounts are given before anybody chooses one."""


@dataclass(frozen=True, slots=True)
class AdministerPlans:
    """Plans, for the command line and the admin pages. A change holds at once, everywhere."""

    database: Database
    models: Collection[str]
    """The slugs of the catalog."""

    async def list(self) -> list[Plan]:
        """Every plan."""
        async with self.database.connection() as connection:
            return await store.list_plans(connection)

    async def show(self, slug: str) -> Plan:
        """One plan.

        Raises:
            imgen.errors.NotFound: there is none of that slug.
        """
        async with self.database.connection() as connection:
            return _required(slug, await store.find(connection, slug))

    async def create(self, slug: str, **values: Any) -> Plan:
        """Make a plan.

        Args:
            values: by the names of `Plan`; those of `NEW` where left out, and the slug for a name.

        Raises:
            imgen.errors.Invalid: a value is out of range; names it.
            imgen.errors.Conflict: there is a plan of that slug.
        """
        plan = replace(NEW, slug=slug, **{"name": slug.capitalize(), **values})
        check_plan(plan, models=self.models)
        async with self.database.connection() as connection:
            if not await store.insert(connection, plan):
                raise Conflict(
                    f"There is a plan {slug}; `imgen plans set` changes it", field="slug"
                )
        return plan

    async def change(self, slug: str, **values: Any) -> Plan:
        """Change some values of a plan.

        Raises:
            imgen.errors.NotFound: there is none of that slug.
            imgen.errors.Invalid: a value is out of range; names it.
        """
        async with self.database.transaction() as connection:
            plan = _required(slug, await store.find(connection, slug, lock=True))
            plan = replace(plan, **values)
            check_plan(plan, models=self.models)
            await store.update(connection, plan)
        return plan

    async def delete(self, slug: str) -> None:
        """Remove a plan that no account has.

        Raises:
            imgen.errors.NotFound: there is none of that slug.
            imgen.errors.Conflict: an account has it, or new ones are given it.
        """
        if slug in _NEEDED:
            raise Conflict(
                f"{_NEEDED[slug]} the plan {slug}, so it stays; change it instead: "
                f"imgen plans set {slug} --help",
                code="plan_needed",
                field="slug",
            )
        async with self.database.connection() as connection:
            try:
                found = await store.delete(connection, slug)
            except psycopg.errors.ForeignKeyViolation:
                raise Conflict(
                    f"Accounts have the plan {slug}; give them another first "
                    "(`imgen accounts plan NAME PLAN`)",
                    field="slug",
                ) from None
        if not found:
            raise _missing(slug)


def _required(slug: str, plan: Plan | None) -> Plan:
    if plan is None:
        raise _missing(slug)
    return plan


def _missing(slug: str) -> NotFound:
    return NotFound(f"There is no plan {slug}; `imgen plans list` shows them", field="slug")

"""What the values of a plan may be."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from itertools import pairwise

from imgen.accounts.plans.records import Plan
from imgen.errors import Invalid

_SLUG = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LONGEST_NAME = 100
_LARGEST = 2_000_000_000
_RANGES = {
    "requests_per_minute": (1, _LARGEST),
    "requests_per_day": (1, _LARGEST),
    "requests_per_month": (1, _LARGEST),
    "images_per_month": (0, _LARGEST),
    "concurrency": (1, _LARGEST),
    "batch_size": (1, 1000),
    "batch_concurrency": (1, 100),
    "credits_per_month": (0, _LARGEST),
    "storage_bytes": (1, 2**62),
    "priority": (-100, 100),
}
LIMITS = (
    "requests_per_minute",
    "requests_per_day",
    "requests_per_month",
    "images_per_month",
    "concurrency",
    "storage_bytes",
)
"""The values that may be None: no limit."""


def check_plan(plan: Plan, *, models: Collection[str]) -> None:
    """Refuse a plan that makes no sense.

    Args:
        models: the slugs of the catalog.

    Raises:
        imgen.errors.Invalid: names the value and what it may be.
    """
    if not _SLUG.fullmatch(plan.slug) or plan.slug == "none":
        raise Invalid(
            f"{plan.slug!r} is no name for a plan; use up to 40 lower-case letters, digits and "
            "hyphens, beginning with a letter (`none` means no plan)",
            field="slug",
        )
    if not plan.name.strip() or len(plan.name) > _LONGEST_NAME or not plan.name.isprintable():
        raise Invalid(f"name is 1 to {_LONGEST_NAME} printable characters", field="name")
    for field, (lowest, highest) in _RANGES.items():
        _check_range(field, getattr(plan, field), lowest, highest)
    _check_order(plan)
    for model in plan.models:
        _check_model(model, models)


def _check_range(field: str, value: int | None, lowest: int, highest: int) -> None:
    if value is None and field in LIMITS:
        return
    if value is None or not lowest <= value <= highest:
        or_none = " or none" if field in LIMITS else ""
        raise Invalid(f"{field} must be {lowest} to {highest}{or_none}, not {value}", field=field)


def _check_order(plan: Plan) -> None:
    """A shorter window that allows more than a longer one is a slip of the pen."""
    windows = ("requests_per_minute", "requests_per_day", "requests_per_month")
    given = [(name, getattr(plan, name)) for name in windows if getattr(plan, name) is not None]
    for (shorter, few), (longer, many) in pairwise(given):
        if few > many:
            raise Invalid(
                f"{shorter} ({few}) is more than {longer} ({many}), so it would never be reached",
                field=shorter,
            )
    if plan.batch_concurrency > plan.batch_size:
        raise Invalid(
            f"batch_concurrency ({plan.batch_concurrency}) is more than batch_size "
            f"({plan.batch_size})",
            field="batch_concurrency",
        )
    if plan.storage_bytes is not None and not plan.storage:
        raise Invalid("storage_bytes means nothing while storage is off", field="storage_bytes")


def _check_model(model: str, models: Collection[str]) -> None:
    if model not in models:
        near = get_close_matches(model, models, n=1, cutoff=0.0)
        hint = f". Did you mean {near[0]}?" if near else ""
        raise Invalid(f"There is no model {model}{hint}", field="models")

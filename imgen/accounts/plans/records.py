"""A plan as the database holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """What the accounts that have it may use. Windows are those of UTC; see docs/plans.md."""

    slug: str
    name: str
    requests_per_minute: int | None
    """Calls that generate, edit, search or use a prompt tool. None, here and below: no limit."""
    requests_per_day: int | None
    requests_per_month: int | None
    images_per_month: int | None
    """Delivered ones."""
    concurrency: int | None
    """Requests at once, over all surfaces; an unfinished job keeps its request's place."""
    batch_size: int
    """Items in one batch."""
    batch_concurrency: int
    """Items of one batch that are worked on at once."""
    credits_per_month: int
    storage: bool
    """Whether replies may link to hosted pictures."""
    storage_bytes: int | None
    models: tuple[str, ...]
    """Slugs of the models that may be asked for; empty: all."""
    priority: int
    """0 is normal; jobs of higher ones go first."""

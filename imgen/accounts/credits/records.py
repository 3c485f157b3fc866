"""Balances and ledger entries as the database holds them. Amounts are whole credits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum


class EntryKind(StrEnum):
    """Why a balance changed."""

    MONTH = "month"
    """The plan's credits of a month."""
    UPGRADE = "upgrade"
    """What a richer plan grants on top, within the same month."""
    LAPSE = "lapse"
    """Credits of a month that ended."""
    GRANT = "grant"
    """A top-up by the operator; it stays until it is spent."""
    TAKE = "take"
    """A top-up taken back."""
    RESERVE = "reserve"
    """Set aside for a job."""
    SETTLE = "settle"
    """Spent: the job delivered."""
    RELEASE = "release"
    """Given back: the job ended without a picture."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has at one moment."""

    month: date
    """First day of the UTC month that `granted` and `monthly` are of."""
    granted: int
    """What the plan has granted in this month."""
    monthly: int
    """What is left of that. It is spent first, and lapses when the month ends."""
    lasting: int
    """What is left of top-ups. It stays until it is spent."""
    held: int
    """Set aside for jobs that have not ended; neither spent nor available."""

    @property
    def available(self) -> int:
        """What can be spent now."""
        return self.monthly + self.lasting

    @property
    def month_ends(self) -> datetime:
        """When `monthly` lapses and the plan grants anew, in UTC."""
        years, months = divmod(self.month.month, 12)
        return datetime(self.month.year + years, months + 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. It is never changed, nor removed."""

    id: int
    kind: EntryKind
    monthly: int
    """Change of the plan's credits."""
    lasting: int
    """Change of the top-ups."""
    held: int
    """Change of what is set aside."""
    available: int
    """What could be spent after this entry."""
    month: date
    """First day of the UTC month that its monthly credits are of."""
    job_id: str | None
    reason: str
    created_at: datetime

    @property
    def amount(self) -> int:
        """Change of what can be spent."""
        return self.monthly + self.lasting


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Something that does not add up. There are none, unless somebody wrote to the tables."""

    account: str
    """The account's name."""
    what: str
    """One sentence with both numbers."""

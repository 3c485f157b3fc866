"""How pictures are to be imported, and what became of each file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who imports chose."""

    account_id: str | None = None
    """Whose the pictures are and who alone sees them; None: shared, and the operator's."""
    model: str = ""
    """Where a file does not say it; so too the next two."""
    style: str = ""
    character: str = ""
    keep_similar: bool = False
    """Import what looks like a picture of the library, too; exact copies never."""
    ruleset: str = ""
    """The ruleset that new pictures are judged by; empty: by the floor alone."""
    in_place: bool = False
    """Leave the files where they are, and link to them."""

    @property
    def shared(self) -> bool:
        """Whether every account sees the pictures."""
        return self.account_id is None


class Fate(StrEnum):
    """What became of a file."""

    ADDED = "added"
    KNOWN = "known"
    """An earlier import dealt with it."""
    COPY = "copy"
    """The library has a picture with the same pixels."""
    SIMILAR = "similar"
    """The library has a picture that looks the same."""
    BLOCKED = "blocked"
    """The review forbids it."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    name: str
    fate: Fate
    note: str = ""
    """Why it failed, or how near it is to which picture."""
    id: str = ""
    """Of the picture that it became, or is a copy of."""

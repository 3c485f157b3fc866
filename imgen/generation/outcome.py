"""How a job can end. Expected results are values, not exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from imgen.finishing.encode import Format


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the object store."""

    key: str
    filename: str
    format: Format
    width: int
    height: int
    bytes: int


NOWHERE = StoredFile(key="", filename="", format=Format.JPEG, width=0, height=0, bytes=0)
"""A file before it is stored."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A picture was made and may be shown."""

    positive: str
    """The composed positive prompt that the engine was given."""
    negative: str
    """The composed negative prompt that the engine was given."""
    fingerprint: str
    engine: str
    image: StoredFile = NOWHERE
    thumbnail: StoredFile = NOWHERE
    ignored: tuple[str, ...] = ()
    """Request fields that the model could not honour."""
    compliance: str = "unreviewed"
    """`safe`, or `unreviewed` where review is switched off."""
    compliance_codes: tuple[str, ...] = ()
    """Ids of the rules that flagged it."""
    compliance_detectors: tuple[str, ...] = ()
    """Which detectors looked at it, each as `name version`."""
    ruleset_version: int = 0
    """Of the ruleset that cleared it; 0: none did."""
    invisible_mark: bool = False
    content_credentials: bool = False
    pdq: str = ""
    """PDQ hash as 64 hex characters; empty when it was not computed."""
    pdq_quality: int | None = None
    """0 to 100."""
    kind: Literal["completed"] = "completed"


@dataclass(frozen=True, slots=True)
class Blocked:
    """A picture was made and may not be shown."""

    reason: str
    categories: tuple[str, ...]
    """Ids of the rules that blocked it."""
    image_key: str = ""
    """Where it is quarantined; empty when no link may ever exist."""
    ruleset_version: int = 0
    withheld: Completed | None = None
    """What the job would have come to, for an appeal; its files are in quarantine."""
    kind: Literal["blocked"] = "blocked"


@dataclass(frozen=True, slots=True)
class Failed:
    """No picture was made."""

    reason: str
    """Safe to show."""
    kind: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The client no longer wanted it."""

    kind: Literal["cancelled"] = "cancelled"


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Its deadline passed."""

    kind: Literal["timed_out"] = "timed_out"


Outcome = Completed | Blocked | Failed | Cancelled | TimedOut

_adapter: TypeAdapter[Outcome] = TypeAdapter(Annotated[Outcome, Field(discriminator="kind")])


def outcome_to_json(outcome: Outcome) -> bytes:
    """For the database."""
    return _adapter.dump_json(outcome)


def outcome_from_json(value: object) -> Outcome:
    """From the database's decoded JSON."""
    return _adapter.validate_python(value)

"""What was found out about one file, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from imgen.finishing.credentials.read import Credentials, State


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of this deployment."""

    gen_id: str
    id: str
    """Of its job."""


@dataclass(frozen=True, slots=True)
class Match:
    """A picture in the library that looks like the one asked about."""

    id: str
    distance: int
    """PDQ bits that differ: 0 to 31 of 256."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the search for the invisible mark found."""

    found: bool
    payload: int | None = None
    confidence: float = 0.0
    """1 less the probability that an unmarked picture reads like this; 0 where none was found."""
    bit_errors: int = 0
    """Of 256 channel bits, the ones that had to be corrected."""
    scale: tuple[float, float] = (1.0, 1.0)
    """Width and height relative to the picture as delivered, as far as can be told."""
    rotation: float = 0.0
    """Degrees, clockwise."""
    flipped: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The answer for one file."""

    file: str
    ours: bool
    """Made by this deployment: our credentials are intact in it, or our mark was read from it."""
    confidence: float
    """That it is ours: 0 to 1."""
    generation: Generation | None
    credentials: Credentials
    mark: Mark
    matches: tuple[Match, ...]
    """Nearest first."""
    verdict: str
    """One plain sentence."""


def to_json(report: Report) -> dict[str, Any]:
    """The report as `imgen verify --json` and `POST /verify` print it."""
    generation = report.generation
    return {
        "file": report.file,
        "ours": report.ours,
        "gen_id": generation.gen_id if generation else None,
        "id": generation.id if generation else None,
        "confidence": round(report.confidence, 6),
        "credentials": _credentials(report.credentials),
        "mark": _mark(report.mark),
        "matches": [{"id": match.id, "distance": match.distance} for match in report.matches],
        "verdict": report.verdict,
    }


def _credentials(credentials: Credentials) -> dict[str, Any]:
    if credentials.state is State.ABSENT:
        problems = {"problems": list(credentials.problems)} if credentials.problems else {}
        return {"state": credentials.state.value, **problems}
    return {
        "state": credentials.state.value,
        "own": credentials.own,
        "signer": credentials.signer,
        "signed_at": credentials.signed_at or None,
        "generator": credentials.generator,
        "title": credentials.title,
        "author": credentials.author,
        "model": credentials.model,
        "actions": list(credentials.actions),
        "source_types": list(credentials.source_types),
        "ingredients": list(credentials.ingredients),
        "problems": list(credentials.problems),
    }


def _mark(mark: Mark) -> dict[str, Any]:
    if not mark.found:
        return {"found": False}
    return {
        "found": True,
        "payload": None if mark.payload is None else f"{mark.payload:012x}",
        "confidence": round(mark.confidence, 6),
        "bit_errors": mark.bit_errors,
        "scale": [round(side, 3) for side in mark.scale],
        "rotation": round(mark.rotation, 2),
        "flipped": mark.flipped,
    }

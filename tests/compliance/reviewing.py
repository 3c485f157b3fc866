"""Detectors that see what a test says, and reviews over them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from imgen.compliance.detector import Detector
from imgen.compliance.review import Examine, Review
from imgen.compliance.rulesets import load_rulesets
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.database.pool import Database


@dataclass
class Seeing:
    """Sees these signals, after these failures."""

    name: str = "nudity"
    version: str = "9"
    signals: tuple[Signal, ...] = ()
    failures: list[Exception] = field(default_factory=list)
    hangs: bool = False
    subjects: list[Subject] = field(default_factory=list)
    closed: bool = False

    async def aclose(self) -> None:
        self.closed = True

    async def detect(self, subject: Subject) -> tuple[Signal, ...]:
        self.subjects.append(subject)
        if self.hangs:
            await asyncio.Event().wait()
        if self.failures:
            raise self.failures.pop(0)
        return self.signals


def seeing(name: str, score: float, detector: str = "nudity") -> Seeing:
    return Seeing(detector, signals=(Signal(name, score, detector),))


def review_with(
    database: Database, *detectors: Detector, timeout: float = 10.0, tries: int = 2
) -> Review:
    return Review(examine_with(*detectors, timeout=timeout, tries=tries), database)


def examine_with(*detectors: Detector, timeout: float = 10.0, tries: int = 2) -> Examine:
    return Examine(detectors, load_rulesets(()), timeout=timeout, tries=tries)

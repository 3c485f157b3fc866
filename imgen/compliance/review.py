"""Judges a picture before anybody sees it. Whatever goes wrong here, nothing is let through."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import structlog

from imgen.compliance.audit import store
from imgen.compliance.audit.entry import NewEntry, entry_of, entry_of_failure
from imgen.compliance.detector import Detector
from imgen.compliance.rulesets import Ruleset, Rulesets, judge
from imgen.compliance.rulesets.floor import FLOOR
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.compliance.verdict import Verdict
from imgen.database.pool import Database
from imgen.errors import ImgenError, Kind, Unavailable

_log = structlog.get_logger()
_TRIED_AGAIN = frozenset({Kind.UPSTREAM, Kind.UNAVAILABLE})
_FAILED = "The picture could not be reviewed"
_OF_THE_FLOOR = ("prompt", "hashes")
_NO_RULES = Ruleset(FLOOR.key, FLOOR.label, FLOOR.version, rules=())
"""The floor holds beside it, as beside every ruleset."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A verdict, and what it took."""

    verdict: Verdict
    milliseconds: Mapping[str, float]
    """Detector → time; the empty name is the whole."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How one detector fared."""

    detector: str
    signals: tuple[Signal, ...] = ()
    milliseconds: float = 0.0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Examine:
    """Asks every detector, side by side, and judges what they saw. Leaves no trace.

    Args:
        timeouts: seconds for each detector, by name.
        timeout: seconds for those that are not named there.
        tries: how often a detector is asked that fails. One that times out is asked once.
    """

    detectors: tuple[Detector, ...]
    rulesets: Rulesets
    timeouts: Mapping[str, float] = field(default_factory=dict)
    timeout: float = 30.0
    tries: int = 2

    @property
    def versions(self) -> tuple[str, ...]:
        """`name version` of each detector."""
        return tuple(f"{one.name} {one.version}" for one in self.detectors)

    async def aclose(self) -> None:
        """Close every detector."""
        for detector in self.detectors:
            await detector.aclose()

    def check(self, ruleset: str) -> Ruleset:
        """The ruleset of that name, if it can be judged by here.

        Raises:
            imgen.errors.Invalid: there is none (`unknown_ruleset`).
            imgen.errors.Unavailable: it requires a detector that is missing here.
        """
        found = self.rulesets.named(ruleset)
        if missing := found.lacks(self.versions):
            raise Unavailable(
                f"The ruleset {ruleset} cannot be used here: it requires "
                f"{', '.join(missing)}, which is not installed or not configured",
                code="detector_missing",
                field="compliance_ruleset",
            )
        return found

    async def __call__(self, subject: Subject, ruleset: str) -> Examined:
        """Examine one subject.

        Raises:
            imgen.errors.Invalid: there is no such ruleset.
            imgen.errors.Unavailable: a detector is missing, failed or took too long; which and
                how is in the error's notes.
        """
        return await self._judged(replace(subject, ruleset=ruleset), self.check(ruleset))

    async def floor(self, subject: Subject) -> Examined:
        """Examine one subject by the floor alone, with what is always there and costs little.

        Raises:
            imgen.errors.Unavailable: see above.
        """
        kept = tuple(one for one in self.detectors if one.name in _OF_THE_FLOOR)
        return await replace(self, detectors=kept)._judged(subject, _NO_RULES)

    async def _judged(self, subject: Subject, rules: Ruleset) -> Examined:
        began = time.perf_counter()
        looks = await asyncio.gather(*(self._look(one, subject) for one in self.detectors))
        if failures := [f"{look.detector} {look.failure}" for look in looks if look.failure]:
            error = Unavailable(_FAILED, code="review_failed")
            error.add_note("; ".join(failures))
            raise error
        signals = tuple(signal for look in looks for signal in look.signals)
        times = {look.detector: look.milliseconds for look in looks}
        return Examined(
            verdict=judge(rules, signals, self.versions, of_upload=subject.kind == "upload"),
            milliseconds={**times, "": _since(began)},
        )

    async def _look(self, detector: Detector, subject: Subject) -> _Look:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.timeouts.get(detector.name, self.timeout)):
                signals = await self._detect(detector, subject)
        except TimeoutError:
            return _Look(detector.name, failure="timed out")
        except ImgenError as error:
            return _Look(detector.name, failure=error.message)
        except Exception as error:  # whatever breaks in a detector, nothing gets past it
            _log.exception("detector.crashed", detector=detector.name)
            return _Look(detector.name, failure=f"crashed ({type(error).__name__})")
        return _Look(detector.name, signals, _since(began))

    async def _detect(self, detector: Detector, subject: Subject) -> tuple[Signal, ...]:
        for _ in range(self.tries - 1):
            try:
                return await detector.detect(subject)
            except ImgenError as error:
                if error.kind not in _TRIED_AGAIN:
                    raise
                _log.warning("detector.failed", detector=detector.name, error=error.message)
        return await detector.detect(subject)


@dataclass(frozen=True, slots=True)
class Review:
    """Examines, and writes down what came of it: a verdict that is not on record is none."""

    examine: Examine
    database: Database

    def check(self, ruleset: str) -> Ruleset:
        """See `Examine.check`."""
        return self.examine.check(ruleset)

    @property
    def detectors(self) -> tuple[str, ...]:
        """`name version` of each."""
        return self.examine.versions

    def without(self, *names: str) -> Review:
        """The same review less some detectors.

        A reviewer that others ask must not ask them in turn, or two would ask each other for ever.
        """
        kept = tuple(one for one in self.examine.detectors if one.name not in names)
        return replace(self, examine=replace(self.examine, detectors=kept))

    async def __call__(self, subject: Subject, ruleset: str) -> Verdict:
        """Judge one subject. Fails closed: there is a verdict of every detector, or an error.

        Raises:
            imgen.errors.Invalid: there is no such ruleset.
            imgen.errors.Unavailable: a detector is missing, failed or took too long, or the audit
                log cannot be written.
        """
        try:
            examined = await self.examine(subject, ruleset)
        except Unavailable as error:
            why = "; ".join([error.message, *getattr(error, "__notes__", ())])
            _log.warning("review.failed", job_id=subject.job_id, ruleset=ruleset, error=why)
            await self._append(entry_of_failure(subject, ruleset, self.detectors, why))
            raise
        verdict = examined.verdict
        await self._append(entry_of(subject, verdict, examined.milliseconds))
        if verdict.blocked:
            _log.info(
                "review.blocked",
                job_id=subject.job_id,
                ruleset=ruleset,
                rules=verdict.categories,
                floor=verdict.floor,
            )
        return verdict

    async def floor(self, subject: Subject, ruleset: str = "") -> Verdict | None:
        """What is left of a review where reviews are switched off: the floor, under any ruleset.

        Returns:
            None where the floor lets it pass; nothing is written down then.

        Raises:
            imgen.errors.Unavailable: the prompt and the hash lists could not be looked at.
        """
        del ruleset
        examined = await self.examine.floor(subject)
        if not examined.verdict.floor:
            return None
        await self._append(entry_of(subject, examined.verdict, examined.milliseconds))
        return examined.verdict

    async def _append(self, entry: NewEntry) -> None:
        async with self.database.transaction() as connection:
            await store.append(connection, entry)


def _since(began: float) -> float:
    """Milliseconds."""
    return round((time.perf_counter() - began) * 1000, 2)

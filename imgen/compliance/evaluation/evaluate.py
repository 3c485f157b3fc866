"""Runs the review over labelled pictures and counts where it is right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgen.compliance.evaluation.labels import Labelled, read_labels
from imgen.compliance.review import Examine
from imgen.compliance.rulesets import Ruleset
from imgen.compliance.rulesets.floor import FLOOR
from imgen.compliance.subject import Subject
from imgen.compliance.verdict import Action, Verdict
from imgen.errors import ImgenError

ANY = "any"
"""The row that asks only whether something was found, whatever it was."""

Open = Callable[[bytes], NDArray[np.uint8]]
"""A file's bytes → (height, width, 3 or 4). Blocking; raises `imgen.errors.ImgenError`."""


@dataclass(frozen=True, slots=True)
class Score:
    """How well one category is told."""

    category: str
    hits: int
    """Labelled so, and found."""
    misses: int
    """Labelled so, and not found."""
    false_alarms: int
    """Found, and not labelled so."""
    rest: int

    @property
    def precision(self) -> float | None:
        """Of what was found, how much is right; None when nothing was."""
        found = self.hits + self.false_alarms
        return self.hits / found if found else None

    @property
    def recall(self) -> float | None:
        """Of what is there, how much was found; None when nothing is."""
        there = self.hits + self.misses
        return self.hits / there if there else None


@dataclass(frozen=True, slots=True)
class Mistake:
    """A picture that was judged otherwise than labelled, or not at all."""

    file: Path
    missed: frozenset[str]
    wrong: frozenset[str]
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All of it."""

    pictures: int
    scores: tuple[Score, ...]
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Judges every picture of a folder, several at once. Nothing is written to the audit log."""

    examine: Examine
    open: Open
    at_once: int = 2

    async def __call__(
        self, folder: Path, ruleset: str, *, step: Callable[[], object] = lambda: None
    ) -> Evaluation:
        """Evaluate one ruleset.

        Args:
            step: called after each picture.

        Raises:
            imgen.errors.Invalid: the ruleset or a label is not known.
            imgen.errors.Unavailable: the ruleset requires a detector that is missing.
        """
        categories = _categories(self.examine.check(ruleset))
        labelled = await asyncio.to_thread(read_labels, folder, categories)
        turn = asyncio.Semaphore(self.at_once)

        async def judge(one: Labelled) -> Verdict | ImgenError:
            async with turn:
                try:
                    return await self._judge(one, ruleset)
                except ImgenError as error:
                    return error
                finally:
                    step()

        verdicts = await asyncio.gather(*(judge(one) for one in labelled))
        return tally(labelled, verdicts, categories)

    async def _judge(self, one: Labelled, ruleset: str) -> Verdict:
        image = await asyncio.to_thread(lambda: self.open(one.file.read_bytes()))
        subject = Subject("imported", image, prompt=one.prompt)
        return (await self.examine(subject, ruleset)).verdict


def tally(
    labelled: Sequence[Labelled],
    verdicts: Sequence[Verdict | ImgenError],
    categories: Iterable[str],
) -> Evaluation:
    """Compare verdicts with labels. A picture that could not be judged counts for no category."""
    judged: list[tuple[frozenset[str], frozenset[str]]] = []
    mistakes: list[Mistake] = []
    for one, verdict in zip(labelled, verdicts, strict=True):
        if isinstance(verdict, ImgenError):
            why = "; ".join([verdict.message, *getattr(verdict, "__notes__", ())])
            mistakes.append(Mistake(one.file, frozenset(), frozenset(), why))
            continue
        found = found_in(verdict)
        judged.append((one.categories, found))
        if found != one.categories:
            mistakes.append(Mistake(one.file, one.categories - found, found - one.categories))
    scores = [
        _score(category, [(category in label, category in found) for label, found in judged])
        for category in sorted(set(categories))
    ]
    any_score = _score(ANY, [(bool(label), bool(found)) for label, found in judged])
    return Evaluation(len(labelled), (*scores, any_score), tuple(mistakes))


def found_in(verdict: Verdict) -> frozenset[str]:
    """The categories of the rules that blocked or flagged."""
    return frozenset(one.category for one in verdict.findings if one.action is not Action.LOG)


def _categories(ruleset: Ruleset) -> frozenset[str]:
    return frozenset(rule.category for rule in (*FLOOR.rules, *ruleset.rules))


def _score(category: str, pairs: Sequence[tuple[bool, bool]]) -> Score:
    return Score(
        category,
        hits=sum(there and found for there, found in pairs),
        misses=sum(there and not found for there, found in pairs),
        false_alarms=sum(found and not there for there, found in pairs),
        rest=sum(not there and not found for there, found in pairs),
    )

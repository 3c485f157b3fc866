"""What a person sees while pictures are imported, and afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from imgen.library.importing.options import Fate, Outcome

_SHOWN = 50
"""So many outcomes of a kind are listed; the rest are counted."""


class _RateColumn(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f}/s", style="progress.data.speed")


@contextmanager
def progress(word: str) -> Iterator[tuple[Callable[[int], None], Callable[[int], None]]]:
    """A bar on standard error with count, rate and remaining time.

    Yields:
        Two functions: one is told how many there are in all, one how many more are done.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    task = bar.add_task(word, total=None)
    with bar:
        yield (
            lambda total: bar.update(task, total=total),
            lambda done: bar.update(task, advance=done),
        )


@dataclass(slots=True)
class Tally:
    """How many files became what, and which of them a person should know about."""

    counts: Counter[Fate] = field(default_factory=Counter)
    told: dict[Fate, list[Outcome]] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> int:
        """Count one; returns 1, for a progress bar."""
        self.counts[outcome.fate] += 1
        if outcome.fate in {Fate.FAILED, Fate.SIMILAR, Fate.BLOCKED}:
            self.told.setdefault(outcome.fate, []).append(outcome)
        return 1

    @property
    def failed(self) -> int:
        """How many files could not be imported."""
        return self.counts[Fate.FAILED]

    def print(self) -> None:
        """On standard output: what failed or was left out as similar, then the counts."""
        console = Console(soft_wrap=True, highlight=False)
        self._list(console, Fate.SIMILAR, "Left out, since they look like pictures of the library")
        self._list(console, Fate.BLOCKED, "Kept out by the review")
        self._list(console, Fate.FAILED, "Not imported")
        counts = self.counts
        parts = [
            f"{counts[Fate.ADDED]} imported",
            f"{counts[Fate.KNOWN]} known already",
            f"{counts[Fate.COPY]} exact copies",
            f"{counts[Fate.SIMILAR]} similar",
            *([f"{counts[Fate.BLOCKED]} blocked"] if counts[Fate.BLOCKED] else []),
            f"{counts[Fate.FAILED]} failed",
        ]
        console.print(", ".join(parts))

    def _list(self, console: Console, fate: Fate, title: str) -> None:
        outcomes = sorted(self.told.get(fate, []), key=lambda outcome: outcome.name)
        if outcomes:
            console.print(f"{title}:")
        for outcome in outcomes[:_SHOWN]:
            console.print(f"  {escape(outcome.name)}: {escape(outcome.note)}")
        if len(outcomes) > _SHOWN:
            console.print(f"  and {len(outcomes) - _SHOWN} more")

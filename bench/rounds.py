"""Measuring side by side: rounds that alternate, medians, ratios, and how noisy the machine was."""

from __future__ import annotations

import contextlib
import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil

RESULTS = Path(__file__).parents[1] / ".bench"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, once for each round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Over the rounds."""
        return median(self.values)

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(min(self.values))}–{_short(max(self.values))})"


Row = dict[str, Figure]
"""What was measured of one contender: name of the quantity → figure."""


def alternate(
    contenders: Mapping[str, Callable[[], Mapping[str, float]]], rounds: int
) -> dict[str, Row]:
    """Measure every contender in each round, in turn, so that noise meets them all.

    Args:
        contenders: name → what measures it once and returns quantity → number. The order turns
            from round to round: nobody is always first.
        rounds: how often.
    """
    names = list(contenders)
    seen: dict[str, list[Mapping[str, float]]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            seen[name].append(contenders[name]())
    return {
        name: {
            quantity: Figure(tuple(one[quantity] for one in measured)) for quantity in measured[0]
        }
        for name, measured in seen.items()
    }


def cpu_seconds(pids: Sequence[int]) -> float:
    """Processor time that these processes and all below them have used so far.

    Of all figures the one that other programs on the machine disturb least.
    """
    roots = [psutil.Process(pid) for pid in pids]
    total = 0.0
    for process in [*roots, *(child for root in roots for child in root.children(recursive=True))]:
        with contextlib.suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            total += used.user + used.system + used.children_user + used.children_system
    return total


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]


def table(rows: Mapping[str, Row]) -> str:
    """Text columns: median (min–max over the rounds), and each contender's ratio to the first.

    Above 1 the first is the slower one, whether the quantity is a time (`… ms`) or a rate.
    """
    first = next(iter(rows.values()))
    lines = [["", *(cell for name in first for cell in (name, "imgen ÷ it"))]]
    for contender, row in rows.items():
        cells = [contender]
        for name, figure in row.items():
            cells += [str(figure), "" if row is first else f"{cost(name, first, row):.2f}×"]
        lines.append(cells)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def cost(quantity: str, ours: Row, theirs: Row) -> float:
    """How many times as much ours costs: the median of the ratios within each round."""
    pairs = zip(ours[quantity].values, theirs[quantity].values, strict=True)
    is_time = quantity.endswith(" ms")
    return median(mine / other if is_time else other / mine for mine, other in pairs)


def write(name: str, content: Mapping[str, Any]) -> Path:
    """Keep results in `.bench/NAME.json`, with when and where they came about."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps({**_machine(), **content}, indent=1, default=_plain) + "\n")
    return file


def noise() -> str:
    """What else this machine was doing, for the foot of a table."""
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, load {load} over 1/5/15 minutes at the end"


def _machine() -> dict[str, Any]:
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_at_the_end": os.getloadavg(),
    }


def _plain(value: object) -> object:
    if isinstance(value, Figure):
        return {"median": value.median, "rounds": value.values}
    raise TypeError(type(value).__name__)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"

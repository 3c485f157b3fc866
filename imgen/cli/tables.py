"""Tables as commands print them: every text as it is, and none of it cut off."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

_WIDE = 2000
"""Characters. A file, or a program that reads on, has no edge to keep to."""


def print_table(table: Table) -> None:
    """Print a table.

    What customers wrote (names, labels, prompts) is never taken for markup. What does not fit a
    terminal goes on in the next line; an id stays whole, so that it can be copied.
    """
    for column in table.columns:
        column.overflow = "fold"
        column.no_wrap = column.no_wrap or column.header == "id"
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    console.print(table, markup=False)


@dataclass(slots=True)
class Reasons:
    """Why rows say no: a number in the table, the words once below it.

    Ten models that lack the same package would otherwise say so ten times.
    """

    _numbers: dict[str, int] = field(default_factory=dict)

    def cell(self, reason: str) -> str:
        """`yes` where nothing stands in the way, else `no (1)`."""
        if not reason:
            return "yes"
        return f"no ({self._numbers.setdefault(reason, len(self._numbers) + 1)})"

    def print(self) -> None:
        """The reasons by their numbers; nothing where there are none."""
        for reason, number in self._numbers.items():
            print(f"({number}) {reason}")

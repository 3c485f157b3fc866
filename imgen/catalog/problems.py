"""What is wrong with a file of ours: the file, the key, what it is, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from imgen.errors import Invalid


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong."""

    file: Path
    """The file that it is in."""
    key: str
    """Where in that file: `models.eros.default_style`; empty for the file as a whole."""
    message: str
    """What is wrong, in one sentence."""
    fix: str
    """What to do about it, in one sentence."""

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else str(self.file)
        return f"{where}: {self.message} {self.fix}"


class Wrong(Exception):
    """A value that cannot be used; whoever knows its file and key makes a `Problem` of it."""

    def __init__(self, message: str, fix: str, *, at: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.at = at
        """Where inside the value: `[2]`, `.weight`; empty for the value itself."""


def refuse(problems: Sequence[Problem], what: str, *, code: str) -> None:
    """Nothing is served with files that are wrong.

    Args:
        what: was read: `The catalog has`.

    Raises:
        imgen.errors.Invalid: there is a problem; the message lists every one, a line each.
    """
    if problems:
        lines = "\n".join(f"- {problem}" for problem in problems)
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise Invalid(f"{what} {count}:\n{lines}", code=code)


def nearest(name: str, names: Iterable[str]) -> str:
    """The one of `names` that was probably meant, or an empty string."""
    found = get_close_matches(name.lower(), list(names), n=1, cutoff=0.6)
    return found[0] if found else ""

"""Reads a model's engine options, which a catalog may give any type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from imgen.errors import Invalid


@dataclass(frozen=True, slots=True)
class Options:
    """Typed access; a wrong type is an `Invalid` that names the option."""

    values: Mapping[str, object]

    def text(self, name: str, default: str = "") -> str:
        """A string, stripped."""
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise _wrong(name, "a string")
        return value.strip()

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; a single one counts as a list of one."""
        value = self.values.get(name, ())
        if isinstance(value, str):
            value = (value,)
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise _wrong(name, "a list of strings")
        return tuple(one.strip() for one in value if one.strip())

    def names(self, name: str) -> dict[str, str]:
        """A table of strings."""
        value = self.values.get(name, {})
        if not isinstance(value, Mapping) or not all(
            isinstance(one, str) for one in value.values()
        ):
            raise _wrong(name, "a table of strings")
        return {str(key): str(one) for key, one in value.items()}

    def table(self, name: str) -> dict[str, object]:
        """A table of anything."""
        value = self.values.get(name, {})
        if not isinstance(value, Mapping):
            raise _wrong(name, "a table")
        return {str(key): one for key, one in value.items()}

    def number(self, name: str, default: float) -> float:
        """A number."""
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong(name, "a number")
        return float(value)


def _wrong(name: str, what: str) -> Invalid:
    return Invalid(f"The model's option {name} must be {what}", field=name)

"""What the credentials say about the people behind a picture."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

MOST_CHARACTERS = 2000
"""Of each field; more is cut off."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_NOT_IN_LABEL = re.compile(r"[^a-z0-9]+")
_LONGEST_LABEL = 32


@dataclass(frozen=True, slots=True)
class Words:
    """Free texts; an empty one is left out of the credentials."""

    author: str = ""
    title: str = ""
    description: str = ""
    organization: str = ""
    vendor: str = ""

    def over(self, defaults: Words) -> Words:
        """These words where they say something, the deployment's where they do not.

        Control characters, which do not belong into a signed statement, become spaces.
        """
        return Words(
            **{
                field.name: _clean(getattr(self, field.name))
                or _clean(getattr(defaults, field.name))
                for field in fields(Words)
            }
        )


def vendor_label(vendor: str) -> str:
    """A vendor as C2PA wants it in the manifest's own name: up to 32 of `[a-z0-9_]`."""
    return _NOT_IN_LABEL.sub("_", vendor.lower()).strip("_")[:_LONGEST_LABEL].rstrip("_")


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()[:MOST_CHARACTERS]

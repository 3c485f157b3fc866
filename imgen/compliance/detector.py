"""What every detector is: something small that looks at a subject and says what it saw."""

from __future__ import annotations

from typing import Protocol

from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject


class Detector(Protocol):
    """Looks at one subject at a time; used for several at once."""

    @property
    def name(self) -> str:
        """`prompt`, `nudity`, `hashes`, `text`, `vision` or `acs`."""

    @property
    def version(self) -> str:
        """Of what does the looking, for the audit log."""

    async def detect(self, subject: Subject) -> tuple[Signal, ...]:
        """What it saw; nothing when there is nothing to see. Never blocks the event loop.

        Raises:
            imgen.errors.ImgenError: it could not look. No answer is not a clean bill.
        """

    async def aclose(self) -> None:
        """Let go of what it holds."""

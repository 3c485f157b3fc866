"""What the prompt asks for, which a picture may show in ways that no other detector sees."""

from __future__ import annotations

import asyncio

from imgen.compliance.screening import VERSION, screen
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject


class PromptDetector:
    """Screens the prompt's words."""

    name = "prompt"
    version = VERSION

    async def aclose(self) -> None:
        """Holds nothing that has to be closed."""

    async def detect(self, subject: Subject) -> tuple[Signal, ...]:
        """Signals `prompt.…`."""
        if not subject.prompt.strip():
            return ()
        return await asyncio.to_thread(screen, subject.prompt, subject.negative)

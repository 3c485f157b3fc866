"""What the prompt asks for, which a picture may show in ways that no other detector sees."""

from __future__ import annotations

from imgen.compliance.screening import screen
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject


class PromptDetector:
    """Screens the prompt's words. Under a millisecond, so it runs on the event loop."""

    name = "prompt"
    version = "1"

    async def detect(self, subject: Subject) -> tuple[Signal, ...]:
        """Signals `prompt.…`."""
        if not subject.prompt.strip():
            return ()
        return screen(subject.prompt, subject.negative)

"""Making a short idea into a richer prompt: what every enhancer promises."""

from __future__ import annotations

from typing import Protocol

from imgen.prompts.syntax import ParsedPrompt

LONGEST_PROMPT = 2000
"""Characters that a prompt may have, formatted; an enhanced one too."""


class Enhancer(Protocol):
    """Enriches a prompt. The character and the negatives come back exactly as they were."""

    async def enhance(self, prompt: ParsedPrompt, *, tone: str = "", seed: int) -> ParsedPrompt:
        """Say more about what the prompt is about.

        Args:
            prompt: what the user wrote; its positive part may be empty.
            tone: words for the direction to take: `anime, cozy`; may be empty.
            seed: picks among good answers. The built-in enhancer gives the same one each time.

        Raises:
            errors.Upstream: the service behind it failed (`enhancement_failed`).
        """
        ...

    async def aclose(self) -> None:
        """Let go of what it holds."""
        ...

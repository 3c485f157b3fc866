"""Serve a repeat instead of generating: is there a picture that answers this very request?

A vector alone makes false hits: "a man without a hat" and "a man with a hat" lie very close. So
candidates also pass a second check of what embeddings blur (`meaning`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog

from imgen.database.pool import Database
from imgen.errors import ImgenError
from imgen.library import store
from imgen.library.image import Filters, Image
from imgen.library.meaning.comparing import same_meaning
from imgen.library.meaning.lexicon import lexicon
from imgen.library.meaning.prompt import Prompt
from imgen.library.search import Search

_log = structlog.get_logger()
_CANDIDATES = 40
"""Nearest pictures that the second check sees."""
LARGEST_POOL = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for."""

    prompt: str
    """The positive text, without `@character` and `-terms`."""
    negatives: frozenset[str]
    filters: Filters
    """Model, style and character, strict: an empty one means none."""
    force: bool = False
    """Take the nearest, however far, and skip the second check."""
    pick: int = 5
    """One of so many best is taken at random; 1 to 10."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Finds a stored picture for a request."""

    database: Database
    search: Search
    threshold: float
    """Cosine similarity that a candidate must exceed."""
    quality_words: Collection[str]
    """Negatives that exclude nothing."""

    async def __call__(self, wish: Wish) -> Image | None:
        """A picture that answers the wish, or None. A library that fails is one without a match."""
        try:
            eligible = await self._repeats(wish) or await self._similar(wish)
        except ImgenError as error:
            _log.warning("library.lookup_failed", error=error.message)
            return None
        pool = eligible[: min(max(wish.pick, 1), LARGEST_POOL)]
        return random.choice(pool) if pool else None  # noqa: S311 - variety, not secrecy

    async def _repeats(self, wish: Wish) -> list[Image]:
        """The same prompt again, found without the encoder."""
        async with self.database.connection() as connection:
            found = await store.repeats(connection, wish.prompt, wish.filters, _CANDIDATES)
        if wish.force or not found:
            return found
        return await asyncio.to_thread(self._same, wish, found)

    async def _similar(self, wish: Wish) -> list[Image]:
        matches = await self.search(
            wish.prompt,
            wish.filters,
            within="prompt",
            limit=_CANDIDATES,
            min_score=0.0 if wish.force else self.threshold,
        )
        whole = [
            match.image
            for match in matches
            if match.image.served is not None and (wish.force or match.score > self.threshold)
        ]
        if wish.force or not whole:
            return whole
        return await asyncio.to_thread(self._same, wish, whole)

    def _same(self, wish: Wish, candidates: Sequence[Image]) -> list[Image]:
        """Those that pass the second check, in the same order."""
        asked = Prompt(wish.prompt, wish.negatives)
        quality = frozenset(self.quality_words) | lexicon().quality_negatives
        return [
            one
            for one in candidates
            if same_meaning(
                asked, Prompt(one.prompt, frozenset(one.negatives)), quality=quality
            ).same
        ]

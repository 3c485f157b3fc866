"""Import pictures: find them, leave out what is known, prepare, keep, and let them be found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgen.database.pool import Database
from imgen.errors import Invalid
from imgen.library.importing import store
from imgen.library.importing.find import Candidate, Listing, find
from imgen.library.importing.keep import Keep, digest_of
from imgen.library.importing.options import Fate, Options, Outcome
from imgen.library.importing.prepare import Broken, Prepare, Prepared

_CHUNK_FILES = 200
_CHUNK_BYTES = 48 * 1024 * 1024
"""Of files that are held in memory at once; two chunks are under way."""
_KNOWN_AT_ONCE = 2_000

Tell = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Import:
    """Brings pictures into the library."""

    database: Database
    prepare: Prepare
    keep: Keep
    read_new: Callable[[], Coroutine[Any, Any, int]]
    """Gives vectors to some new pictures and says to how many: 0 when there are no more."""
    threads: int = 2
    """Files that are decoded at once."""

    async def __call__(
        self,
        paths: Sequence[Path],
        options: Options,
        *,
        expect: Callable[[int], None],
        tell: Tell,
    ) -> None:
        """Import what the paths mean. Cancelled at any moment, the same call goes on from there.

        Args:
            paths: folders, zip files, JSONL manifests, single pictures.
            options: how.
            expect: is told once how many files there are.
            tell: is told what became of each file, in no particular order.

        Raises:
            imgen.errors.Invalid: files are to stay in place, and the object store is no folder.
            imgen.errors.Unavailable: the database or the object store is down.
        """
        if options.in_place and self.keep.folder is None:
            raise Invalid("--in-place needs an object store that is a folder on this machine.")
        listing = await asyncio.to_thread(find, paths)
        try:
            expect(len(listing.candidates) + len(listing.failures))
            for name, reason in listing.failures:
                tell(Outcome(name, Fate.FAILED, reason))
            await self._bring(listing, options, tell)
        finally:
            listing.close()

    async def _bring(self, listing: Listing, options: Options, tell: Tell) -> None:
        """While one chunk is kept, the next is prepared, and what was kept before is read."""
        kept, last = asyncio.Event(), asyncio.Event()
        reading = asyncio.create_task(self._read(kept, last))
        keeping: asyncio.Task[None] | None = None
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="import")
        try:
            async for chunk in self._unknown(listing.candidates, options, tell):
                prepared = await self._prepared(pool, chunk, options, tell)
                if keeping is not None:
                    await keeping
                keeping = asyncio.create_task(self._kept(prepared, options, tell, kept))
            if keeping is not None:
                await keeping
            last.set()
            kept.set()
            await reading
        finally:
            tasks = [task for task in (keeping, reading) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            pool.shutdown(wait=True, cancel_futures=True)

    async def _read(self, kept: asyncio.Event, last: asyncio.Event) -> None:
        """Read whatever is new whenever something was kept, until the last was."""
        finished = False
        while not finished:
            await kept.wait()
            kept.clear()
            finished = last.is_set()  # before reading: what is kept meanwhile sets `kept` again
            while await self.read_new():
                pass

    async def _unknown(
        self, candidates: Sequence[Candidate], options: Options, tell: Tell
    ) -> AsyncIterator[list[Candidate]]:
        """Chunks of the files that no earlier import dealt with."""
        for start in range(0, len(candidates), _KNOWN_AT_ONCE):
            some = {
                digest_of(each, options): each
                for each in candidates[start : start + _KNOWN_AT_ONCE]
            }
            async with self.database.connection() as connection:
                known = await store.entered(
                    connection, list(some), left_out_too=not options.keep_similar
                )
            for digest in known:
                tell(Outcome(some.pop(digest).entry.shown, Fate.KNOWN))
            for chunk in _chunks(list(some.values())):
                yield chunk

    async def _prepared(
        self, pool: ThreadPoolExecutor, chunk: Sequence[Candidate], options: Options, tell: Tell
    ) -> list[Prepared]:
        loop = asyncio.get_running_loop()
        done = await asyncio.gather(
            *(loop.run_in_executor(pool, self.prepare, each, options) for each in chunk)
        )
        for each in done:
            if isinstance(each, Broken):
                tell(Outcome(each.candidate.entry.shown, Fate.FAILED, each.reason))
        return [each for each in done if not isinstance(each, Broken)]

    async def _kept(
        self, prepared: Sequence[Prepared], options: Options, tell: Tell, kept: asyncio.Event
    ) -> None:
        outcomes = await self.keep(prepared, options)
        kept.set()
        for outcome in outcomes:
            tell(outcome)


def _chunks(candidates: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    """So many that a transaction is worth its while, so few that they fit into memory."""
    chunk: list[Candidate] = []
    size = 0
    for candidate in candidates:
        if chunk and (len(chunk) >= _CHUNK_FILES or size + candidate.entry.size > _CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(candidate)
        size += candidate.entry.size
    if chunk:
        yield chunk

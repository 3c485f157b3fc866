"""Pictures reviewed in a second (prompt, hashes, nudity), beside plain calls of nudenet.

    python -m bench review [--quick]

1344x768, two at once, as a worker on two cores has them. A list of 100,000 hashes is imported
first. The other side is what one would write with the package alone: nudenet's own detector, which
sees no prompt, knows no hashes and writes no log.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.rounds import alternate, noise, table, write
from bench.runner import SKIPPED
from imgen.compliance.detectors.hashes import HashDetector
from imgen.compliance.detectors.nudity import NudityDetector
from imgen.compliance.detectors.prompt import PromptDetector
from imgen.compliance.hash_lists.keep import HashLists
from imgen.compliance.review import Examine, Review
from imgen.compliance.rulesets import load_rulesets
from imgen.compliance.subject import Subject
from imgen.database.embedded import EmbeddedPostgres
from imgen.database.migrate import migrate
from imgen.database.pool import Database
from imgen.finishing.pdq import pdq

WIDTH, HEIGHT = 1344, 768
AT_ONCE = 2
PROMPT = "a lighthouse on a cliff at dusk, warm light in the windows, waves, oil painting"
Pixels = NDArray[np.uint8]


def pictures(count: int) -> list[Pixels]:
    """Blurred colour fields: what is in them does not change how long the network takes."""
    chance = np.random.default_rng(3)
    fields = (chance.integers(0, 255, (24, 42, 3), np.uint8) for _ in range(count))
    return [
        np.asarray(cv2.resize(field, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
        for field in fields
    ]


def hashes(count: int) -> list[str]:
    """Random bits: no picture is near any of them."""
    chance = np.random.default_rng(5)
    return [row.tobytes().hex() for row in chance.integers(0, 256, (count, 32), np.uint8)]


def fingerprint(image: Pixels) -> tuple[str, int]:
    found = pdq(image)
    return found.hash, found.quality


async def at_once(work: Callable[[Pixels], Any], images: list[Pixels]) -> dict[str, float]:
    """Two at a time, until all are done."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(image: Pixels) -> None:
        async with turn:
            await work(image)

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one(image) for image in images))
    took, cpu = time.perf_counter() - began, time.process_time() - used
    return {"pictures/s": len(images) / took, "CPU ms": 1000 * cpu / len(images)}


async def measure(database: Database, images: list[Pixels], rounds: int, known: int) -> Any:
    await HashLists(database).add("bench", "listed", hashes(known))
    detectors = (PromptDetector(), HashDetector(database, fingerprint), NudityDetector())
    review = Review(Examine(detectors, load_rulesets(())), database)
    package: Any = importlib.import_module("nudenet.nudenet")
    theirs = package.NudeDetector()
    loop = asyncio.get_running_loop()

    async def ours(image: Pixels) -> None:
        await review(Subject("generated", image, prompt=PROMPT), "strict")

    async def plain(image: Pixels) -> None:
        await asyncio.to_thread(theirs.detect, image)

    def contender(work: Callable[[Pixels], Any]) -> Callable[[], dict[str, float]]:
        return lambda: asyncio.run_coroutine_threadsafe(at_once(work, images), loop).result()

    contenders = {
        "imgen: prompt, hashes, nudity, log": contender(ours),
        "nudenet's own detector alone": contender(plain),
    }
    for one in contenders.values():
        await asyncio.to_thread(one)  # warms up
    return await asyncio.to_thread(alternate, contenders, rounds)


async def with_database(url: str, images: list[Pixels], rounds: int, known: int) -> Any:
    database = Database(url)
    await database.open()
    try:
        return await measure(database, images, rounds, known)
    finally:
        await database.close()


def main() -> int:
    if importlib.util.find_spec("nudenet") is None:
        print("skipped: nudenet (extra `safety`) is not installed")
        return SKIPPED
    quick = "--quick" in sys.argv
    images, rounds, known = (
        pictures(4 if quick else 24),
        1 if quick else 7,
        1000 if quick else 100_000,
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            migrate(server.url)
            rows = asyncio.run(with_database(server.url, images, rounds, known))
        finally:
            server.leave()
    print(table(rows))
    print(noise())
    write("review", {"hashes": known, "rows": rows})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

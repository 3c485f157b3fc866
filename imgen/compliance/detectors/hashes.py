"""Pictures that are known already: PDQ hashes against imported lists.

PDQ is Facebook's open photo hash; two pictures match at a Hamming distance of up to 31 of 256 bits,
provided that both have a quality of 50 or more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imgen.compliance.hash_lists import store
from imgen.compliance.hash_lists.bands import MOST_DISTANCE
from imgen.compliance.hash_lists.read import GOOD_QUALITY
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.database.pool import Database
from imgen.errors import Invalid

Fingerprint = Callable[[NDArray[np.uint8]], tuple[str, int]]
"""(height, width, 3 or 4) → PDQ hash as 64 hex characters, and its quality. Blocking."""


class HashDetector:
    """Signals `hash.known_bad` and `hash.listed`, scored 1 - distance / 256.

    Asks the database each time: a list that was imported or removed counts from the next picture.

    Args:
        fingerprint: for subjects that come without a hash.
        distance: bits in which a picture may differ from one on a list.

    Raises:
        imgen.errors.Invalid: the distance is not between 0 and 31.
    """

    name = "hashes"
    version = "1"

    def __init__(
        self, database: Database, fingerprint: Fingerprint, *, distance: int = MOST_DISTANCE
    ) -> None:
        if not 0 <= distance <= MOST_DISTANCE:
            raise Invalid(f"The hash distance must be between 0 and {MOST_DISTANCE}")
        self._database = database
        self._fingerprint = fingerprint
        self._distance = distance

    async def aclose(self) -> None:
        """Holds nothing that has to be closed."""

    async def detect(self, subject: Subject) -> tuple[Signal, ...]:
        """The nearest hash of each list that has one near enough.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        pdq, quality = subject.pdq, subject.pdq_quality
        if not pdq and subject.image is not None:
            pdq, quality = await asyncio.to_thread(self._fingerprint, subject.image)
        if not pdq or quality < GOOD_QUALITY:
            return ()
        async with self._database.connection() as connection:
            found = await store.near(connection, pdq, within=self._distance)
        return tuple(
            Signal(
                f"hash.{one.kind}",
                round(1 - one.distance / 256, 4),
                self.name,
                f"list {one.list}, distance {one.distance}",
            )
            for one in found
        )

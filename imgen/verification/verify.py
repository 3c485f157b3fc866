"""The use case behind `imgen verify` and `POST /verify`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imgen.finishing.credentials.read import Credentials, ReadCredentials
from imgen.finishing.invisible import detect
from imgen.finishing.pdq import GOOD_QUALITY, Pdq, pdq
from imgen.verification.picture import Limits, Picture, open_picture
from imgen.verification.report import Generation, Mark, Match, Report
from imgen.verification.verdict import verdict


class Generations(Protocol):
    """The deployment's memory of what it made."""

    async def by_payload(self, payload: int) -> Generation | None:
        """The generation whose invisible mark has this payload (48 bits)."""
        ...

    async def by_gen_id(self, gen_id: str) -> Generation | None:
        """The generation of this public name."""
        ...


class Lookalikes(Protocol):
    """The library, searched by what pictures look like."""

    async def near(self, pdq: str) -> Sequence[Match]:
        """Pictures whose PDQ differs from `pdq` (64 hex characters) in at most 31 bits."""
        ...


class Verify:
    """Tells whether a picture is ours. Made once, used concurrently.

    Args:
        credentials: reads content credentials, with the deployment's trust.
        mark_key: the deployment's secret behind the invisible mark; None looks for none.
        earlier_mark_keys: secrets of before, tried in turn where the present one finds nothing.
        generations: finds what a mark or our own credentials point to.
        lookalikes: finds pictures that look alike.
        limits: what is too large to look at.
    """

    def __init__(
        self,
        *,
        credentials: ReadCredentials,
        mark_key: bytes | None,
        generations: Generations,
        lookalikes: Lookalikes,
        earlier_mark_keys: Sequence[bytes] = (),
        limits: Limits | None = None,
    ) -> None:
        self._credentials = credentials
        self._mark_keys = ((mark_key,) if mark_key else ()) + tuple(earlier_mark_keys)
        self._generations = generations
        self._lookalikes = lookalikes
        self._limits = limits or Limits()

    async def __call__(self, data: bytes, *, file: str = "") -> Report:
        """Look at one file.

        Args:
            data: its bytes.
            file: its name, for the report alone.

        Raises:
            imgen.errors.TooLarge: it is over a limit.
            imgen.errors.Invalid: it is no picture, or damaged beyond reading.
        """
        credentials, mark, look = await asyncio.to_thread(self._look, data)
        generation = await self._generation(credentials, mark)
        matches = await self._matches(look)
        ours = credentials.own or mark.found
        return Report(
            file=file,
            ours=ours,
            confidence=1.0 if credentials.own else mark.confidence,
            generation=generation,
            credentials=credentials,
            mark=mark,
            matches=matches,
            verdict=verdict(credentials, mark, generation, matches),
        )

    def _look(self, data: bytes) -> tuple[Credentials, Mark, Pdq]:
        picture: Picture = open_picture(data, self._limits)
        return (
            self._credentials(data, picture.media_type),
            self._mark(picture.pixels),
            pdq(picture.pixels),
        )

    def _mark(self, pixels: NDArray[np.uint8]) -> Mark:
        for key in self._mark_keys:
            seen = detect(pixels, key)
            if seen.found:
                return Mark(
                    found=True,
                    payload=seen.payload,
                    confidence=seen.confidence,
                    bit_errors=seen.bit_errors,
                    scale=seen.scale,
                    rotation=seen.rotation,
                    flipped=seen.flipped,
                )
        return Mark(found=False)

    async def _generation(self, credentials: Credentials, mark: Mark) -> Generation | None:
        """Credentials are believed about it only where we signed them ourselves; then first:
        a picture made from one of ours may still carry that one's mark."""
        if credentials.own:
            if credentials.gen_id and (
                known := await self._generations.by_gen_id(credentials.gen_id)
            ):
                return known
            if credentials.payload is not None:
                return await self._generations.by_payload(credentials.payload)
        if mark.payload is not None:
            return await self._generations.by_payload(mark.payload)
        return None

    async def _matches(self, look: Pdq) -> tuple[Match, ...]:
        """A flat picture has a hash that matches anything flat: it is not looked up."""
        if look.quality < GOOD_QUALITY:
            return ()
        found = await self._lookalikes.near(look.hash)
        return tuple(sorted(found, key=lambda match: (match.distance, match.id)))

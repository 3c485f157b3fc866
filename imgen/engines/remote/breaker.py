"""A circuit breaker: a server that keeps failing is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

from imgen.errors import Unavailable


class Breaker:
    """Counts the failures of one server in a row.

    Args:
        failures: so many in a row open the circuit.
        seconds: so long nobody calls then; afterwards one call at a time tries again.
        clock: seconds that only go up.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._closed_at = 0.0

    @property
    def open(self) -> bool:
        """Whether a call would be refused now."""
        return self._failures >= self._most and self._clock() < self._closed_at

    def check(self, name: str) -> None:
        """Let a call through, or not.

        Raises:
            imgen.errors.Unavailable: the server failed too often a moment ago.
        """
        if self._failures < self._most:
            return
        now = self._clock()
        if now < self._closed_at:
            left = self._closed_at - now
            raise Unavailable(
                f"{name} keeps failing and is left alone for a moment",
                code="circuit_open",
                retry_after=left,
            )
        self._closed_at = now + self._seconds  # this call tries; others wait for how it goes

    def succeeded(self) -> None:
        """The server answered."""
        self._failures = 0

    def failed(self) -> None:
        """It did not, or with a fault of its own."""
        self._failures += 1
        if self._failures >= self._most:
            self._closed_at = self._clock() + self._seconds

"""Engines that fail as a test wants them to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from imgen.catalog.entries import Model
from imgen.engines.protocol import EngineRequest, EngineResult, Progress
from imgen.engines.registry import Registry
from imgen.errors import Unavailable


class Failing(Registry):
    """Raises one error after the other; then it works."""

    def __init__(self, errors: Iterator[Exception]) -> None:
        super().__init__({"instant": "tests.instant.engine:InstantEngine"})
        self._errors = errors
        self.runs = 0

    async def run(
        self, model: Model, request: EngineRequest, progress: Progress
    ) -> tuple[str, EngineResult]:
        """See `Registry`."""
        self.runs += 1
        error = next(self._errors, None)
        if error is not None:
            raise error
        return await super().run(model, request, progress)


def always(make: Callable[[], Exception]) -> Iterator[Exception]:
    """A new error for each run."""
    while True:
        yield make()


class Down:
    """An engine whose server comes back soon."""

    async def run(self, _request: EngineRequest, _progress: Progress) -> EngineResult:
        """See `Engine`."""
        raise Unavailable("It comes back soon", retry_after=5.0)


class Unconfigured:
    """An engine that an operator has to see to."""

    async def run(self, _request: EngineRequest, _progress: Progress) -> EngineResult:
        """See `Engine`."""
        raise Unavailable("It has no key")


class OnABrokenDevice:
    """An engine that no other try in this process helps."""

    async def run(self, _request: EngineRequest, _progress: Progress) -> EngineResult:
        """See `Engine`."""
        raise Unavailable("The device does not work any more", code="device_broken")

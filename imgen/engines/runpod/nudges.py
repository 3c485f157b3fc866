"""A webhook that says "look now". What it carries is never believed: the status is asked for."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Nudges(Protocol):
    """Where RunPod's webhooks arrive, in this process or another."""

    def expect(self) -> AbstractAsyncContextManager[tuple[str, asyncio.Event]]:
        """A public URL for one job's webhook, and what is set when it is called."""
        ...

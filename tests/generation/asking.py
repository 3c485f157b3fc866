"""What tests of jobs ask for, and who asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from imgen.accounts.records import Caller
from imgen.generation.request import GenerationRequest

MakeCaller = Callable[..., Awaitable[Caller]]


def make_request(**changes: Any) -> GenerationRequest:
    """A request that the instant engine takes."""
    plain = GenerationRequest(
        prompt="a lake",
        model="instant",
        style="professional",
        width=1024,
        height=1024,
        seed=1,
        steps=4,
        guidance_scale=1.0,
    )
    return replace(plain, **changes)

"""Compiling beside painting: what torch changes for a whole process, kept to one thread.

torch does not promise that one thread can compile while another computes. Two things stood in the
way. Tracing replaces methods of `torch.nn.Module`, for every thread; and pure Python takes the
interpreter for 5 ms at a time, which each of the thousand operations of a step would wait for.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator
from threading import get_ident
from typing import Any

import torch
from torch.fx import _symbolic_trace as tracing

_TURN_SECONDS = 0.00005
"""How long a thread keeps the interpreter from others that want it, while one compiles."""


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """Around compiling, in the thread that does it; one at a time."""
    patch, turn = tracing._Patcher.patch_method, sys.getswitchinterval()
    tracing._Patcher.patch_method = _only_here(patch)  # type: ignore[method-assign]
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(turn)
        tracing._Patcher.patch_method = patch  # type: ignore[method-assign]


def _only_here(patch: Callable[..., None]) -> Callable[..., None]:
    """Replaced methods are replaced for this thread alone."""
    here = get_ident()

    def patch_method(
        patcher: Any, kind: type, name: str, new: Callable[..., Any], deduplicate: bool = True
    ) -> None:
        if not issubclass(kind, torch.nn.Module):
            patch(patcher, kind, name, new, deduplicate)
            return
        old = getattr(kind, name)

        @functools.wraps(new)
        def either(*given: Any, **named: Any) -> Any:
            return (new if get_ident() == here else old)(*given, **named)

        patch(patcher, kind, name, either, deduplicate)

    return patch_method

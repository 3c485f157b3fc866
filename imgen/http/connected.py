"""Stop working for a client that has hung up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.requests import Request

from imgen.errors import Conflict


@contextlib.asynccontextmanager
async def while_connected(request: Request) -> AsyncIterator[None]:
    """Cancel what runs in the block as soon as the client hangs up.

    Args:
        request: its body has been read.

    Raises:
        imgen.errors.Conflict: the client is gone, so nobody reads this; code `client_gone`.
    """
    task = asyncio.current_task()
    assert task is not None
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone = True
        task.cancel()

    watching = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if not gone:
            raise
    finally:
        watching.cancel()
        if gone:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)  # the block may have ended before it noticed
            task.uncancel()
    if gone:
        if task.cancelling():  # by somebody else, too
            raise asyncio.CancelledError
        raise Conflict("The client hung up", code="client_gone")

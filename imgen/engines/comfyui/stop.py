"""Stops a prompt on a ComfyUI, wherever it is there, and no other; and has it forgotten."""

from __future__ import annotations

import asyncio

from imgen.engines.comfyui.entry import State, find
from imgen.engines.remote.server import Calls

_AGAIN_SECONDS = 0.1
_TRIES = 2


async def stop(calls: Calls, prompt_id: str, client: str) -> bool:
    """Until nothing of it waits or runs there: what runs stops at the end of its step.

    Args:
        client: only what it sent: the next try of a job sends its own under the same id. Empty:
            whoever sent it.

    Returns:
        Whether there was anything of it.

    Raises:
        imgen.errors.ImgenError: the server cannot be told.
    """
    found = False
    while entry := await find(calls, prompt_id, client, tries=_TRIES):
        found = True
        if entry.state is State.DONE:
            await forget(calls, prompt_id)
            break
        path = f"/api/jobs/{prompt_id}/cancel"
        reply = await calls.ask("POST", path, tries=_TRIES, urgent=True)
        if not reply.good:
            await _stop_old(calls, prompt_id, entry.state)
        await asyncio.sleep(_AGAIN_SECONDS)
    return found


async def forget(calls: Calls, prompt_id: str) -> None:
    """Take the prompt out of the server's history."""
    await calls.ask("POST", "/history", body={"delete": [prompt_id]}, tries=_TRIES, urgent=True)


async def _stop_old(calls: Calls, prompt_id: str, state: State) -> None:
    """On a ComfyUI from before that call."""
    # An older one still stops whoever runs: so only while that is this prompt.
    path, body = (
        ("/interrupt", {"prompt_id": prompt_id})
        if state is State.RUNNING
        else ("/queue", {"delete": [prompt_id]})
    )
    await calls.ask("POST", path, body=body, tries=_TRIES, urgent=True)

"""Stops a prompt on a ComfyUI, wherever it is there, and no other; and has it forgotten."""

from __future__ import annotations

import asyncio

from imgen.engines.comfyui.entry import running
from imgen.engines.remote.server import Calls

_AGAIN_SECONDS = 0.1


async def stop(calls: Calls, prompt_id: str) -> None:
    """Until nothing of it waits or runs there: what runs stops at the end of its step.

    Raises:
        imgen.errors.ImgenError: the server cannot be told.
    """
    while True:
        path = f"/api/jobs/{prompt_id}/cancel"
        reply = await calls.ask("POST", path, tries=2, urgent=True)
        if not reply.good:
            await _stop_old(calls, prompt_id)
            break
        said = reply.json()
        if not isinstance(said, dict) or said.get("cancelled") is not True:
            break
        await asyncio.sleep(_AGAIN_SECONDS)
    await forget(calls, prompt_id)


async def forget(calls: Calls, prompt_id: str) -> None:
    """Take the prompt out of the server's history."""
    await calls.ask("POST", "/history", body={"delete": [prompt_id]}, tries=2, urgent=True)


async def _stop_old(calls: Calls, prompt_id: str) -> None:
    """On a ComfyUI from before that call."""
    await calls.ask("POST", "/queue", body={"delete": [prompt_id]}, tries=2, urgent=True)
    # An older one still stops whoever runs: so only while that is this prompt.
    while await running(calls, prompt_id):
        await calls.ask("POST", "/interrupt", body={"prompt_id": prompt_id}, tries=2, urgent=True)
        await asyncio.sleep(_AGAIN_SECONDS)

"""Who watches a prompt on a ComfyUI: who takes it up says so there, and who sent it lets it be.

A worker that is taken for dead may live, and learn only later that its job is another one's by now.
What it sent is watched by its successor then, under the same id: to stop it, or to have it
forgotten, would take the picture away from under the successor. A server keeps no such fact about a
prompt, but files: this is one in its temporary folder, beside the pictures that a workflow loads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import structlog

from imgen.engines.remote.server import Calls
from imgen.errors import ImgenError

_log = structlog.get_logger(__name__)
_OWNER = re.compile(rb"[0-9a-f]{32}")
_SECONDS = 5.0
_FOLDER = {"type": "temp", "subfolder": "imgen"}


@dataclass(frozen=True, slots=True)
class Claim:
    """On what one client sent."""

    calls: Calls
    sent: str
    """Of the client that sent it, or of the prompt: names the file."""
    owner: str
    """Who claims it: 32 hexadecimal digits."""

    async def make(self) -> None:
        """Take it over. A server that keeps no files is used all the same."""
        try:
            reply = await self.calls.ask(
                "POST",
                "/upload/image",
                form={**_FOLDER, "overwrite": "true"},
                files={"image": (self._name, self.owner.encode(), "text/plain")},
                tries=2,
                urgent=True,
                seconds=_SECONDS,
            )
        except ImgenError:
            return
        if not reply.good:
            _log.info("comfyui.not_claimed", server=self.calls.server.host, status=reply.status)

    async def held(self) -> bool:
        """Whether nobody else has taken it over since, as far as can be told."""
        asked = {**_FOLDER, "filename": self._name}
        try:
            reply = await self.calls.ask(
                "GET", "/view", params=asked, tries=2, urgent=True, seconds=_SECONDS
            )
        except ImgenError:
            return True
        said = reply.content.strip()
        claimed = reply.good and _OWNER.fullmatch(said) is not None
        return not claimed or said == self.owner.encode()

    @property
    def _name(self) -> str:
        return f"{self.sent}_watched.txt"

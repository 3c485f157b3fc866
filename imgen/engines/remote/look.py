"""A quick look at a remote server, for people who ask whether it is there: it makes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imgen.engines.remote.server import Reply, Server, host_of
from imgen.errors import ImgenError

_SECONDS = 3.0
_NO_SUCH_CALL = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class Look:
    """What to ask of which server."""

    url: str = field(repr=False)
    """Base URL: it may hold a secret."""
    path: str
    key: str = field(default="", repr=False)
    optional: bool = False
    """Whether a server without this call is well all the same."""

    @property
    def host(self) -> str:
        """`host` or `host:port`."""
        return host_of(self.url)

    async def __call__(self) -> str:
        """What is wrong with the server, in one clause; empty when it answers well."""
        try:
            server = Server(self.url, "it", self.key)
            async with server.calls() as calls:
                reply = await calls.ask("GET", self.path, tries=1, seconds=_SECONDS)
        except ImgenError as error:
            return error.message
        return self._fault(reply)

    def _fault(self, reply: Reply) -> str:
        if reply.good or (self.optional and reply.status in _NO_SUCH_CALL):
            return ""
        if reply.status in (401, 403):
            return f"it does not accept the key (it answered {reply.status})"
        return f"it answered {reply.status}"


def key_for(url: str, settings: Mapping[str, object]) -> str:
    """The key of a server among the setting `keys`."""
    keys = settings.get("keys")
    return str(keys.get(host_of(url), "")) if isinstance(keys, Mapping) else ""

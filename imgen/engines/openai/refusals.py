"""What an OpenAI-style server's refusal means to whoever asked us."""

from __future__ import annotations

import re
from typing import Any

import structlog

from imgen.engines.protocol import MODEL_CANNOT
from imgen.engines.remote.server import Reply, Server, failed
from imgen.errors import ImgenError, Invalid, Unavailable

_log = structlog.get_logger(__name__)
_MODERATED = re.compile(
    r"moderat|safety|nsfw|flagged|inappropriate|responsible.?ai|data.?inspection|sensitive.content"
    r"|content.{0,9}(policy|policies|rules|filter)|usage.(policy|policies|guidelines)",
    re.IGNORECASE,
)
"""Vendors call it differently, some in words alone. Rather one too many: what a provider's rules
refuse is not taken to the next."""
_NOT_OF_CONTENT = frozenset({401, 402, 404, 405, 413})
_FIELDS = frozenset({"prompt", "image", "mask"})
"""What of a request is the client's own."""
_NOT_FOR_US = {
    400: "does not take this request",
    401: "does not accept the key",
    402: "has no credit left for us",
    403: "does not let us",
    404: "does not have the model",
    405: "does not have this call",
    422: "does not take this request",
}
_LONGEST = 100


def refusal(server: Server, reply: Reply) -> ImgenError:
    """The error for an answer that is no 2xx.

    The server's own words go nowhere: they may name the operator's organisation, or hold the
    prompt. Its codes are logged.
    """
    said = _error(reply.json())
    code, kind, field = (_short(said.get(name)) for name in ("code", "type", "param"))
    _log.warning(
        "openai.refused", server=server.host, status=reply.status, code=code, kind=kind, field=field
    )
    if reply.status == 451 or _moderated(reply, said):
        message = "The model's provider refuses this request by its content rules"
        return Invalid(message, code="refused_by_provider", field="prompt")
    if reply.status in (400, 422) and field in _FIELDS:
        message = "The model's server does not take this request"
        return Invalid(message, code="refused_by_provider", field=field)
    if reply.status == 413:
        message = "The picture is too large for the model's server"
        return Invalid(message, code=MODEL_CANNOT, field="image")
    if how := _NOT_FOR_US.get(reply.status):
        return Unavailable(f"The model's server {how}", code="openai_refused")
    return failed(server, f"answered {reply.status}")


def _moderated(reply: Reply, said: dict[str, Any]) -> bool:
    """Whether content rules are the reason; whatever shape it comes in."""
    if reply.status in _NOT_OF_CONTENT:
        return False
    words = [str(value) for name, value in said.items() if name != "param"]
    text = " ".join(words) if words else reply.content.decode(errors="replace")
    return _MODERATED.search(text) is not None


def _error(said: Any) -> dict[str, Any]:
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) else {}


def _short(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""

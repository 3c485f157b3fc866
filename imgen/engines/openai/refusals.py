"""What an OpenAI-style server's refusal means to whoever asked us."""

from __future__ import annotations

from typing import Any

import structlog

from imgen.engines.remote.server import Reply, Server, failed
from imgen.errors import ImgenError, Invalid, TooLarge, Unavailable

_log = structlog.get_logger(__name__)
_MODERATED = frozenset(
    {"moderation_blocked", "content_policy_violation", "content_filter", "safety_violation"}
)
_FIELDS = frozenset({"prompt", "image", "mask", "size"})
_NOT_FOR_US = {
    401: "does not accept the key",
    402: "has no credit left for us",
    403: "does not let us",
    404: "does not have the model",
    405: "does not have this call",
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
    if reply.status == 451 or {code, kind} & _MODERATED:
        message = "The model's provider refuses this request by its content rules"
        return Invalid(message, code="refused_by_provider", field="prompt")
    if reply.status in (400, 422):
        message = "The model's server does not take this request"
        named = field if field in _FIELDS else ""
        return Invalid(message, code="refused_by_provider", field=named)
    if reply.status == 413:
        return TooLarge("The picture is too large for the model's server", field="image")
    if how := _NOT_FOR_US.get(reply.status):
        return Unavailable(f"The model's server {how}", code="openai_refused")
    return failed(server, f"answered {reply.status}")


def _error(said: Any) -> dict[str, Any]:
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) else {}


def _short(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""

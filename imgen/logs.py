"""Structured logs on standard error, with the ids of the request and the job at hand.

What may never appear there is masked by name as a last line of defence; the first is not to pass
it to a log call.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_SECRET_NAME = re.compile(r"secret|password|token|authorization|api_?key|signature", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"imgen_[A-Za-z0-9]{8,}"  # our keys
    r"|(?<=[Ss]ignature=)[^&\s\"']+"  # signed links, a bucket's too
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # user:password of a URL
    r"|(?<=[Bb]earer )\S+"
)


def configure(level: str, form: str) -> None:
    """Send every log, ours and the libraries', through one chain.

    Args:
        level: debug, info, warning or error.
        form: `json`, `text`, or `auto` (text on a terminal).
    """
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_secrets,
    ]
    last = structlog.dev.ConsoleRenderer() if as_text else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for chatty in ("procrastinate", "httpx", "uvicorn.access", "alembic", "psycopg.pool"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: values under secret names, and secrets inside texts, become `***`."""
    return {
        name: "***" if _SECRET_NAME.search(name) else _masked(value)
        for name, value in event.items()
    }


def _masked(value: Any) -> Any:
    return _SECRET_TEXT.sub("***", value) if isinstance(value, str) else value

"""Identifiers: opaque, unguessable, and typed by prefix."""

from __future__ import annotations

import secrets
import string
from hashlib import blake2b

CACHE_PREFIX = "cache_"
"""Of jobs that are served from the library."""
_LOWER = string.ascii_lowercase + string.digits


def _random(length: int) -> str:
    """Drawn at once: a draw for each character would ask the system as often."""
    number, text = secrets.randbelow(len(_LOWER) ** length), ""
    for _ in range(length):
        number, place = divmod(number, len(_LOWER))
        text += _LOWER[place]
    return text


def job_id() -> str:
    """`run_` and 24 characters: 124 bits of chance."""
    return "run_" + _random(24)


def cache_id() -> str:
    """`cache_` and 24 characters: a job that is served from the library."""
    return CACHE_PREFIX + _random(24)


def request_id() -> str:
    """`req_` and 20 characters."""
    return "req_" + _random(20)


def account_id() -> str:
    """`acc_` and 16 characters."""
    return "acc_" + _random(16)


def key_id() -> str:
    """`key_` and 16 characters."""
    return "key_" + _random(16)


def worker_id() -> str:
    """`wrk_` and 16 characters: one life of a worker."""
    return "wrk_" + _random(16)


def upload_id() -> str:
    """32 characters: names a client's picture in the object store."""
    return _random(32)


def payload_of(gen_id: str) -> int:
    """48 bits that stand for a generation in its invisible mark."""
    return int.from_bytes(blake2b(gen_id.encode(), digest_size=6).digest())


def gen_id() -> str:
    """The public name of one generation: 20 characters of `[a-z0-9]`, 103 bits of chance."""
    return _random(20)

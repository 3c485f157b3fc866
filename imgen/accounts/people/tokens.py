"""Random texts that prove something by being known: of each, only the SHA-256 is kept."""

from __future__ import annotations

import secrets
import string
from hashlib import sha256

_BYTES = 32
LONGEST = 100
"""Characters that a token of ours never has."""
_LOWER = string.ascii_lowercase + string.digits


def new_token() -> str:
    """256 bits of chance as 43 characters that are safe in a URL and in a cookie."""
    return secrets.token_urlsafe(_BYTES)


def digest(token: str) -> bytes:
    """What the database keeps instead of the token: 32 bytes."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def new_id(prefix: str) -> str:
    """A prefix and 16 characters of `[a-z0-9]`: 83 bits of chance."""
    return prefix + "".join(secrets.choice(_LOWER) for _ in range(16))

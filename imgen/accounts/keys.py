"""What an API key looks like: `imgen_` + 32 random characters + a checksum of 6.

The prefix lets secret scanners find a leaked key; the checksum tells a typing error, or a random
string, from a key without asking the database. Only the SHA-256 of a key is ever stored: with 190
bits of chance behind it, a slow password hash would add nothing.
"""

from __future__ import annotations

import secrets
import string
from hashlib import sha256
from zlib import crc32

_PREFIX = "imgen_"
_ALPHABET = string.digits + string.ascii_letters
_RANDOM = 32
_CHECKSUM = 6


def new_secret() -> str:
    """A fresh key, to be shown once."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return _PREFIX + body + _checksum(body)


def looks_right(secret: str) -> bool:
    """Whether a text has the shape and the checksum of a key."""
    if len(secret) != len(_PREFIX) + _RANDOM + _CHECKSUM or not secret.startswith(_PREFIX):
        return False
    body, checksum = secret[len(_PREFIX) : -_CHECKSUM], secret[-_CHECKSUM:]
    return body.isascii() and _checksum(body) == checksum


def digest(secret: str) -> bytes:
    """What the database keeps instead of the key: 32 bytes."""
    return sha256(secret.encode()).digest()


def hint(secret: str) -> str:
    """The first characters, by which people recognise a key in a list."""
    return secret[: len(_PREFIX) + 6]


def _checksum(body: str) -> str:
    number, text = crc32(body.encode()), ""
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return text

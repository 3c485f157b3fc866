"""Passwords: which are good enough, how they are kept, and how one is checked.

Argon2id with the second recommended option of RFC 9106, section 4: 64 MiB, 3 passes, 4 lanes.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from imgen.errors import Invalid

SHORTEST = 10
LONGEST = 200
"""Characters. Long enough for any sentence; what is longer costs work and adds nothing."""
_AT_ONCE = 4
_BORDER = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_T = TypeVar("_T")


class Passwords:
    """Hashes and verifies off the event loop, few at once: each takes 64 MiB for its while.

    Args:
        hasher: its parameters are those of new hashes; older ones are verified with their own.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # Threads of their own, so that a burst of sign-ins takes nobody else's, and one whose
        # client has hung up still counts.
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="imgen-passwords")
        self._decoy = ""

    async def hash(self, password: str) -> str:
        """A password as it is kept: `$argon2id$…` with salt and parameters."""
        return await self._run(lambda: self._hasher.hash(_same(password)))

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether this is the password that was kept. Without one (nobody has that e-mail, or
        none was set yet) just as much work is done, so that the time tells nothing."""
        return await self._run(lambda: self._verify(kept, password))

    def is_stale(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than new ones are."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str | None, password: str) -> bool:
        if not self._decoy:  # whoever comes first pays for it, known or not
            self._decoy = self._hasher.hash(secrets.token_hex(16))
        try:
            matches = self._hasher.verify(kept or self._decoy, _same(password))
        except (Argon2Error, InvalidHashError):
            return False
        return matches and kept is not None

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def check_password(password: str, *, email: str) -> None:
    """Whether a password may be chosen: long enough, and not among the first to be tried.

    Raises:
        imgen.errors.Invalid: too short, too long, one of the commonest, or the e-mail itself.
    """
    if len(_same(password)) < SHORTEST:
        raise _refusal(f"password must have at least {SHORTEST} characters", "password_too_short")
    if len(_same(password)) > LONGEST:
        raise _refusal(f"password must have at most {LONGEST} characters", "password_too_long")
    if _is_common(_same(password).casefold(), email):
        raise _refusal(
            "password is one of those that are tried first; take several words of your own",
            "password_common",
        )


def _is_common(password: str, email: str) -> bool:
    """`Password123!` is as common as `password`: what is put before and behind is left out."""
    core = _BORDER.sub("", password)
    names = {email, email.partition("@")[0]}
    return (
        len(set(password)) <= 3
        or password in _common()
        or core in _common() | names
        or password in names
        or _is_a_run(password)
    )


def _is_a_run(password: str) -> bool:
    """`1234567890`, `abcdefghij`, `9876543210`: each character is its neighbour's successor."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return steps in ({1}, {-1}, {1, -9}, {-1, 9})


@cache
def _common() -> frozenset[str]:
    text = (files("imgen.accounts.people") / "common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def _same(password: str) -> str:
    """One text for what keyboards write in several ways (NIST SP 800-63B, section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _refusal(message: str, code: str) -> Invalid:
    return Invalid(message, code=code, field="password")

"""How often a password may be tried: counted in PostgreSQL, so exactly and for all processes.

A try is counted before the password is looked at, and given back when it was right: a thousand
tries at once are a thousand tries. Three limits, from narrow to wide. The narrow one holds one
address that tries one e-mail, so that a stranger elsewhere cannot lock the owner out as cheaply;
the wide ones hold many addresses that try one e-mail, and one address that tries many e-mails.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from imgen import clock
from imgen.accounts.people import tries_store
from imgen.database.pool import Database
from imgen.errors import Exhausted


@dataclass(frozen=True, slots=True)
class Limits:
    """Wrong tries in a window that begins with the first of them."""

    both: int = 10
    """Of one e-mail from one address."""
    email: int = 100
    address: int = 100
    sign_ups: int = 20
    """New users from one address."""
    window: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts tries."""

    database: Database
    limits: Limits = Limits()

    async def count(self, email: str, address: str) -> None:
        """Count one try.

        Raises:
            imgen.errors.Exhausted: it is one too many; says when the next may be.
        """
        for subject, most in self._subjects(email, address):
            await self._count(subject, most)

    async def forgive(self, email: str, address: str) -> None:
        """The password was right: this try, and those before it from there, are no guesses."""
        (both, _), *wide = self._subjects(email, address)
        async with self.database.connection() as connection:
            await tries_store.forget(connection, both)
            await tries_store.give_back(connection, [subject for subject, _ in wide])

    async def count_sign_up(self, address: str) -> None:
        """Count one new user.

        Raises:
            imgen.errors.Exhausted: it is one too many from there.
        """
        await self._count(_subject("sign-up", _network(address)), self.limits.sign_ups)

    async def _count(self, subject: bytes, most: int) -> None:
        async with self.database.connection() as connection:
            amount, ends_at = await tries_store.count(connection, subject, self.limits.window)
        if amount > most:
            raise _too_many(ends_at)

    def _subjects(self, email: str, address: str) -> Iterator[tuple[bytes, int]]:
        """From narrow to wide: what the narrow one refuses does not count in the wide ones."""
        network = _network(address)
        yield _subject("both", email, network), self.limits.both
        yield _subject("email", email), self.limits.email
        yield _subject("address", network), self.limits.address


def _too_many(ends_at: datetime) -> Exhausted:
    seconds = max(1.0, (ends_at - clock.now()).total_seconds())
    minutes = round(seconds / 60) or 1
    return Exhausted(
        f"Too many tries; wait {minutes} minute{'s' * (minutes > 1)}",
        code="too_many_tries",
        retry_after=seconds,
    )


def _network(address: str) -> str:
    """One customer's addresses: an IPv4 address, or the /64 that every IPv6 line is given."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _subject(*parts: str) -> bytes:
    """A digest: the table names nobody."""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()

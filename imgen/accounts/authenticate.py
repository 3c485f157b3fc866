"""From a bearer token to the account behind it."""

from __future__ import annotations

from imgen.accounts import keys, store
from imgen.accounts.records import Caller
from imgen.database.pool import Database
from imgen.errors import Forbidden, Unauthenticated


class Authenticate:
    """Looks a key up in the database on every request, so that a revocation works at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, authorization: str, *, surface: str = "") -> Caller:
        """Who sent this `Authorization` header.

        Args:
            surface: the one that is asked, of `imgen.accounts.records.SCOPES`; empty: none that a
                key could be restricted to.

        Raises:
            imgen.errors.Unauthenticated: codes `missing`, `unknown` (or revoked), `expired`.
            imgen.errors.Forbidden: codes `suspended`, `no_plan`, `scope`.
        """
        scheme, _, secret = authorization.strip().partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            raise Unauthenticated("Send your API key as Authorization: Bearer KEY", code="missing")
        if not keys.looks_right(secret):
            raise Unauthenticated("The API key is not valid", code="unknown")
        async with self._database.connection() as connection:
            caller = await store.find_caller(connection, keys.digest(secret))
        if caller is None:
            raise Unauthenticated("The API key is not valid", code="unknown")
        _check(caller, surface)
        return caller


def _check(caller: Caller, surface: str) -> None:
    if caller.expired:
        raise Unauthenticated("The API key has expired", code="expired")
    if caller.suspended:
        raise Forbidden("The account is suspended", code="suspended")
    if caller.plan is None:
        raise Forbidden("The account has no plan", code="no_plan")
    if surface and caller.scopes and surface not in caller.scopes:
        scopes = ", ".join(caller.scopes)
        raise Forbidden(f"The API key is for {scopes} only, not for {surface}", code="scope")

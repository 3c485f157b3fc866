"""Where every call of an account comes in: who it is, whether it may, and how it ended.

A route of a surface holds three lines of this:

    async with self._gate.visit(request, surface="imgen-v2") as visit:
        fields = await json_object(request, limit=...)
        visit.about(action, fields)
        return await visit.once(fields, lambda: self._act(visit, fields))

and what generates, edits, searches or uses a prompt tool calls `await visit.admit()` when the call
has been checked, before it works. `imgen.http.guard` ends the visit when the reply's status is
known, before a byte of it is sent: the slot is free when the client reads.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from starlette.requests import Request
from starlette.responses import Response

from imgen import ids
from imgen.accounts import keys
from imgen.accounts.authenticate import Authenticate
from imgen.accounts.records import Caller
from imgen.accounts.requests import store
from imgen.accounts.requests.leases import Leases
from imgen.accounts.requests.records import Arrival, Ending
from imgen.accounts.requests.redact import storable
from imgen.accounts.usage.admit import Admit
from imgen.accounts.usage.windows import Allowance
from imgen.database.pool import Database
from imgen.errors import Forbidden, ImgenError, Internal, Unauthenticated, Unavailable
from imgen.http.idempotency import REPLAYED, Holder, Once, Payload, digest_of

_log = structlog.get_logger()
_COUNTS_ALL_THE_SAME = {404, 499}
"""A search that found nothing was a search; who hangs up is not refused."""
_GONE = "client_gone"


@dataclass(frozen=True, slots=True)
class _Parts:
    authenticate: Authenticate
    database: Database
    leases: Leases
    admit: Admit
    once: Once


class Gate:
    """One for a process: it renews the leases of all its open requests.

    Args:
        lease_seconds: how long the slots of a process that died stay taken.
        keep_replies: how long the answers to calls with an `Idempotency-Key` are kept.
    """

    def __init__(
        self,
        *,
        authenticate: Authenticate,
        database: Database,
        lease_seconds: float = 10.0,
        keep_replies: timedelta = timedelta(hours=24),
    ) -> None:
        leases = Leases(database, seconds=lease_seconds)
        self._parts = _Parts(
            authenticate=authenticate,
            database=database,
            leases=leases,
            admit=Admit(database, leases, holder=ids.request_id().removeprefix("req_")),
            once=Once(database, leases, keep=keep_replies),
        )

    @property
    def once(self) -> Once:
        """For calls that no API key makes: those of a signed-in person."""
        return self._parts.once

    @contextlib.asynccontextmanager
    async def visit(self, request: Request, *, surface: str) -> AsyncIterator[Visit]:
        """The visit of whoever sent this request.

        Args:
            surface: the scope that the key needs.

        Raises:
            imgen.errors.Unauthenticated: as `Authenticate`.
            imgen.errors.Forbidden: as `Authenticate`. If the key's account is known, it finds the
                refusal in its log.
        """
        authorization = request.headers.get("authorization", "")
        try:
            caller = await self._parts.authenticate(authorization, surface=surface)
        except (Unauthenticated, Forbidden) as error:
            await self._log_refused(request, surface, authorization, error)
            raise
        visit = Visit(self._parts, request, surface, caller)
        try:
            yield visit
        except ImgenError as error:
            visit.error = error
            raise
        except Exception:
            visit.error = Internal("Internal error")
            raise

    async def log_lost(self, request: Request, surface: str, error: ImgenError) -> None:
        """Log a call that no path took, if the account of its key is known. Never raises."""
        if "visit" in request.scope.get("state", {}):
            return
        authorization = request.headers.get("authorization", "")
        try:
            await self._log_refused(request, surface, authorization, error)
        except Unavailable as down:
            _log.warning("request.not_logged", error=down.message)

    async def _log_refused(
        self, request: Request, surface: str, authorization: str, error: ImgenError
    ) -> None:
        secret = authorization.strip().partition(" ")[2].strip()
        if not keys.looks_right(secret):
            return
        async with self._parts.database.connection() as connection:
            owner = await store.owner_of_key(connection, keys.digest(secret))
        if owner is not None:
            Entry(self._parts, request, surface, *owner).error = error


class Entry:
    """A call's line in the request log, written when the call ends."""

    def __init__(
        self, parts: _Parts, request: Request, surface: str, account_id: str, key_id: str
    ) -> None:
        self._parts = parts
        self.error: ImgenError | None = None
        self._admitted = False
        self._replayed = False
        self._allowance = Allowance()
        self._ended = False
        state = request.scope.setdefault("state", {})
        self.request_id: str = state.setdefault("request_id", ids.request_id())
        self._arrival = Arrival(
            id=self.request_id,
            account_id=account_id,
            key_id=key_id,
            surface=surface,
            operation=storable(f"{request.method} {request.url.path}")[:200],
            parameters={},
        )
        state["visit"] = self

    def about(self, operation: str, parameters: Mapping[str, object]) -> None:
        """Say what the call is, for the log. What is kept of it is redacted."""
        self._arrival = replace(self._arrival, operation=operation[:200], parameters=parameters)

    async def end(self, status: int, milliseconds: float) -> Mapping[str, str]:
        """Free the slot, and log the call if it counts or was refused. Once: then nothing more.

        Args:
            status: of HTTP.
            milliseconds: since the request came in.

        Returns:
            Headers for the reply.
        """
        if self._ended:
            return {}
        self._ended = True
        self._parts.leases.release(self.request_id)
        error = self.error
        ending = Ending(
            status,
            code="replayed" if self._replayed else error.code if error else "",
            error=error.message if error else "",
            milliseconds=milliseconds,
        )
        try:
            await self._write(ending)
        except Unavailable as down:  # the lease ends in seconds
            _log.warning("request.not_logged", error=down.message)
        except Exception:  # what was worked for is not lost over its line in the log
            _log.exception("request.not_logged")
        return self._allowance.headers()

    async def _write(self, ending: Ending) -> None:
        if not self._admitted and ending.status < 400 and not self._replayed:
            return
        async with self._parts.database.connection() as connection:
            if not self._admitted:
                await store.add_finished(connection, self._arrival, ending)
                return
            if await store.finish(connection, self.request_id, ending, refused=_is_refusal(ending)):
                self._allowance = self._allowance.given_back()


class Visit(Entry):
    """One call of a caller who was let in."""

    def __init__(self, parts: _Parts, request: Request, surface: str, caller: Caller) -> None:
        super().__init__(parts, request, surface, caller.account_id, caller.key_id)
        self.caller = caller
        self.begun_by = ""
        """Id of an earlier request with the same `Idempotency-Key` whose process died over it."""
        self._request = request

    async def admit(
        self, operation: str = "", parameters: Mapping[str, object] | None = None
    ) -> None:
        """Count this call against the plan. When it has been checked, before it works; once.

        Args:
            operation: as for `about`; left out where that was called.
            parameters: likewise.

        Raises:
            imgen.errors.Exhausted: a limit of the plan is reached; says when to come back.
            imgen.errors.Forbidden: the plan was taken away meanwhile.
            imgen.errors.Unavailable: the database is down.
        """
        assert not self._admitted, "a call is admitted once"
        if operation:
            self.about(operation, parameters or {})
        self._admitted = True  # also when this is cancelled half-way: then `end` finds a row or not
        try:
            admission = await self._parts.admit(self._arrival)
        except Unavailable:
            self._admitted = False
            raise
        self._allowance = admission.allowance
        if admission.refusal is not None:
            self._admitted = False
            raise admission.refusal

    async def once(self, payload: Payload, act: Callable[[], Awaitable[Response]]) -> Response:
        """Do it; or, where the client sent an `Idempotency-Key` before, answer as then.

        Call it around `admit`: a repeat is not counted.

        Args:
            payload: the body, or its fields; of a streamed upload, its digest.

        Raises:
            imgen.errors.Invalid: a bad key, or (code `idempotency_mismatch`) another payload.
            imgen.errors.Conflict: the first call with this key is still running.
        """
        key = self._request.headers.get("idempotency-key")
        if key is None:
            return await act()
        url = self._request.url
        holder = Holder(self.caller.key_id, self.caller.account_id, self.request_id)
        place = f"{self._request.method} {url.path}?{url.query}"
        response = await self._parts.once(
            key, digest_of(place, payload), holder, act, began=self._begun_by
        )
        self._replayed = REPLAYED in response.headers
        return response

    def _begun_by(self, request_id: str) -> None:
        self.begun_by = request_id


def _is_refusal(ending: Ending) -> bool:
    return (
        400 <= ending.status < 500
        and ending.status not in _COUNTS_ALL_THE_SAME
        and ending.code != _GONE
    )

"""`Idempotency-Key`: a call that is sent twice is done once.

The first call with a key takes it, does its work and leaves its answer there; a repeat of the same
payload gets that answer. The key is a row whose lease is renewed with those of open requests, so
one that a killed process held is free again when the lease ends.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from hashlib import sha256

import structlog
from starlette.responses import Response

from imgen.accounts.requests.leases import Leases
from imgen.database.pool import Connection, Database
from imgen.errors import Conflict, ImgenError, Invalid, Unavailable

Payload = bytes | Mapping[str, object]
_log = structlog.get_logger()
_LONGEST_KEY = 255
_NOT_REPEATED = {"content-length", "set-cookie", "date"}
REPLAYED = "idempotent-replayed"


class Held(Enum):
    """Why a key cannot be taken."""

    RUNNING = "running"
    OTHER_PAYLOAD = "other payload"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who sends a call with a key."""

    scope: str
    """What the key belongs to: the id of an API key, or of a session."""
    account_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Once:
    """Does what a key stands for once."""

    database: Database
    leases: Leases
    keep: timedelta
    """How long an answer is kept."""

    async def __call__(
        self,
        key: str,
        digest: bytes,
        holder: Holder,
        act: Callable[[], Awaitable[Response]],
        *,
        began: Callable[[str], None] = lambda _: None,
    ) -> Response:
        """Do it, or answer as it was answered, with the header `Idempotent-Replayed: true`.

        An answer of 400 and above is not kept: the key is free again.

        Args:
            key: the header's value.
            digest: of payload and place: see `digest_of`.
            began: told, before `act`, the id of the request that began this and died over it: what
                it has done already need not be done again.

        Raises:
            imgen.errors.Invalid: the key is no key, or (code `idempotency_mismatch`) was used with
                another payload.
            imgen.errors.Conflict: code `idempotency_running`; the first call has not ended yet.
        """
        check_key(key)
        async with self.database.connection() as connection:
            found = await _take(connection, key, digest, holder, self.keep, self.leases.seconds)
        if isinstance(found, Response):
            return found
        if isinstance(found, Held):
            raise _refusal(found)
        if found != holder.request_id:
            began(found)
        self.leases.hold(holder.request_id)
        kept = False
        try:
            response = await act()
            if response.status_code < 400 and isinstance(getattr(response, "body", None), bytes):
                keeping = asyncio.create_task(self._keep(key, holder, response))
                try:
                    kept = await asyncio.shield(keeping)
                except asyncio.CancelledError:  # who hangs up now comes back for the answer
                    kept = await keeping
                    raise
            return response
        finally:
            self.leases.release(holder.request_id)
            if not kept:
                await self._free(key, holder)

    async def _keep(self, key: str, holder: Holder, response: Response) -> bool:
        """It is done, so it is answered, even when the answer cannot be kept."""
        try:
            async with self.database.connection() as connection:
                await _store(connection, key, holder, response)
        except Unavailable as error:
            _log.warning("idempotency.not_kept", error=error.message)
            return False
        return True

    async def _free(self, key: str, holder: Holder) -> None:
        try:
            async with self.database.connection() as connection:
                await connection.execute(
                    "DELETE FROM idempotent_replies WHERE scope = %s AND key = %s"
                    " AND request_id = %s AND status IS NULL",
                    (holder.scope, key, holder.request_id),
                )
        except Unavailable as error:  # the lease ends in seconds
            _log.warning("idempotency.not_freed", error=error.message)


def digest_of(place: str, payload: Payload) -> bytes:
    """What tells one payload from another.

    Args:
        place: where it was sent, as `POST /api/v2`.
        payload: the body; or its fields, in which a streamed upload is told by its digest. Bytes
            inside fields are taken as they are.
    """
    if not isinstance(payload, bytes):
        payload = json.dumps(
            payload, sort_keys=True, separators=(",", ":"), default=_plain, ensure_ascii=True
        ).encode()
    return sha256(place.encode(errors="surrogateescape") + b"\0" + payload).digest()


def _plain(value: object) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        return ["bytes", sha256(value).hexdigest()]
    return str(value)


def check_key(key: str) -> None:
    """Refuse what is no key.

    Raises:
        imgen.errors.Invalid: code `idempotency_key`.
    """
    if not 1 <= len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Invalid(
            f"An Idempotency-Key is 1 to {_LONGEST_KEY} printable ASCII characters",
            code="idempotency_key",
            field="Idempotency-Key",
        )


def _refusal(held: Held) -> ImgenError:
    if held is Held.OTHER_PAYLOAD:
        return Invalid(
            "This Idempotency-Key was used with another payload; use a new key for a new request",
            code="idempotency_mismatch",
            field="Idempotency-Key",
        )
    return Conflict(
        "The first request with this Idempotency-Key is still running",
        code="idempotency_running",
        retry_after=1.0,
    )


async def _take(
    connection: Connection,
    key: str,
    digest: bytes,
    holder: Holder,
    keep: timedelta,
    lease: float,
) -> Response | Held | str:
    """Take the key: the id of the request that began this. Or what there is already."""
    while True:
        taken = await connection.execute(
            _TAKE,
            {
                "scope": holder.scope,
                "key": key,
                "account": holder.account_id,
                "digest": digest,
                "request": holder.request_id,
                "lease": lease,
                "keep": keep,
            },
        )
        if row := await taken.fetchone():
            return str(row[0])
        cursor = await connection.execute(
            "SELECT digest, status, headers, body FROM idempotent_replies"
            " WHERE scope = %s AND key = %s",
            (holder.scope, key),
        )
        row = await cursor.fetchone()
        if row is None:  # freed between the two statements
            continue
        first, status, headers, body = row
        if first != digest:
            return Held.OTHER_PAYLOAD
        if status is None:
            return Held.RUNNING
        return Response(body, status_code=status, headers={**headers, REPLAYED: "true"})


async def _store(connection: Connection, key: str, holder: Holder, response: Response) -> None:
    headers = {name: value for name, value in response.headers.items() if name not in _NOT_REPEATED}
    await connection.execute(
        "UPDATE idempotent_replies SET status = %s, headers = %s::text::jsonb, body = %s"
        " WHERE scope = %s AND key = %s AND request_id = %s",
        (
            *(response.status_code, json.dumps(headers), response.body),
            *(holder.scope, key, holder.request_id),
        ),
    )


_TAKE = """
    INSERT INTO idempotent_replies AS held
        (scope, key, account_id, digest, request_id, begun_by, lease_until, expires_at)
    VALUES (%(scope)s, %(key)s, %(account)s, %(digest)s, %(request)s, %(request)s,
            clock_timestamp() + make_interval(secs => %(lease)s), clock_timestamp() + %(keep)s)
    ON CONFLICT (scope, key) DO UPDATE SET
        -- whoever of those that died made a job for it
        begun_by = CASE WHEN held.status IS NOT NULL OR held.digest <> excluded.digest
                        THEN excluded.begun_by
                        WHEN EXISTS (SELECT FROM jobs
                                     WHERE request_id = held.request_id AND request_id <> '')
                        THEN held.request_id ELSE held.begun_by END,
        digest = excluded.digest, request_id = excluded.request_id,
        lease_until = excluded.lease_until, expires_at = excluded.expires_at,
        status = NULL, headers = NULL, body = NULL
    WHERE held.expires_at < clock_timestamp()
       OR (held.status IS NULL AND held.lease_until < clock_timestamp())
    RETURNING begun_by
"""

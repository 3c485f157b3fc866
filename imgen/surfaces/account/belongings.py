"""Paths to what an account has: keys, usage, the request log, preferences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen.accounts import store
from imgen.accounts.credits import CreditBook
from imgen.accounts.people.own_keys import OwnKeys
from imgen.accounts.requests.log import RequestLog
from imgen.accounts.usage.read import ReadUsage
from imgen.database.pool import Database
from imgen.errors import Invalid
from imgen.http.fields import read_fields
from imgen.http.surface import JsonResponse
from imgen.surfaces.account import wire
from imgen.surfaces.account.door import Door, Member, id_in
from imgen.surfaces.account.repeats import created
from imgen.surfaces.account.signing import fields_of

_MOST_REQUESTS = 500


@dataclass(frozen=True, slots=True)
class Ledgers:
    """What these paths need of the core."""

    database: Database
    keys: OwnKeys
    usage: ReadUsage
    credits: CreditBook
    log: RequestLog


class Belongings:
    """What belongs to the account. A key may read; a signed-in member may change."""

    def __init__(self, door: Door, ledgers: Ledgers) -> None:
        self._door = door
        self._ledgers = ledgers

    def routes(self) -> list[Route]:
        """Each path with who may come in."""
        door = self._door
        return [
            Route("/account/keys", door.for_an_account(self._keys), methods=["GET"]),
            Route("/account/keys", door.for_a_member(self._create_key), methods=["POST"]),
            Route("/account/keys/{id}", door.for_a_member(self._revoke_key), methods=["DELETE"]),
            Route("/account/usage", door.for_an_account(self._usage), methods=["GET"]),
            Route("/account/requests", door.for_an_account(self._requests), methods=["GET"]),
            Route("/account/requests/{id}", door.for_an_account(self._request), methods=["GET"]),
            Route("/account/preferences", door.for_an_account(self._prefers), methods=["GET"]),
            Route("/account/preferences", door.for_a_member(self._prefer), methods=["PATCH"]),
        ]

    async def _keys(self, _request: Request, account_id: str) -> Response:
        keys = await self._ledgers.keys.of(account_id)
        return JsonResponse({"keys": [wire.key_object(key) for key in keys]})

    async def _create_key(self, request: Request, by: Member) -> Response:
        fields = await fields_of(request)
        body = read_fields(wire.NewKey, fields)

        async def make() -> tuple[dict[str, Any], str]:
            key, secret = await self._ledgers.keys.create(
                by.person,
                by.account_id,
                label=body.label,
                scopes=body.scopes,
                expires_in=timedelta(seconds=body.expires_in) if body.expires_in else None,
            )
            return {"key": wire.key_object(key)}, secret

        once = self._door.gate.once
        return await created(request, by, once, payload=fields, make=make, secret="secret")  # noqa: S106

    async def _revoke_key(self, request: Request, by: Member) -> Response:
        await self._ledgers.keys.revoke(by.person, by.account_id, id_in(request.path_params["id"]))
        return Response(status_code=204)

    async def _usage(self, _request: Request, account_id: str) -> Response:
        usage = await self._ledgers.usage(account_id)
        balance = await self._ledgers.credits.balance(account_id)
        return JsonResponse(wire.usage_object(usage, balance))

    async def _requests(self, request: Request, account_id: str) -> Response:
        query = request.query_params
        before = id_in(query.get("before", ""))
        if before:
            await self._ledgers.log.find(account_id, before)
        newest = await self._ledgers.log.newest(
            account_id, limit=_limit(query.get("limit", "50")), before=before
        )
        return JsonResponse({"requests": [wire.request_object(one) for one in newest]})

    async def _request(self, request: Request, account_id: str) -> Response:
        found = await self._ledgers.log.find(account_id, id_in(request.path_params["id"]))
        return JsonResponse({"request": wire.request_object(found)})

    async def _prefers(self, _request: Request, account_id: str) -> Response:
        return await self._preferences(account_id)

    async def _prefer(self, request: Request, by: Member) -> Response:
        body = read_fields(wire.Preferences, await fields_of(request))
        async with self._ledgers.database.connection() as connection:
            await store.prefer_storage(connection, by.account_id, body.storage)
        return await self._preferences(by.account_id)

    async def _preferences(self, account_id: str) -> Response:
        async with self._ledgers.database.connection() as connection:
            account = await store.find_account(connection, id=account_id)
            plan = await store.plan_of(connection, account_id)
        preferred = account is not None and account.storage_preferred
        in_plan = plan is not None and plan.storage
        return JsonResponse(
            {"storage": preferred, "plan_has_storage": in_plan, "in_force": preferred and in_plan}
        )


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= _MOST_REQUESTS):
        raise Invalid(f"limit is an integer from 1 to {_MOST_REQUESTS}", field="limit")
    return int(text)

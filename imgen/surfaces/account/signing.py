"""Paths by which people come in, stay in, and leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen.accounts import store as accounts
from imgen.accounts.people import store
from imgen.accounts.people.choose_password import ChoosePassword
from imgen.accounts.people.join import Join
from imgen.accounts.people.records import Browser, NewSession, SignedIn
from imgen.accounts.people.sessions import Sessions
from imgen.accounts.people.sign_in import SignIn
from imgen.accounts.people.sign_up import SignUp
from imgen.database.pool import Database
from imgen.errors import Conflict, Forbidden, Unauthenticated
from imgen.http.body import json_object
from imgen.http.fields import read_fields
from imgen.http.idempotency import REPLAYED, check_key
from imgen.http.surface import JsonResponse
from imgen.surfaces.account import wire
from imgen.surfaces.account.door import Door, browser_of, id_in

LARGEST_BODY = 64 * 1024
"""Bytes."""


@dataclass(frozen=True, slots=True)
class People:
    """What these paths need of the core."""

    database: Database
    sign_up: SignUp
    sign_in: SignIn
    sessions: Sessions
    choose_password: ChoosePassword
    join: Join


class Signing:
    """Sign-up, sign-in, sessions, passwords, and who one is."""

    def __init__(self, door: Door, people: People) -> None:
        self._door = door
        self._people = people

    def routes(self) -> list[Route]:
        """Each path with who may come in."""
        door = self._door
        return [
            Route("/account/sign-up", door.for_anybody(self._sign_up), methods=["POST"]),
            Route("/account/sign-in", door.for_anybody(self._sign_in), methods=["POST"]),
            Route("/account/sign-out", door.for_anybody(self._sign_out), methods=["POST"]),
            Route("/account/join", door.for_anybody(self._join), methods=["POST"]),
            Route("/account/password", door.for_a_person(self._change), methods=["POST"]),
            Route("/account/password/reset", door.for_anybody(self._reset), methods=["POST"]),
            Route("/account/me", door.for_a_person(self._me), methods=["GET"]),
            Route("/account/switch", door.for_a_person(self._switch), methods=["POST"]),
            Route("/account/sessions", door.for_a_person(self._sessions), methods=["GET"]),
            Route("/account/sessions", door.for_a_person(self._end_others), methods=["DELETE"]),
            Route("/account/sessions/{id}", door.for_a_person(self._end), methods=["DELETE"]),
        ]

    async def _sign_up(self, request: Request, _person: SignedIn | None) -> Response:
        body = read_fields(wire.SignUp, await fields_of(request))
        key = request.headers.get("idempotency-key")
        if key is not None:
            check_key(key)
        try:
            session = await self._people.sign_up(
                body.email, body.password, browser_of(request), account=body.account
            )
        except Conflict as taken:
            if key is None or taken.code != "email_taken":
                raise
            return await self._signed_up_before(body, browser_of(request), taken)
        return await self._welcome(session, status=201)

    async def _signed_up_before(
        self, body: wire.SignUp, browser: Browser, taken: Conflict
    ) -> Response:
        """The repeat of a sign-up whose answer was lost. Nothing was kept of that answer, which
        held a session: the e-mail tells the call, and who knows the password gets another."""
        try:
            session = await self._people.sign_in(body.email, body.password, browser)
        except (Unauthenticated, Forbidden):
            raise taken from None
        person = await self._people.sessions.find(session.token)
        if person and body.account.strip() not in {"", person.email, person.account}:
            await self._people.sessions.leave(person)
            raise taken
        response = await self._welcome(session, status=201)
        response.headers[REPLAYED] = "true"
        return response

    async def _sign_in(self, request: Request, person: SignedIn | None) -> Response:
        body = read_fields(wire.SignIn, await fields_of(request))
        session = await self._people.sign_in(body.email, body.password, browser_of(request))
        if person is not None:  # the browser forgets that session now
            await self._people.sessions.leave(person)
        return await self._welcome(session)

    async def _sign_out(self, _request: Request, person: SignedIn | None) -> Response:
        if person is not None:
            await self._people.sessions.leave(person)
        response = Response(status_code=204)
        self._door.cookie.clear(response)
        return response

    async def _join(self, request: Request, person: SignedIn | None) -> Response:
        body = read_fields(wire.Join, await fields_of(request))
        if person is None:
            session = await self._people.join.as_new_user(
                body.token, body.password, browser_of(request)
            )
            return await self._welcome(session, status=201)
        await self._people.join.signed_in(body.token, person)
        return JsonResponse(await self._about(await self._again(request)))

    async def _change(self, request: Request, person: SignedIn) -> Response:
        body = read_fields(wire.ChangePassword, await fields_of(request))
        session = await self._people.choose_password.change(
            person, current=body.current, new=body.password, browser=browser_of(request)
        )
        return await self._welcome(session)

    async def _reset(self, request: Request, _person: SignedIn | None) -> Response:
        body = read_fields(wire.ResetPassword, await fields_of(request))
        session = await self._people.choose_password.with_link(
            body.token, new=body.password, browser=browser_of(request)
        )
        return await self._welcome(session)

    async def _me(self, _request: Request, person: SignedIn) -> Response:
        return JsonResponse(await self._about(person))

    async def _switch(self, request: Request, person: SignedIn) -> Response:
        body = read_fields(wire.LookAt, await fields_of(request))
        await self._people.sessions.look_at(person, body.account)
        return JsonResponse(await self._about(await self._again(request)))

    async def _sessions(self, _request: Request, person: SignedIn) -> Response:
        sessions = await self._people.sessions.of(person.user_id)
        shown = [wire.session_object(one, person.session_id) for one in sessions]
        return JsonResponse({"sessions": shown})

    async def _end_others(self, _request: Request, person: SignedIn) -> Response:
        return JsonResponse({"ended": await self._people.sessions.end_others(person)})

    async def _end(self, request: Request, person: SignedIn) -> Response:
        session_id = id_in(request.path_params["id"])
        await self._people.sessions.end(person.user_id, session_id)
        response = Response(status_code=204)
        if session_id == person.session_id:
            self._door.cookie.clear(response)
        return response

    async def _welcome(self, session: NewSession, *, status: int = 200) -> Response:
        """Who has just come in gets the cookie, and hears who they are."""
        person = await self._people.sessions.find(session.token)
        if person is None:
            raise Unauthenticated("The session has ended", code="not_signed_in")
        about = await self._about(person) | {"expires_at": session.expires_at}
        response = JsonResponse(about, status_code=status)
        self._door.cookie.put(response, session)
        return response

    async def _again(self, request: Request) -> SignedIn:
        """The same person after something about them has changed."""
        person = await self._people.sessions.find(self._door.cookie.token(request))
        if person is None:
            raise Unauthenticated("The session has ended", code="not_signed_in")
        return person

    async def _about(self, person: SignedIn) -> dict[str, Any]:
        plan = account = None
        async with self._people.database.connection() as connection:
            memberships = await store.list_memberships(connection, person.user_id)
            if person.account_id is not None:
                plan = await accounts.plan_of(connection, person.account_id)
                account = await accounts.find_account(connection, id=person.account_id)
        return {
            "user": wire.user_object(person),
            "account": wire.looked_at(person),
            "accounts": [
                {"id": one.account_id, "name": one.account, "role": one.role} for one in memberships
            ],
            "plan": wire.plan_object(plan),
            "preferences": account and {"storage": account.storage_preferred},
        }


async def fields_of(request: Request) -> dict[str, Any]:
    """The JSON body of a call to this surface."""
    return await json_object(request, limit=LARGEST_BODY)

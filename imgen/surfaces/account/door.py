"""Who may come in to which path: anybody, a person, a person in an account, or a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from imgen.accounts.people.records import Browser, SignedIn
from imgen.accounts.people.sessions import Sessions
from imgen.errors import Forbidden, Unauthenticated
from imgen.http.gate import Gate
from imgen.surfaces.account.cookie import SessionCookie
from imgen.surfaces.account.same_origin import refuse_other_origins

NAME = "account"
Serve = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Member:
    """A person, and the account that they look at."""

    person: SignedIn
    account_id: str


@dataclass(frozen=True, slots=True)
class Door:
    """Wraps what a path does with what has to be true before it does it."""

    gate: Gate
    sessions: Sessions
    cookie: SessionCookie
    origin: str

    def for_anybody(self, act: Callable[[Request, SignedIn | None], Awaitable[Response]]) -> Serve:
        """Whoever asks, signed in or not; from our own pages if from any."""

        async def serve(request: Request) -> Response:
            return _private(await act(request, await self._person(request)))

        return serve

    def for_a_person(self, act: Callable[[Request, SignedIn], Awaitable[Response]]) -> Serve:
        """Somebody with a session."""

        async def serve(request: Request) -> Response:
            return _private(await act(request, await self._required(request)))

        return serve

    def for_a_member(self, act: Callable[[Request, Member], Awaitable[Response]]) -> Serve:
        """Somebody with a session, in an account that is not suspended."""

        async def serve(request: Request) -> Response:
            return _private(await act(request, _in_account(await self._required(request))))

        return serve

    def for_an_account(self, act: Callable[[Request, str], Awaitable[Response]]) -> Serve:
        """A member, or a key with the scope `account`; gets the account's id."""

        async def serve(request: Request) -> Response:
            if "authorization" in request.headers:
                async with self.gate.visit(request, surface=NAME) as visit:
                    return _private(await act(request, visit.caller.account_id))
            member = _in_account(await self._required(request))
            return _private(await act(request, member.account_id))

        return serve

    async def _required(self, request: Request) -> SignedIn:
        person = await self._person(request)
        if person is None:
            raise Unauthenticated("Sign in first", code="not_signed_in")
        return person

    async def _person(self, request: Request) -> SignedIn | None:
        token = self.cookie.token(request)
        refuse_other_origins(request, self.origin, signed_in=bool(token))
        return await self.sessions.find(token)


def browser_of(request: Request) -> Browser:
    """From where a request comes."""
    return Browser(
        address=request.client.host if request.client else "",
        agent=request.headers.get("user-agent", ""),
    )


def id_in(text: str) -> str:
    """An id from a path or query; PostgreSQL takes no NUL, and no id of ours has one."""
    return text.replace("\0", "?")


def _in_account(person: SignedIn) -> Member:
    if person.account_id is None:
        raise Forbidden("You are in no account; ask for an invitation", code="no_account")
    if person.account_suspended:
        raise Forbidden("The account is suspended", code="suspended")
    return Member(person, person.account_id)


def _private(response: Response) -> Response:
    """No cache keeps what is about one account."""
    response.headers["cache-control"] = "no-store"
    return response

"""The account API, put together."""

from __future__ import annotations

from imgen.accounts.people.members import Members
from imgen.http.gate import Gate
from imgen.http.surface import Surface
from imgen.surfaces.account.belongings import Belongings, Ledgers
from imgen.surfaces.account.cookie import SessionCookie
from imgen.surfaces.account.door import NAME, Door
from imgen.surfaces.account.errors import render
from imgen.surfaces.account.members import Memberships
from imgen.surfaces.account.same_origin import origin_of
from imgen.surfaces.account.signing import People, Signing

PATH = "/account"


class AccountApi:
    """The endpoints of this surface.

    Args:
        public_url: how browsers reach this server; with https the cookie is sent by nothing else.
    """

    def __init__(
        self, *, gate: Gate, people: People, members: Members, ledgers: Ledgers, public_url: str
    ) -> None:
        door = Door(
            gate=gate,
            sessions=people.sessions,
            cookie=SessionCookie(secure=public_url.lower().startswith("https://")),
            origin=origin_of(public_url),
        )
        self._routes = [
            *Signing(door, people).routes(),
            *Belongings(door, ledgers).routes(),
            *Memberships(door, members).routes(),
        ]

    def surface(self) -> Surface:
        """What the root needs to know."""
        return Surface(name=NAME, prefixes=(PATH,), routes=self._routes, render=render)

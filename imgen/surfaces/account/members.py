"""Paths to who is in an account."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen.accounts.people.members import Members
from imgen.http.fields import read_fields
from imgen.http.surface import JsonResponse
from imgen.surfaces.account import wire
from imgen.surfaces.account.door import Door, Member, id_in
from imgen.surfaces.account.repeats import created
from imgen.surfaces.account.signing import fields_of


class Memberships:
    """Members and invitations. Members see them; owners change them; anybody may leave."""

    def __init__(self, door: Door, members: Members) -> None:
        self._door = door
        self._members = members

    def routes(self) -> list[Route]:
        """Each path with who may come in."""
        member = self._door.for_a_member
        return [
            Route("/account/members", member(self._list), methods=["GET"]),
            Route("/account/members", member(self._invite), methods=["POST"]),
            Route("/account/members/{id}", member(self._change), methods=["PATCH"]),
            Route("/account/members/{id}", member(self._remove), methods=["DELETE"]),
            Route("/account/invitations/{id}", member(self._withdraw), methods=["DELETE"]),
        ]

    async def _list(self, _request: Request, by: Member) -> Response:
        members = await self._members.of(by.account_id)
        invitations = await self._members.invitations(by.account_id)
        return JsonResponse(
            {
                "members": [wire.member_object(one) for one in members],
                "invitations": [wire.invitation_object(one) for one in invitations],
            }
        )

    async def _invite(self, request: Request, by: Member) -> Response:
        fields = await fields_of(request)
        body = read_fields(wire.Invite, fields)

        async def make() -> tuple[dict[str, Any], str]:
            invitation, link = await self._members.invite(
                by.person, by.account_id, email=body.email, role=body.role
            )
            return {"invitation": wire.invitation_object(invitation)}, link.token

        once = self._door.gate.once
        return await created(request, by, once, payload=fields, make=make, secret="token")  # noqa: S106

    async def _change(self, request: Request, by: Member) -> Response:
        body = read_fields(wire.ChangeRole, await fields_of(request))
        await self._members.change_role(
            by.person, by.account_id, id_in(request.path_params["id"]), body.role
        )
        return await self._list(request, by)

    async def _remove(self, request: Request, by: Member) -> Response:
        await self._members.remove(by.person, by.account_id, id_in(request.path_params["id"]))
        return Response(status_code=204)

    async def _withdraw(self, request: Request, by: Member) -> Response:
        await self._members.withdraw(by.person, by.account_id, id_in(request.path_params["id"]))
        return Response(status_code=204)

"""Who is in an account: what its owners decide, and how somebody joins."""

from __future__ import annotations

from dataclasses import dataclass

from imgen import clock
from imgen.accounts.people import link_store, store, tokens
from imgen.accounts.people.email import normalise
from imgen.accounts.people.lifetimes import Lifetimes
from imgen.accounts.people.records import Invitation, Link, Member, Role, SignedIn
from imgen.database.pool import Connection, Database
from imgen.errors import Conflict, Forbidden, NotFound

_MOST = 200
"""Members and open invitations of one account."""


@dataclass(frozen=True, slots=True)
class Members:
    """The members of the account that somebody looks at."""

    database: Database
    lifetimes: Lifetimes

    async def of(self, account_id: str) -> list[Member]:
        """Who is in an account."""
        async with self.database.connection() as connection:
            return await store.list_members(connection, account_id)

    async def invitations(self, account_id: str) -> list[Invitation]:
        """Who may join."""
        async with self.database.connection() as connection:
            return await link_store.list_invitations(connection, account_id)

    async def invite(
        self, by: SignedIn, account_id: str, *, email: str, role: Role
    ) -> tuple[Invitation, Link]:
        """Let somebody join, by a one-time token that the owner sends them.

        Raises:
            imgen.errors.Invalid: that is no e-mail address.
            imgen.errors.Forbidden: code `not_owner`.
            imgen.errors.Conflict: is a member already, or the account is full.
        """
        email = normalise(email)
        async with self.database.transaction() as connection:
            await _require_owner(connection, by, account_id)
            return await invite(
                connection, account_id, email=email, role=role, lifetimes=self.lifetimes
            )

    async def withdraw(self, by: SignedIn, account_id: str, invitation_id: str) -> None:
        """Take an invitation back.

        Raises:
            imgen.errors.Forbidden: code `not_owner`.
            imgen.errors.NotFound: the account has no such invitation.
        """
        async with self.database.transaction() as connection:
            await _require_owner(connection, by, account_id)
            if not await link_store.withdraw_invitation(connection, account_id, invitation_id):
                raise NotFound("There is no such invitation", code="invitation_not_found")

    async def change_role(self, by: SignedIn, account_id: str, user_id: str, role: Role) -> None:
        """Give a member another role.

        Raises:
            imgen.errors.Forbidden: code `not_owner`.
            imgen.errors.NotFound: the account has no such member.
            imgen.errors.Conflict: code `last_owner`.
        """
        async with self.database.transaction() as connection:
            await _require_owner(connection, by, account_id)
            await change_role(connection, account_id, user_id, role)

    async def remove(self, by: SignedIn, account_id: str, user_id: str) -> None:
        """Take a member out; anybody may leave.

        Raises:
            imgen.errors.Forbidden: code `not_owner`.
            imgen.errors.NotFound: the account has no such member.
            imgen.errors.Conflict: code `last_owner`.
        """
        async with self.database.transaction() as connection:
            if user_id != by.user_id:
                await _require_owner(connection, by, account_id)
            await change_role(connection, account_id, user_id, None)


async def change_role(
    connection: Connection, account_id: str, user_id: str, role: Role | None
) -> None:
    """Give a member another role, or (None) take them out. In a transaction.

    Raises:
        imgen.errors.NotFound: the account has no such member.
        imgen.errors.Conflict: then nobody would own the account.
    """
    await store.lock_account(connection, account_id)
    if await store.role_of(connection, account_id, user_id) is None:
        raise NotFound("There is no such member", code="member_not_found")
    if role != "owner" and not await store.count_owners(connection, account_id, but=user_id):
        raise Conflict("An account needs an owner; make somebody else one first", code="last_owner")
    if role is None:
        await store.remove_member(connection, account_id, user_id)
    else:
        await store.set_role(connection, account_id=account_id, user_id=user_id, role=role)


async def invite(
    connection: Connection, account_id: str, *, email: str, role: Role, lifetimes: Lifetimes
) -> tuple[Invitation, Link]:
    """Make the token with which somebody joins an account. In a transaction.

    Raises:
        imgen.errors.Conflict: codes `is_member`, `too_many_members`.
    """
    await store.lock_account(connection, account_id)
    members = [member.email for member in await store.list_members(connection, account_id)]
    if email in members:
        raise Conflict(f"{email} is a member already", code="is_member", field="email")
    invited = [one.email for one in await link_store.list_invitations(connection, account_id)]
    if len({*members, *invited, email}) > _MOST:
        raise Conflict(f"An account has at most {_MOST} members", code="too_many_members")
    link = Link(tokens.new_token(), email, clock.now() + lifetimes.invitation)
    invitation = await link_store.put_invitation(
        connection,
        id=tokens.new_id("inv_"),
        account_id=account_id,
        email=email,
        role=role,
        digest=tokens.digest(link.token),
        expires_at=link.expires_at,
    )
    return invitation, link


async def _require_owner(connection: Connection, by: SignedIn, account_id: str) -> None:
    """Asked of the database, and under the account's lock: a role may have just been taken."""
    await store.lock_account(connection, account_id)
    if await store.role_of(connection, account_id, by.user_id) != "owner":
        raise Forbidden("Only an owner of the account may do that", code="not_owner")

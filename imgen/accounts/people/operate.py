"""What an operator does to users, with or without a server that runs."""

from __future__ import annotations

from dataclasses import dataclass

from imgen.accounts import store as accounts
from imgen.accounts.people import members, store
from imgen.accounts.people.choose_password import new_password_link
from imgen.accounts.people.email import normalise
from imgen.accounts.people.lifetimes import Lifetimes
from imgen.accounts.people.passwords import Passwords, check_password
from imgen.accounts.people.records import Link, Role, User
from imgen.accounts.people.sign_up import add_user, new_account
from imgen.accounts.records import check_account_name
from imgen.database.pool import Connection, Database
from imgen.errors import Conflict, Invalid, NotFound

FIRST_ADMIN = "admin@localhost"


@dataclass(frozen=True, slots=True)
class OperateUsers:
    """Users, for the command line and the admin pages."""

    database: Database
    passwords: Passwords
    lifetimes: Lifetimes

    async def everyone(self) -> list[User]:
        """Every user."""
        async with self.database.connection() as connection:
            return await store.list_users(connection)

    async def add(
        self, email: str, *, account: str = "", plan: str = "free", admin: bool = False
    ) -> Link:
        """Make a user who owns a new account; returns a link for choosing the password.

        Args:
            account: the new account's name; empty: the e-mail.
            plan: the new account's.
            admin: whether the user is an admin of the whole deployment.

        Raises:
            imgen.errors.Invalid: a bad e-mail or name, or an unknown plan.
            imgen.errors.Conflict: the e-mail or the name is taken.
        """
        email = normalise(email)
        if account:
            check_account_name(account)
        async with self.database.transaction() as connection:
            known = await accounts.plan_slugs(connection)
            if plan not in known:
                raise Invalid(
                    f"There is no plan {plan}; there are {', '.join(known)}", field="plan"
                )
            user_id = await _add_owner(connection, email, account, plan)
            await store.set_admin(connection, user_id, admin)
            return await new_password_link(
                connection, user_id=user_id, email=email, lifetimes=self.lifetimes
            )

    async def set_password(self, email: str, password: str) -> None:
        """Give a user a password; every session of theirs ends.

        Raises:
            imgen.errors.NotFound: there is no such user.
            imgen.errors.Invalid: the password cannot be taken.
        """
        check_password(password, email=normalise(email))
        kept = await self.passwords.hash(password)
        async with self.database.transaction() as connection:
            user = await _require(connection, email)
            await store.set_password(connection, user.id, kept)

    async def reset(self, email: str) -> Link:
        """A one-time link for choosing a new password. The old one works until it is used.

        Raises:
            imgen.errors.NotFound: there is no such user.
        """
        async with self.database.transaction() as connection:
            user = await _require(connection, email)
            return await new_password_link(
                connection, user_id=user.id, email=user.email, lifetimes=self.lifetimes
            )

    async def invite(self, email: str, account: str, role: Role) -> Link:
        """A one-time token with which somebody joins an account.

        Raises:
            imgen.errors.Invalid: that is no e-mail address.
            imgen.errors.NotFound: there is no such account.
            imgen.errors.Conflict: is a member already, or the account is full.
        """
        email = normalise(email)
        async with self.database.transaction() as connection:
            account_id = await _account_id(connection, account)
            _, link = await members.invite(
                connection, account_id, email=email, role=role, lifetimes=self.lifetimes
            )
        return link

    async def set_role(self, email: str, account: str, role: Role | None) -> None:
        """Make a user owner or member of an account, or (None) take them out.

        Raises:
            imgen.errors.NotFound: there is no such user, account or member.
            imgen.errors.Conflict: then nobody would own the account.
        """
        async with self.database.transaction() as connection:
            user = await _require(connection, email)
            account_id = await _account_id(connection, account)
            if role is not None:
                await store.lock_account(connection, account_id)
                await store.add_member(
                    connection, account_id=account_id, user_id=user.id, role=role
                )
            await members.change_role(connection, account_id, user.id, role)

    async def set_admin(self, email: str, admin: bool) -> None:
        """Make a user an admin of the deployment, or no longer.

        Raises:
            imgen.errors.NotFound: there is no such user.
            imgen.errors.Conflict: code `last_admin`.
        """
        async with self.database.transaction() as connection:
            user = await _require(connection, email)
            if not admin:
                await _keep_an_admin(connection, user)
            await store.set_admin(connection, user.id, admin)

    async def suspend(self, email: str, suspended: bool = True) -> None:
        """Keep a user out, at once, or let them in again. Keys belong to accounts and work on.

        Raises:
            imgen.errors.NotFound: there is no such user.
            imgen.errors.Conflict: code `last_admin`.
        """
        async with self.database.transaction() as connection:
            user = await _require(connection, email)
            if suspended:
                await _keep_an_admin(connection, user)
            await store.set_suspended(connection, user.id, suspended)

    async def delete(self, email: str) -> list[str]:
        """Delete a user. Accounts that nobody is left in are suspended; returns their names.

        Raises:
            imgen.errors.NotFound: there is no such user.
            imgen.errors.Conflict: codes `last_admin`, `last_owner`.
        """
        async with self.database.transaction() as connection:
            user = await _require(connection, email)
            await _keep_an_admin(connection, user)
            for membership in await store.list_memberships(connection, user.id):
                await store.lock_account(connection, membership.account_id)
                others = [
                    member
                    for member in await store.list_members(connection, membership.account_id)
                    if member.user_id != user.id
                ]
                if others and all(member.role != "owner" for member in others):
                    raise Conflict(
                        f"{user.email} is the only owner of {membership.account}; make somebody"
                        f" else one first: imgen users role EMAIL {membership.account} owner",
                        code="last_owner",
                    )
            return await store.delete_user(connection, user.id)

    async def first_admin(self) -> str:
        """Make an admin where there is none; the server calls it when it starts.

        Returns:
            The e-mail of an admin who needs a password before anybody can administer anything;
            empty: an admin can sign in.
        """
        async with self.database.transaction() as connection:
            await store.lock_admins(connection)
            if not await store.count_admins(connection):
                user_id = await _add_owner(connection, FIRST_ADMIN, "", "unlimited")
                await store.set_admin(connection, user_id, True)
            return await store.admin_without_password(connection)


async def _add_owner(connection: Connection, email: str, account: str, plan: str) -> str:
    user_id = await add_user(connection, email, None)
    account_id = await new_account(connection, email, account, plan=plan)
    await store.add_member(connection, account_id=account_id, user_id=user_id, role="owner")
    return user_id


async def _require(connection: Connection, email: str) -> User:
    user = await store.find_user(connection, normalise(email))
    if user is None:
        raise NotFound(f"There is no user {email}; `imgen users list` shows them")
    return user


async def _account_id(connection: Connection, name: str) -> str:
    account = await accounts.find_account(connection, name=name)
    if account is None:
        raise NotFound(f"There is no account {name}; `imgen accounts list` shows them")
    return account.id


async def _keep_an_admin(connection: Connection, user: User) -> None:
    await store.lock_admins(connection)
    if user.admin and not await store.count_admins(connection, but=user.id):
        raise Conflict(
            f"{user.email} is the only admin; make another first: imgen users admin EMAIL",
            code="last_admin",
        )

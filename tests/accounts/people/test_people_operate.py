"""What an operator does to users, and what the tables refuse by themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from imgen.accounts.authenticate import Authenticate
from imgen.accounts.people.operate import FIRST_ADMIN
from imgen.errors import Conflict, ImgenError, Invalid, NotFound
from tests.accounts.people.everyone import GOOD, HOME, Execute, People

ANN, BOB = "ann@example.org", "bob@example.org"


async def _code(work: Any) -> str:
    with pytest.raises(ImgenError) as caught:
        await work
    return caught.value.code


async def test_a_user_who_was_added_chooses_the_password(people: People) -> None:
    link = await people.operate.add(ANN, account="Bicycles", plan="pro", admin=True)
    (user,) = await people.operate.everyone()
    assert (user.email, user.admin, user.has_password) == (ANN, True, False)
    assert user.accounts == "Bicycles (owner)"
    session = await people.choose_password.with_link(link.token, new=GOOD, browser=HOME)
    assert (await people.behind(session.token)).admin
    assert (await people.administer.list_accounts())[0].plan == "pro"


async def test_a_bad_user_is_not_added(people: People) -> None:
    await people.newcomer(BOB)
    for work, error, field in (
        (people.operate.add("ann"), Invalid, "email"),
        (people.operate.add(ANN, account="\t"), Invalid, "name"),
        (people.operate.add(ANN, plan="gold"), Invalid, "plan"),
        (people.operate.add(BOB), Conflict, "email"),
        (people.operate.add(ANN, account=BOB), Conflict, "account"),
    ):
        with pytest.raises(error) as caught:
            await work
        assert caught.value.field == field
    assert len(await people.operate.everyone()) == 1
    assert len(await people.administer.list_accounts()) == 1


async def test_an_operator_sets_a_password_and_ends_the_sessions(people: People) -> None:
    session = await people.sign_up(ANN, GOOD, HOME)
    with pytest.raises(Invalid):
        await people.operate.set_password(ANN, "password123")
    await people.operate.set_password(ANN, "nine yellow submarines")
    assert await people.sessions.find(session.token) is None
    assert await people.sign_in(ANN, "nine yellow submarines", HOME)


async def test_an_operator_invites_somebody_into_an_account(people: People) -> None:
    await people.administer.create_key("Bicycles")
    link = await people.operate.invite(BOB, "Bicycles", "owner")
    session = await people.join.as_new_user(link.token, GOOD, HOME)
    assert (await people.behind(session.token)).account == "Bicycles"


async def test_an_operator_s_invitation_waits_its_turn(people: People, execute: Execute) -> None:
    """Or two at once would each find room for one, and there would be one too many."""
    await people.administer.create_key("Bicycles")
    async with people.database.transaction() as other:
        await other.execute("SELECT FROM accounts FOR NO KEY UPDATE")
        inviting = asyncio.create_task(people.operate.invite(BOB, "Bicycles", "member"))
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while not inviting.done() and not await execute(waiting):
            pass
        assert not inviting.done()
    assert (await inviting).email == BOB


async def test_an_operator_puts_people_in_and_out_of_accounts(people: People) -> None:
    ann, _ = await people.newcomer(ANN), await people.newcomer(BOB)
    await people.operate.set_role(BOB, ANN, "member")
    await people.operate.set_role(BOB, ANN, "owner")
    assert (await people.operate.everyone())[1].accounts == f"{ANN} (owner), {BOB} (owner)"
    await people.operate.set_role(ANN, ANN, None)
    assert [one.email for one in await people.members.of(ann.account_id or "")] == [BOB]


async def test_what_is_not_there_is_named(people: People) -> None:
    await people.newcomer(ANN)
    for work in (
        people.operate.set_password(BOB, GOOD),
        people.operate.reset(BOB),
        people.operate.invite(BOB, "nothing", "member"),
        people.operate.set_role(BOB, ANN, "member"),
        people.operate.set_role(ANN, "nothing", "member"),
        people.operate.set_admin(BOB, True),
        people.operate.suspend(BOB),
        people.operate.delete(BOB),
    ):
        with pytest.raises(NotFound) as caught:
            await work
        assert BOB in caught.value.message or "nothing" in caught.value.message


async def test_suspending_a_user_ends_their_sessions_and_leaves_the_keys(people: People) -> None:
    session = await people.sign_up(ANN, GOOD, HOME)
    ann = await people.behind(session.token)
    _, secret = await people.own_keys.create(ann, ann.account_id or "")
    await people.operate.suspend(ANN)
    assert await people.sessions.find(session.token) is None
    assert await Authenticate(people.database)(f"Bearer {secret}")
    await people.operate.suspend(ANN, False)
    assert await people.sessions.find(session.token) is None  # ended is ended


async def test_a_deleted_user_s_own_account_is_suspended(people: People) -> None:
    ann = await people.newcomer(ANN)
    _, secret = await people.own_keys.create(ann, ann.account_id or "")
    await people.joined(ann, BOB, "owner")
    assert await people.operate.delete(ANN) == []
    assert await Authenticate(people.database)(f"Bearer {secret}")
    (key,) = await people.own_keys.of(ann.account_id or "")
    assert key.created_by is None
    assert await people.operate.delete(BOB) == [ANN]
    assert await _code(Authenticate(people.database)(f"Bearer {secret}")) == "suspended"
    assert await people.operate.everyone() == []


async def test_the_first_start_makes_one_admin_however_many_start(people: People) -> None:
    waiting = await asyncio.gather(*(people.operate.first_admin() for _ in range(6)))
    assert set(waiting) == {FIRST_ADMIN}
    (user,) = await people.operate.everyone()
    assert (user.admin, user.has_password) == (True, False)
    assert (await people.administer.list_accounts())[0].plan == "unlimited"
    assert await _code(people.sign_in(FIRST_ADMIN, "", HOME)) == "wrong_password"
    await people.operate.set_password(FIRST_ADMIN, GOOD)
    assert await people.operate.first_admin() == ""
    session = await people.sign_in(FIRST_ADMIN, GOOD, HOME)
    assert (await people.behind(session.token)).admin


async def test_another_admin_may_take_the_first_one_s_place(people: People) -> None:
    await people.operate.first_admin()
    await people.operate.add(ANN, admin=True)
    await people.operate.delete(FIRST_ADMIN)
    assert await people.operate.first_admin() == ANN
    await people.operate.set_password(ANN, GOOD)
    assert await people.operate.first_admin() == ""
    assert [user.email for user in await people.operate.everyone()] == [ANN]


async def test_the_last_admin_stays_also_when_two_go_at_once(people: People) -> None:
    for email in (ANN, BOB):
        await people.operate.add(email, admin=True)
    results = await asyncio.gather(
        people.operate.set_admin(ANN, False),
        people.operate.suspend(BOB),
        return_exceptions=True,
    )
    assert [type(result) for result in results if result] == [Conflict]
    last = next(u.email for u in await people.operate.everyone() if u.admin and not u.suspended)
    for work in (
        people.operate.set_admin(last, False),
        people.operate.suspend(last),
        people.operate.delete(last),
    ):
        assert await _code(work) == "last_admin"


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO users (id, email) VALUES ('usr_2', 'ann@example.org')",
        "UPDATE users SET email = 'Ann@example.org'",
        "UPDATE users SET email = 'ann'",
        "UPDATE users SET email = repeat('a', 250) || '@b.org'",
        "UPDATE users SET password = 'seven green bicycles'",
        "UPDATE memberships SET role = 'admin'",
        "UPDATE memberships SET account_id = 'acc_none'",
        "UPDATE memberships SET user_id = 'usr_none'",
        "INSERT INTO memberships SELECT * FROM memberships",
        "UPDATE sessions SET digest = 'short'",
        "UPDATE sessions SET expires_at = created_at",
        "UPDATE sessions SET user_id = 'usr_none'",
        "UPDATE sessions SET account_id = 'acc_none'",
        "UPDATE sessions SET agent = repeat('a', 301)",
        "UPDATE sessions SET address = repeat('a', 101)",
        "INSERT INTO sessions (id, digest, user_id, address, agent, expires_at)"
        " SELECT 'ses_2', digest, user_id, '', '', expires_at FROM sessions",
        "UPDATE password_links SET digest = 'short'",
        "UPDATE password_links SET user_id = 'usr_none'",
        "UPDATE invitations SET digest = 'short'",
        "UPDATE invitations SET role = 'admin'",
        "UPDATE invitations SET email = 'Bob@example.org'",
        "UPDATE invitations SET account_id = 'acc_none'",
        "INSERT INTO invitations SELECT 'inv_2', account_id, email, role, sha256('x'),"
        " created_at, expires_at FROM invitations",
        "INSERT INTO sign_in_tries VALUES ('short', 1, now())",
        "INSERT INTO sign_in_tries VALUES (sha256('x'), -1, now())",
        "UPDATE api_keys SET scopes = '{everything}'",
        "UPDATE api_keys SET label = repeat('a', 101)",
        "UPDATE api_keys SET created_by = 'usr_none'",
        "UPDATE accounts SET storage_preferred = NULL",
        "UPDATE accounts SET plan = 'gold'",
    ],
)
async def test_the_tables_refuse_what_cannot_be(people: People, execute: Execute, sql: str) -> None:
    ann = await people.newcomer(ANN)
    account = ann.account_id or ""
    await people.own_keys.create(ann, account)
    await people.operate.reset(ANN)
    await people.members.invite(ann, account, email=BOB, role="member")
    with pytest.raises(psycopg.IntegrityError):
        await execute(sql)


async def test_an_account_s_end_is_the_end_of_what_hangs_on_it(
    people: People, execute: Execute
) -> None:
    ann = await people.newcomer(ANN)
    await people.own_keys.create(ann, ann.account_id or "")
    await people.members.invite(ann, ann.account_id or "", email=BOB, role="member")
    await execute("DELETE FROM accounts")
    for table in ("memberships", "invitations", "api_keys"):
        assert await execute(f"SELECT count(*) FROM {table}") == [(0,)]
    assert await execute("SELECT count(*), count(account_id) FROM sessions") == [(1, 0)]
    assert len(await people.operate.everyone()) == 1

"""Signing up and in, sessions, and passwords that change."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from imgen.accounts.people.lifetimes import Lifetimes
from imgen.accounts.people.passwords import Passwords
from imgen.accounts.people.records import Browser
from imgen.accounts.people.sweep import Sweep
from imgen.errors import (
    Conflict,
    Exhausted,
    Forbidden,
    ImgenError,
    Invalid,
    NotFound,
    Unauthenticated,
)
from tests.accounts.people.everyone import GOOD, HOME, Execute, People

ANN = "ann@example.org"
AWAY = Browser("198.51.100.7", "Another browser")


async def _code(work: Any) -> str:
    with pytest.raises(ImgenError) as caught:
        await work
    return caught.value.code


async def test_whoever_signs_up_owns_an_account_on_the_free_plan(people: People) -> None:
    ann = await people.newcomer(" Ann@Example.org ")
    assert (ann.email, ann.account, ann.role, ann.admin) == (ANN, ANN, "owner", False)
    (account,) = await people.administer.list_accounts()
    assert (account.id, account.plan, account.suspended) == (ann.account_id, "free", False)


async def test_an_account_may_have_a_name_of_its_own(people: People) -> None:
    session = await people.sign_up(ANN, GOOD, HOME, account="Bicycles & Co")
    assert (await people.behind(session.token)).account == "Bicycles & Co"


async def test_an_account_that_exists_is_nobody_s_to_take(people: People) -> None:
    await people.administer.create_key(ANN)
    await people.administer.create_key("Bicycles")
    assert await _code(people.sign_up("bob@example.org", GOOD, HOME, account="Bicycles")) == (
        "account_taken"
    )
    ann = await people.newcomer(ANN)
    assert ann.account
    assert ann.account.startswith(f"{ANN} ")
    assert len(await people.operate.everyone()) == 1


async def test_an_e_mail_has_one_user_also_when_two_come_at_once(people: People) -> None:
    attempts = [people.sign_up(ANN, GOOD, HOME) for _ in range(8)]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    refused = [result for result in results if isinstance(result, Conflict)]
    assert [error.code for error in refused] == ["email_taken"] * 7
    assert len(await people.administer.list_accounts()) == 1


@pytest.mark.parametrize(
    ("email", "password", "account", "field"),
    [
        ("ann", GOOD, "", "email"),
        ("admin@localhost", GOOD, "", "email"),
        (ANN, "short", "", "password"),
        (ANN, GOOD, "a\nb", "account"),
    ],
)
async def test_a_bad_sign_up_makes_nothing(
    people: People, email: str, password: str, account: str, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await people.sign_up(email, password, HOME, account=account)
    assert caught.value.field == field
    assert await people.operate.everyone() == []


async def test_an_operator_may_close_the_door(people: People) -> None:
    assert await _code(replace(people.sign_up, open=False)(ANN, GOOD, HOME)) == "sign_up_closed"


async def test_sign_ups_from_one_address_are_counted(people: People) -> None:
    few = people.within(sign_ups=2)
    for name in ("a", "b"):
        await few.sign_up(f"{name}@example.org", GOOD, HOME)
    assert await _code(few.sign_up("c@example.org", GOOD, HOME)) == "too_many_tries"
    assert await few.sign_up("c@example.org", GOOD, AWAY)


async def test_the_right_password_signs_in(people: People) -> None:
    await people.newcomer(ANN)
    session = await people.sign_in("ANN@example.org", GOOD, AWAY)
    assert (await people.behind(session.token)).email == ANN
    user = (await people.operate.everyone())[0]
    assert user.signed_in_at is not None


async def test_a_wrong_password_and_an_unknown_e_mail_sound_the_same(people: People) -> None:
    await people.newcomer(ANN)
    await people.operate.add("nobody@example.org")  # has no password yet
    messages = set()
    for email, password in (
        (ANN, "wrong password"),
        ("stranger@example.org", GOOD),
        ("nobody@example.org", GOOD),
        (ANN, ""),
    ):
        with pytest.raises(Unauthenticated) as caught:
            await people.sign_in(email, password, HOME)
        messages.add((caught.value.code, caught.value.message))
    assert len(messages) == 1


async def test_tries_are_limited_exactly_even_all_at_once(people: People) -> None:
    await people.newcomer(ANN)
    few = people.within(both=5)
    tries = [few.sign_in(ANN, "wrong password", HOME) for _ in range(20)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Unauthenticated) for result in results) == 5
    refused = [result for result in results if isinstance(result, Exhausted)]
    assert len(refused) == 15
    assert all(error.retry_after and 0 < error.retry_after <= 900 for error in refused)
    assert await _code(few.sign_in(ANN, GOOD, HOME)) == "too_many_tries"


async def test_one_stranger_s_guesses_do_not_lock_the_owner_out(people: People) -> None:
    await people.newcomer(ANN)
    few = people.within(both=3, email=6)
    for _ in range(20):
        await _code(few.sign_in(ANN, "wrong password", AWAY))
    assert await few.sign_in(ANN, GOOD, HOME)


async def test_many_addresses_that_guess_one_password_are_stopped(people: People) -> None:
    await people.newcomer(ANN)
    few = people.within(email=4)
    codes = [
        await _code(few.sign_in(ANN, "wrong password", Browser(f"203.0.113.{number}")))
        for number in range(6)
    ]
    assert codes == ["wrong_password"] * 4 + ["too_many_tries"] * 2


@pytest.mark.parametrize("addresses", [["192.0.2.9"] * 5, [f"2001:db8::{n}" for n in range(5)]])
async def test_one_network_that_guesses_many_passwords_is_stopped(
    people: People, addresses: list[str]
) -> None:
    few = people.within(address=3)
    codes = [
        await _code(few.sign_in(f"user{number}@example.org", "some password", Browser(address)))
        for number, address in enumerate(addresses)
    ]
    assert codes == ["wrong_password"] * 3 + ["too_many_tries"] * 2


async def test_a_right_password_is_no_guess(people: People) -> None:
    await people.newcomer(ANN)
    few = people.within(both=2, email=2, address=2)
    for _ in range(5):
        assert await few.sign_in(ANN, GOOD, HOME)


async def test_after_the_window_tries_are_free_again(people: People, execute: Execute) -> None:
    await people.newcomer(ANN)
    few = people.within(both=1)
    await _code(few.sign_in(ANN, "wrong password", HOME))
    assert await _code(few.sign_in(ANN, GOOD, HOME)) == "too_many_tries"
    await execute("UPDATE sign_in_tries SET ends_at = now()")
    assert await few.sign_in(ANN, GOOD, HOME)


async def test_the_table_of_tries_names_nobody(people: People, execute: Execute) -> None:
    await _code(people.sign_in(ANN, "wrong password", HOME))
    rows = str(await execute("SELECT t::text, encode(subject, 'escape') FROM sign_in_tries t"))
    assert "ann" not in rows
    assert HOME.address not in rows


async def test_a_hash_is_made_anew_when_the_parameters_rise(
    people: People, execute: Execute
) -> None:
    await people.newcomer(ANN)
    ((before,),) = await execute("SELECT password FROM users")
    newer = replace(
        people, passwords=Passwords(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    )
    assert await newer.sign_in(ANN, GOOD, HOME)
    ((after,),) = await execute("SELECT password FROM users")
    assert "t=1" in str(before)
    assert "t=2" in str(after)
    assert await newer.sign_in(ANN, GOOD, HOME)


async def test_a_session_never_begins_with_a_password_that_was_changed_meanwhile(
    people: People,
) -> None:
    ann = await people.newcomer(ANN)
    async with people.database.connection() as connection:
        begun = await people.sessions.begin(
            connection, user_id=ann.user_id, password="$argon2id$old", browser=HOME
        )
    assert begun is None


async def test_only_a_digest_of_the_token_is_kept(people: People, execute: Execute) -> None:
    session = await people.sign_up(ANN, GOOD, HOME)
    ((row, digest),) = await execute("SELECT s::text, digest FROM sessions s")
    assert session.token not in str(row)
    assert session.token.encode() != digest
    assert await people.sessions.find(session.token)
    assert await people.sessions.find(session.token + "x") is None
    assert await people.sessions.find("") is None
    assert await people.sessions.find("x" * 100_000) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sessions SET created_at = now() - interval '31 d', expires_at = now()",
        "UPDATE sessions SET used_at = now() - interval '7 d'",
        "UPDATE users SET suspended = true",
        "DELETE FROM users",
    ],
)
async def test_a_session_ends_by_itself(people: People, execute: Execute, change: str) -> None:
    session = await people.sign_up(ANN, GOOD, HOME)
    await execute(change)
    assert await people.sessions.find(session.token) is None


async def test_use_keeps_a_session_alive_and_is_written_once_a_minute(
    people: People, execute: Execute
) -> None:
    session = await people.sign_up(ANN, GOOD, HOME)
    await execute("UPDATE sessions SET used_at = now() - interval '30 s'")
    ((before,),) = await execute("SELECT used_at FROM sessions")
    await people.behind(session.token)
    assert await execute("SELECT used_at FROM sessions") == [(before,)]
    await execute("UPDATE sessions SET used_at = now() - interval '6 d'")
    await people.behind(session.token)
    ((recent,),) = await execute("SELECT used_at > now() - interval '1 minute' FROM sessions")
    assert recent is True


async def test_sessions_are_listed_and_ended_one_by_one_or_but_one(people: People) -> None:
    ann = await people.newcomer(ANN)
    elsewhere = [await people.sign_in(ANN, GOOD, AWAY) for _ in range(3)]
    listed = await people.sessions.of(ann.user_id)
    assert {session.address for session in listed} == {HOME.address, AWAY.address}
    assert len(listed) == 4
    other = await people.behind(elsewhere[0].token)
    await people.sessions.end(ann.user_id, other.session_id)
    assert await people.sessions.find(elsewhere[0].token) is None
    assert await people.sessions.end_others(ann) == 2
    assert [session.id for session in await people.sessions.of(ann.user_id)] == [ann.session_id]


async def test_nobody_ends_or_sees_another_person_s_session(people: People) -> None:
    ann, bob = await people.newcomer(ANN), await people.newcomer("bob@example.org")
    with pytest.raises(NotFound):
        await people.sessions.end(bob.user_id, ann.session_id)
    assert await people.sessions.end_others(bob) == 0
    assert [session.id for session in await people.sessions.of(bob.user_id)] == [bob.session_id]
    with pytest.raises(NotFound):
        await people.sessions.look_at(bob, ann.account_id or "")


async def test_changing_the_password_ends_every_session_and_begins_one(people: People) -> None:
    first = await people.sign_up(ANN, GOOD, HOME)
    ann = await people.behind(first.token)
    second = await people.sign_in(ANN, GOOD, AWAY)
    third = await people.choose_password.change(
        ann, current=GOOD, new="nine yellow submarines", browser=HOME
    )
    assert await people.sessions.find(first.token) is None
    assert await people.sessions.find(second.token) is None
    assert (await people.behind(third.token)).user_id == ann.user_id
    assert await _code(people.sign_in(ANN, GOOD, HOME)) == "wrong_password"
    assert await people.sign_in(ANN, "nine yellow submarines", HOME)


async def test_the_present_password_is_asked_for_and_its_tries_are_counted(
    people: People,
) -> None:
    few = people.within(both=2)
    ann = await few.newcomer(ANN)

    async def change(current: str, new: str) -> str:
        return await _code(few.choose_password.change(ann, current=current, new=new, browser=HOME))

    assert await change(GOOD, "password123") == "password_common"
    assert await change("wrong password", "nine yellow submarines") == "wrong_password"
    assert await change("wrong password", "nine yellow submarines") == "wrong_password"
    assert await change(GOOD, "nine yellow submarines") == "too_many_tries"
    assert await few.sessions.of(ann.user_id)


async def test_two_changes_at_once_do_not_both_succeed(people: People) -> None:
    ann = await people.newcomer(ANN)
    changes = [
        people.choose_password.change(ann, current=GOOD, new=f"yellow train {n}", browser=HOME)
        for n in range(4)
    ]
    results = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert len(await people.sessions.of(ann.user_id)) == 1


async def test_a_link_sets_the_password_once(people: People) -> None:
    first = await people.sign_up(ANN, GOOD, HOME)
    link = await people.operate.reset(ANN)
    assert await people.sign_in(ANN, GOOD, HOME)  # until it is used, nothing changes
    assert await _code(people.choose_password.with_link(link.token, new="x", browser=HOME)) == (
        "password_too_short"
    )
    uses = [
        people.choose_password.with_link(link.token, new="nine yellow submarines", browser=AWAY)
        for _ in range(4)
    ]
    results = await asyncio.gather(*uses, return_exceptions=True)
    sessions = [result for result in results if not isinstance(result, BaseException)]
    assert len(sessions) == 1
    assert [error.code for error in results if isinstance(error, ImgenError)] == ["bad_link"] * 3
    assert await people.sessions.find(first.token) is None
    assert await people.sessions.find(sessions[0].token)
    assert await people.sign_in(ANN, "nine yellow submarines", HOME)


async def test_only_the_newest_link_works_and_not_for_ever(
    people: People, execute: Execute
) -> None:
    await people.newcomer(ANN)
    older, newer = await people.operate.reset(ANN), await people.operate.reset(ANN)

    async def use(token: str) -> str:
        return await _code(
            people.choose_password.with_link(token, new="nine yellow submarines", browser=HOME)
        )

    assert await use(older.token) == "bad_link"
    await execute("UPDATE password_links SET expires_at = now()")
    assert await use(newer.token) == "bad_link"
    assert await use("") == "bad_link"


async def test_a_suspended_user_is_told_only_with_the_right_password(people: People) -> None:
    await people.newcomer(ANN)
    link = await people.operate.reset(ANN)
    await people.operate.suspend(ANN)
    assert await _code(people.sign_in(ANN, "wrong password", HOME)) == "wrong_password"
    with pytest.raises(Forbidden) as caught:
        await people.sign_in(ANN, GOOD, HOME)
    assert caught.value.code == "user_suspended"
    assert (
        await _code(
            people.choose_password.with_link(link.token, new="nine yellow submarines", browser=HOME)
        )
        == "bad_link"
    )
    await people.operate.suspend(ANN, False)
    assert await people.sign_in(ANN, GOOD, HOME)


async def test_what_is_over_is_swept_and_nothing_else(people: People, execute: Execute) -> None:
    ann = await people.newcomer(ANN)
    await people.operate.reset(ANN)
    await people.members.invite(ann, ann.account_id or "", email="bob@example.org", role="member")
    await _code(people.sign_in(ANN, "wrong password", HOME))
    sweep = Sweep(people.database, Lifetimes(idle=timedelta(days=7)))
    assert await sweep() == 0
    await execute("UPDATE sessions SET used_at = now() - interval '8 d'")
    await execute("UPDATE password_links SET expires_at = now()")
    await execute("UPDATE invitations SET expires_at = now()")
    await execute("UPDATE sign_in_tries SET ends_at = now()")
    rows = await execute("SELECT count(*) FROM sign_in_tries")
    assert await sweep() == 3 + int(str(rows[0][0]))
    assert len(await people.operate.everyone()) == 1

"""Members, invitations, keys of one's own, and what one tenant may not see of another."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from imgen.accounts.authenticate import Authenticate
from imgen.accounts.people.records import SignedIn
from imgen.errors import Conflict, Forbidden, ImgenError, NotFound
from tests.accounts.people.everyone import GOOD, HOME, Execute, People

ANN, BOB, CAT = "ann@example.org", "bob@example.org", "cat@example.org"


async def _code(work: Any) -> str:
    with pytest.raises(ImgenError) as caught:
        await work
    return caught.value.code


@pytest.fixture
async def ann(people: People) -> SignedIn:
    return await people.newcomer(ANN)


def _account(person: SignedIn) -> str:
    assert person.account_id is not None
    return person.account_id


async def test_somebody_new_joins_with_the_owner_s_token(people: People, ann: SignedIn) -> None:
    account = _account(ann)
    invitation, link = await people.members.invite(
        ann, account, email=" Bob@Example.org", role="member"
    )
    assert (invitation.email, link.email) == (BOB, BOB)
    assert [one.id for one in await people.members.invitations(account)] == [invitation.id]
    session = await people.join.as_new_user(link.token, GOOD, HOME)
    bob = await people.behind(session.token)
    assert (bob.account_id, bob.role) == (account, "member")
    assert await people.members.invitations(account) == []
    assert [(one.email, one.role) for one in await people.members.of(account)] == [
        (ANN, "owner"),
        (BOB, "member"),
    ]


async def test_somebody_known_joins_as_who_they_are(people: People, ann: SignedIn) -> None:
    session = await people.sign_up(BOB, GOOD, HOME)
    bob = await people.behind(session.token)
    _, link = await people.members.invite(ann, _account(ann), email=BOB, role="owner")
    assert await _code(people.join.as_new_user(link.token, GOOD, HOME)) == "sign_in_first"
    await people.join.signed_in(link.token, bob)
    bob = await people.behind(session.token)
    assert (bob.account_id, bob.role) == (ann.account_id, "owner")


async def test_an_invitation_is_for_one_e_mail_and_one_use(people: People, ann: SignedIn) -> None:
    cat = await people.newcomer(CAT)
    _, link = await people.members.invite(ann, _account(ann), email=BOB, role="member")
    assert await _code(people.join.signed_in(link.token, cat)) == "other_email"
    joins = [people.join.as_new_user(link.token, GOOD, HOME) for _ in range(4)]
    results = await asyncio.gather(*joins, return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert len(await people.members.of(_account(ann))) == 2


async def test_an_invitation_can_be_withdrawn_replaced_and_expires(
    people: People, ann: SignedIn, execute: Execute
) -> None:
    account = _account(ann)
    _, first = await people.members.invite(ann, account, email=BOB, role="member")
    second, link = await people.members.invite(ann, account, email=BOB, role="owner")
    assert await _code(people.join.as_new_user(first.token, GOOD, HOME)) == "bad_link"
    await people.members.withdraw(ann, account, second.id)
    assert await _code(people.join.as_new_user(link.token, GOOD, HOME)) == "bad_link"
    with pytest.raises(NotFound):
        await people.members.withdraw(ann, account, second.id)
    _, third = await people.members.invite(ann, account, email=BOB, role="member")
    await execute("UPDATE invitations SET expires_at = now()")
    assert await _code(people.join.as_new_user(third.token, GOOD, HOME)) == "bad_link"
    assert await people.members.invitations(account) == []


async def test_a_weak_password_leaves_the_invitation_good(people: People, ann: SignedIn) -> None:
    _, link = await people.members.invite(ann, _account(ann), email=BOB, role="member")
    assert await _code(people.join.as_new_user(link.token, "short", HOME)) == "password_too_short"
    assert await people.join.as_new_user(link.token, GOOD, HOME)


async def test_a_member_is_not_invited_again(people: People, ann: SignedIn) -> None:
    await people.joined(ann, BOB)
    assert (
        await _code(people.members.invite(ann, _account(ann), email=BOB, role="member"))
        == "is_member"
    )


async def test_an_invitation_does_not_take_an_owner_s_role(
    people: People, ann: SignedIn, execute: Execute
) -> None:
    _, link = await people.members.invite(ann, _account(ann), email=BOB, role="member")
    bob = await people.newcomer(BOB)
    await people.operate.set_role(BOB, ANN, "owner")
    await people.join.signed_in(link.token, bob)
    assert {one.role for one in await people.members.of(_account(ann))} == {"owner"}


async def test_only_owners_decide_who_is_in(people: People, ann: SignedIn) -> None:
    account, bob = _account(ann), await people.joined(ann, BOB)
    invitation, _ = await people.members.invite(ann, account, email=CAT, role="member")
    for work in (
        people.members.invite(bob, account, email="dan@example.org", role="member"),
        people.members.withdraw(bob, account, invitation.id),
        people.members.change_role(bob, account, bob.user_id, "owner"),
        people.members.remove(bob, account, ann.user_id),
    ):
        assert await _code(work) == "not_owner"
    assert len(await people.members.of(account)) == 2


async def test_a_role_that_was_taken_is_gone_at_once(people: People, ann: SignedIn) -> None:
    account, bob = _account(ann), await people.joined(ann, BOB, "owner")
    await people.members.change_role(ann, account, bob.user_id, "member")
    assert bob.role == "owner"  # as the session was read a moment ago
    assert await _code(people.members.remove(bob, account, ann.user_id)) == "not_owner"


async def test_an_account_keeps_an_owner(people: People, ann: SignedIn) -> None:
    account, bob = _account(ann), await people.joined(ann, BOB)
    for work in (
        people.members.change_role(ann, account, ann.user_id, "member"),
        people.members.remove(ann, account, ann.user_id),
        people.operate.delete(ANN),
        people.operate.set_role(ANN, ANN, None),
    ):
        assert await _code(work) == "last_owner"
    await people.members.change_role(ann, account, bob.user_id, "owner")
    await people.members.remove(ann, account, ann.user_id)
    assert [one.email for one in await people.members.of(account)] == [BOB]


async def test_two_owners_who_leave_at_once_do_not_both_go(people: People, ann: SignedIn) -> None:
    account, bob = _account(ann), await people.joined(ann, BOB, "owner")
    results = await asyncio.gather(
        people.members.remove(ann, account, ann.user_id),
        people.members.remove(bob, account, bob.user_id),
        return_exceptions=True,
    )
    assert [type(result) for result in results if result] == [Conflict]
    assert len(await people.members.of(account)) == 1


async def test_whoever_is_taken_out_looks_at_nothing(people: People, ann: SignedIn) -> None:
    _, link = await people.members.invite(ann, _account(ann), email=BOB, role="member")
    session = await people.join.as_new_user(link.token, GOOD, HOME)
    bob = await people.behind(session.token)
    await people.members.remove(ann, _account(ann), bob.user_id)
    bob = await people.behind(session.token)
    assert (bob.account_id, bob.account, bob.role) == (None, None, None)


async def test_a_person_in_two_accounts_looks_at_one_at_a_time(
    people: People, ann: SignedIn
) -> None:
    session = await people.sign_up(BOB, GOOD, HOME)
    bob = await people.behind(session.token)
    _, link = await people.members.invite(ann, _account(ann), email=BOB, role="member")
    await people.join.signed_in(link.token, bob)
    assert (await people.behind(session.token)).account == ANN
    await people.sessions.look_at(bob, _account(bob))
    assert (await people.behind(session.token)).account == BOB
    again = await people.sign_in(BOB, GOOD, HOME)
    assert (await people.behind(again.token)).account == BOB  # the one they were in first


async def test_an_account_has_room_for_so_many(
    people: People, ann: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgen.accounts.people.members._MOST", 3)
    account = _account(ann)
    invites = [
        people.members.invite(ann, account, email=f"user{n}@example.org", role="member")
        for n in range(6)
    ]
    results = await asyncio.gather(*invites, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 4
    assert len(await people.members.invitations(account)) == 2


async def test_another_tenant_s_members_cannot_be_touched(people: People, ann: SignedIn) -> None:
    stranger = await people.newcomer(CAT)
    bob = await people.joined(ann, BOB)
    invitation, _ = await people.members.invite(
        ann, _account(ann), email="d@example.org", role="member"
    )
    own, theirs = _account(stranger), _account(ann)
    with pytest.raises(NotFound):
        await people.members.change_role(stranger, own, bob.user_id, "owner")
    with pytest.raises(NotFound):
        await people.members.remove(stranger, own, bob.user_id)
    with pytest.raises(NotFound):
        await people.members.withdraw(stranger, own, invitation.id)
    with pytest.raises(Forbidden):
        await people.members.remove(stranger, theirs, bob.user_id)
    assert len(await people.members.of(theirs)) == 2


async def test_a_member_makes_keys_and_revokes_their_own(people: People, ann: SignedIn) -> None:
    account, bob = _account(ann), await people.joined(ann, BOB)
    authenticate = Authenticate(people.database)
    hers, her_secret = await people.own_keys.create(ann, account, label="server")
    his, his_secret = await people.own_keys.create(
        bob, account, label=" laptop ", scopes=["imgen-v2"]
    )
    assert (his.label, his.scopes, his.created_by) == ("laptop", ("imgen-v2",), bob.user_id)
    assert (await authenticate(f"Bearer {his_secret}")).account_id == account
    assert await _code(people.own_keys.revoke(bob, account, hers.id)) == "not_owner"
    await people.own_keys.revoke(bob, account, his.id)
    assert await _code(authenticate(f"Bearer {his_secret}")) == "unknown"
    await people.own_keys.revoke(ann, account, hers.id)
    assert await _code(authenticate(f"Bearer {her_secret}")) == "unknown"
    assert len(await people.own_keys.of(account)) == 2


async def test_keys_of_another_account_do_not_exist(people: People, ann: SignedIn) -> None:
    stranger = await people.newcomer(CAT)
    key, secret = await people.own_keys.create(ann, _account(ann))
    with pytest.raises(NotFound):
        await people.own_keys.revoke(stranger, _account(stranger), key.id)
    assert await people.own_keys.of(_account(stranger)) == []
    assert await Authenticate(people.database)(f"Bearer {secret}")


async def test_an_account_has_so_many_keys_and_no_more(
    people: People, ann: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgen.accounts.people.own_keys._MOST", 3)
    account = _account(ann)
    made = [people.own_keys.create(ann, account) for _ in range(8)]
    results = await asyncio.gather(*made, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 5
    keys = await people.own_keys.of(account)
    assert len(keys) == 3
    await people.own_keys.revoke(ann, account, keys[0].id)
    assert await people.own_keys.create(ann, account)

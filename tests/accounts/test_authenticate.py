"""From a bearer token to its account."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from imgen.accounts import keys
from imgen.accounts.administer import Administer
from imgen.accounts.authenticate import Authenticate
from imgen.accounts.records import SCOPES
from imgen.database.pool import Database
from imgen.errors import Forbidden, ImgenError, Invalid, NotFound, Unauthenticated


@pytest.fixture
def administer(database: Database) -> Administer:
    return Administer(database)


@pytest.fixture
def authenticate(database: Database) -> Authenticate:
    return Authenticate(database)


async def _refusal(authenticate: Authenticate, header: str) -> ImgenError:
    with pytest.raises(ImgenError) as caught:
        await authenticate(header)
    return caught.value


async def test_a_good_key_leads_to_its_account(
    administer: Administer, authenticate: Authenticate
) -> None:
    one, two = await administer.create_key("ann"), await administer.create_key("ann")
    other = await administer.create_key("bob")
    callers = [await authenticate(f"Bearer {secret}") for secret in (one, two, other)]
    assert callers[0].account_id == callers[1].account_id != callers[2].account_id
    assert callers[0].key_id != callers[1].key_id
    assert callers[0].plan is not None
    assert callers[0].plan.slug == "unlimited"
    assert (callers[0].account, callers[2].account) == ("ann", "bob")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer  ", "Basic YTpi", "nonsense"])
async def test_no_bearer_token_is_missing(authenticate: Authenticate, header: str) -> None:
    assert (await _refusal(authenticate, header)).code == "missing"


@pytest.mark.parametrize(
    "token",
    ["x", "imgen_" + "a" * 38, pytest.param(keys.new_secret(), id="well-formed"), "é" * 44],
)
async def test_a_token_that_is_no_key_of_ours_is_unknown(
    authenticate: Authenticate, token: str
) -> None:
    refusal = await _refusal(authenticate, f"Bearer {token}")
    assert isinstance(refusal, Unauthenticated)
    assert refusal.code == "unknown"


async def test_the_scheme_s_case_does_not_matter(
    administer: Administer, authenticate: Authenticate
) -> None:
    secret = await administer.create_key("ann")
    assert await authenticate(f"bearer   {secret} ") == await authenticate(f"Bearer {secret}")


async def test_a_revoked_key_stops_working_at_once(
    administer: Administer, authenticate: Authenticate
) -> None:
    secret = await administer.create_key("ann")
    key = (await administer.list_keys("ann"))[0]
    await administer.revoke_key(key.id)
    assert (await _refusal(authenticate, f"Bearer {secret}")).code == "unknown"
    assert (await administer.list_keys("ann"))[0].revoked_at is not None


async def test_an_expired_key_says_so(administer: Administer, authenticate: Authenticate) -> None:
    secret = await administer.create_key("ann", expires_in=timedelta(microseconds=1))
    assert (await _refusal(authenticate, f"Bearer {secret}")).code == "expired"


async def test_a_suspended_account_is_refused_until_resumed(
    administer: Administer, authenticate: Authenticate
) -> None:
    secret = await administer.create_key("ann")
    await administer.suspend("ann")
    refusal = await _refusal(authenticate, f"Bearer {secret}")
    assert isinstance(refusal, Forbidden)
    assert refusal.code == "suspended"
    await administer.suspend("ann", False)
    assert await authenticate(f"Bearer {secret}")


async def test_an_account_without_a_plan_is_refused(
    administer: Administer, authenticate: Authenticate
) -> None:
    secret = await administer.create_key("ann", plan="free")
    await administer.change_plan("ann", None)
    assert (await _refusal(authenticate, f"Bearer {secret}")).code == "no_plan"
    await administer.change_plan("ann", "pro")
    plan = (await authenticate(f"Bearer {secret}")).plan
    assert plan is not None
    assert plan.slug == "pro"


async def test_a_second_key_leaves_the_plan_alone(administer: Administer) -> None:
    await administer.create_key("ann", plan="free")
    await administer.create_key("ann", plan="pro")
    assert [account.plan for account in await administer.list_accounts()] == ["free"]


async def test_bad_names_and_plans_are_refused_by_field(administer: Administer) -> None:
    for name, plan, field in (("", "pro", "name"), ("a\nb", "pro", "name"), ("a", "gold", "plan")):
        with pytest.raises(Invalid) as caught:
            await administer.create_key(name, plan=plan)
        assert caught.value.field == field
    assert await administer.list_accounts() == []


async def test_what_is_not_there_cannot_be_changed(administer: Administer) -> None:
    with pytest.raises(NotFound):
        await administer.revoke_key("key_none")
    with pytest.raises(NotFound):
        await administer.suspend("nobody")
    with pytest.raises(NotFound):
        await administer.change_plan("nobody", "pro")


async def test_a_key_for_some_surfaces_is_refused_by_the_others(
    administer: Administer, authenticate: Authenticate
) -> None:
    secret = await administer.create_key("ann", scopes=["imagine", "imgen-v2"])
    caller = await authenticate(f"Bearer {secret}", surface="imagine")
    assert caller.scopes == ("imgen-v2", "imagine")
    with pytest.raises(Forbidden) as caught:
        await authenticate(f"Bearer {secret}", surface="cache-api")
    assert caught.value.code == "scope"
    assert "imgen-v2, imagine" in caught.value.message


async def test_a_key_without_scopes_is_good_for_every_surface(
    administer: Administer, authenticate: Authenticate
) -> None:
    secret = await administer.create_key("ann")
    for surface in SCOPES:
        assert (await authenticate(f"Bearer {secret}", surface=surface)).scopes == ()


async def test_a_bad_label_scope_or_time_is_refused_by_field(administer: Administer) -> None:
    for bad, field in (
        ({"label": "x" * 101}, "label"),
        ({"label": "a\nb"}, "label"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_in": timedelta(0)}, "expires_in"),
        ({"expires_in": timedelta(days=100_000)}, "expires_in"),
    ):
        with pytest.raises(Invalid) as caught:
            await administer.create_key("ann", **bad)
        assert caught.value.field == field
    assert await administer.list_accounts() == []


async def test_the_last_use_is_written_at_most_once_a_minute(
    administer: Administer, authenticate: Authenticate, database: Database
) -> None:
    secret = await administer.create_key("ann")
    assert (await administer.list_keys())[0].last_used_at is None
    await authenticate(f"Bearer {secret}")
    first = (await administer.list_keys())[0].last_used_at
    assert first is not None
    await authenticate(f"Bearer {secret}")
    assert (await administer.list_keys())[0].last_used_at == first
    async with database.connection() as connection:
        await connection.execute("UPDATE api_keys SET last_used_at = now() - interval '61 s'")
    await authenticate(f"Bearer {secret}")
    latest = (await administer.list_keys())[0].last_used_at
    assert latest is not None
    assert latest > first


async def test_nobody_waits_for_whoever_writes_the_last_use(
    administer: Administer, authenticate: Authenticate, database: Database
) -> None:
    secret = await administer.create_key("ann")
    async with database.transaction() as other:
        await other.execute("SELECT FROM api_keys FOR NO KEY UPDATE")
        async with asyncio.timeout(10):
            assert await authenticate(f"Bearer {secret}")
    assert (await administer.list_keys())[0].last_used_at is None


async def test_a_refused_key_is_not_used(
    administer: Administer, authenticate: Authenticate
) -> None:
    secret = await administer.create_key("ann", expires_in=timedelta(microseconds=1))
    await _refusal(authenticate, f"Bearer {secret}")
    assert (await administer.list_keys())[0].last_used_at is None


async def test_no_secret_is_in_the_database(administer: Administer, database: Database) -> None:
    secret = await administer.create_key("ann")
    async with database.connection() as connection:
        cursor = await connection.execute("SELECT to_jsonb(k)::text FROM api_keys k")
        row = await cursor.fetchone()
    assert row is not None
    assert secret not in row[0]
    assert secret.encode().hex() not in row[0]

"""What people do with the account API, from signing up to leaving."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from imgen.accounts.authenticate import Authenticate
from imgen.accounts.people.lifetimes import Lifetimes
from imgen.accounts.people.operate import OperateUsers
from imgen.accounts.people.passwords import Passwords
from imgen.database.pool import Database
from tests.surfaces.account.conftest import MakeApp, MakeTenant
from tests.surfaces.account.tenants import GOOD, browser, sign_up, stranger

ANN, BOB = "ann@example.org", "bob@example.org"


async def test_signing_up_says_who_one_is_and_signs_in(client: httpx.AsyncClient) -> None:
    reply = await sign_up(client, " Ann@Example.org", account="Bicycles")
    assert reply["user"]["email"] == ANN
    assert reply["user"]["admin"] is False
    assert (reply["account"]["name"], reply["account"]["role"]) == ("Bicycles", "owner")
    assert (reply["plan"]["slug"], reply["plan"]["requests_per_day"]) == ("free", 50)
    me = (await client.get("/account/me")).json()
    assert me == {name: value for name, value in reply.items() if name != "expires_at"}
    assert "token" not in reply
    assert GOOD not in str(reply)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": ANN}, "password"),
        ({"email": 7, "password": GOOD}, "email"),
        ({"email": "ann", "password": GOOD}, "email"),
        ({"email": "a" * 400 + "@example.org", "password": GOOD}, "email"),
        ({"email": ANN, "password": "short"}, "password"),
        ({"email": ANN, "password": "Password123!"}, "password"),
        ({"email": ANN, "password": "x" * 1001}, "password"),
        ({"email": ANN, "password": [GOOD]}, "password"),
        ({"email": ANN, "password": GOOD, "account": "a\u0000b"}, "account"),
        ({"email": ANN, "password": GOOD, "account": "\u200b"}, "account"),
    ],
    ids=str,
)
async def test_a_bad_sign_up_names_the_field(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    response = await client.post("/account/sign-up", json=body)
    assert response.status_code == 400
    assert response.json()["field"] == field
    assert "set-cookie" not in response.headers


async def test_an_e_mail_that_is_taken_is_a_conflict(client: httpx.AsyncClient) -> None:
    await sign_up(client, ANN)
    response = await client.post("/account/sign-up", json={"email": ANN, "password": GOOD})
    assert (response.status_code, response.json()["code"]) == (409, "email_taken")


async def test_a_sign_up_whose_answer_was_lost_is_sent_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    body = {"email": ANN, "password": GOOD, "account": "pictures"}
    headers = {"Idempotency-Key": "17"}
    first = await client.post("/account/sign-up", json=body, headers=headers)
    client.cookies.clear()
    again = await client.post("/account/sign-up", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == {**first.json(), "expires_at": again.json()["expires_at"]}
    assert (await client.get("/account/me")).json()["user"]["email"] == ANN
    async with database.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM users")
        assert await cursor.fetchone() == (1,)


@pytest.mark.parametrize("changes", [{"password": "another good one"}, {"account": "other"}])
async def test_a_sign_up_with_somebody_s_e_mail_is_a_conflict_whatever_its_key(
    client: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    body = {"email": ANN, "password": GOOD}
    headers = {"Idempotency-Key": "17"}
    await client.post("/account/sign-up", json=body, headers=headers)
    client.cookies.clear()
    again = await client.post("/account/sign-up", json={**body, **changes}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")
    assert "set-cookie" not in again.headers


async def test_a_sign_up_with_a_bad_key_makes_nobody(client: httpx.AsyncClient) -> None:
    body = {"email": ANN, "password": GOOD}
    bad = await client.post("/account/sign-up", json=body, headers={"Idempotency-Key": ""})
    assert (bad.status_code, bad.json()["code"]) == (400, "idempotency_key")
    assert (await client.post("/account/sign-up", json=body)).status_code == 201


@pytest.mark.parametrize("name", ["bob@example.org", "Ann@example.org", "x@y"])
async def test_nobody_takes_an_account_name_that_reads_as_an_e_mail_of_others(
    client: httpx.AsyncClient, name: str
) -> None:
    body = {"email": "ann@example.org", "password": GOOD, "account": name}
    reply = await client.post("/account/sign-up", json=body)
    assert (reply.status_code, reply.json()["field"]) == (400, "account")
    body["account"] = " ann@example.org "
    reply = await client.post("/account/sign-up", json=body)
    assert reply.json()["account"]["name"] == "ann@example.org"


async def test_a_closed_door_is_forbidden(make_account_app: MakeApp) -> None:
    async with browser(make_account_app(sign_ups=False)) as client:
        response = await client.post("/account/sign-up", json={"email": ANN, "password": GOOD})
    assert (response.status_code, response.json()["code"]) == (403, "sign_up_closed")


async def test_sign_out_and_in_again(client: httpx.AsyncClient) -> None:
    await sign_up(client, ANN)
    kept = dict(client.cookies)
    assert (await client.post("/account/sign-out")).status_code == 204
    assert not client.cookies
    client.cookies.update(kept)  # who kept a copy has nothing
    assert (await client.get("/account/me")).status_code == 401
    client.cookies.clear()
    assert (await client.post("/account/sign-out")).status_code == 204
    response = await client.post("/account/sign-in", json={"email": ANN, "password": GOOD})
    assert response.status_code == 200
    assert (await client.get("/account/me")).json()["user"]["email"] == ANN


async def test_signing_in_anew_ends_the_session_before(client: httpx.AsyncClient) -> None:
    await sign_up(client, ANN)
    await client.post("/account/sign-in", json={"email": ANN, "password": GOOD})
    assert len((await client.get("/account/sessions")).json()["sessions"]) == 1


async def test_a_wrong_password_is_401_and_too_many_are_429(client: httpx.AsyncClient) -> None:
    await sign_up(client, ANN)
    body = {"email": ANN, "password": "something else"}
    for _ in range(10):
        response = await client.post("/account/sign-in", json=body)
        assert (response.status_code, response.json()["code"]) == (401, "wrong_password")
    response = await client.post("/account/sign-in", json={"email": ANN, "password": GOOD})
    assert (response.status_code, response.json()["code"]) == (429, "too_many_tries")
    assert 1 <= int(response.headers["retry-after"]) <= 900


async def test_sessions_are_listed_and_ended(app: ASGIApp, client: httpx.AsyncClient) -> None:
    await sign_up(client, ANN)
    async with browser(app, address="2001:db8::7") as other:
        await other.post("/account/sign-in", json={"email": ANN, "password": GOOD})
        sessions = (await client.get("/account/sessions")).json()["sessions"]
        assert [one["current"] for one in sessions].count(True) == 1
        assert {one["address"] for one in sessions} == {"192.0.2.1", "2001:db8::7"}
        assert "digest" not in sessions[0]
        assert (await client.delete("/account/sessions")).json() == {"ended": 1}
        assert (await other.get("/account/me")).status_code == 401
    (last,) = (await client.get("/account/sessions")).json()["sessions"]
    assert (await client.delete(f"/account/sessions/{last['id']}")).status_code == 204
    assert not client.cookies


async def test_a_new_password_signs_everybody_else_out(
    app: ASGIApp, client: httpx.AsyncClient
) -> None:
    await sign_up(client, ANN)
    new = "nine yellow submarines"
    async with browser(app) as other:
        await other.post("/account/sign-in", json={"email": ANN, "password": GOOD})
        body = {"current": GOOD, "password": new}
        response = await client.post("/account/password", json=body)
        assert response.status_code == 200
        assert (await client.get("/account/me")).status_code == 200
        assert (await other.get("/account/me")).status_code == 401
        refused = await other.post("/account/sign-in", json={"email": ANN, "password": GOOD})
        assert refused.status_code == 401


async def test_an_operator_s_token_sets_a_password(
    client: httpx.AsyncClient, database: Database
) -> None:
    link = await OperateUsers(database, Passwords(), Lifetimes()).add(ANN, plan="pro")
    body = {"token": link.token, "password": GOOD}
    response = await client.post("/account/password/reset", json=body)
    assert (response.status_code, response.json()["plan"]["slug"]) == (200, "pro")
    assert (await client.get("/account/me")).json()["user"]["email"] == ANN
    again = await client.post("/account/password/reset", json=body)
    assert (again.status_code, again.json()["code"]) == (400, "bad_link")


async def test_a_key_s_secret_is_shown_once(client: httpx.AsyncClient, database: Database) -> None:
    await sign_up(client, ANN)
    body = {"label": "checkout", "scopes": ["imageapi-v1"], "expires_in": 3600}
    response = await client.post("/account/keys", json=body)
    assert response.status_code == 201
    made = response.json()
    assert (made["key"]["label"], made["key"]["scopes"]) == ("checkout", ["imageapi-v1"])
    assert made["key"]["expires_at"] is not None
    assert await Authenticate(database)(f"Bearer {made['secret']}", surface="imageapi-v1")
    listed = await client.get("/account/keys")
    (key,) = listed.json()["keys"]
    assert key.pop("last_used_at") is not None
    assert key == {name: value for name, value in made["key"].items() if name != "last_used_at"}
    assert made["secret"] not in listed.text


@pytest.mark.parametrize(
    ("path", "body", "other", "secret"),
    [
        ("/account/keys", {"label": "shop"}, {"label": "other"}, "secret"),
        ("/account/members", {"email": BOB}, {"email": "cat@example.org"}, "token"),
    ],
)
async def test_a_call_that_is_sent_twice_makes_one_thing_and_shows_its_secret_once(
    client: httpx.AsyncClient,
    database: Database,
    path: str,
    body: dict[str, Any],
    other: dict[str, Any],
    secret: str,
) -> None:
    await sign_up(client, ANN)
    headers = {"Idempotency-Key": "7f3a"}
    first = await client.post(path, json=body, headers=headers)
    again = await client.post(path, json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()[secret]
    assert again.json() == {**first.json(), secret: None}
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    refused = await client.post(path, json=other, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_mismatch")
    listed = (await client.get(path)).json()
    assert len(listed.get("keys") or listed["invitations"]) == 1
    async with database.connection() as connection:
        cursor = await connection.execute("SELECT encode(body, 'escape') FROM idempotent_replies")
        assert first.json()[secret] not in str(await cursor.fetchall())


async def test_an_idempotency_key_is_one_person_s(
    make_tenant: MakeTenant,
) -> None:
    ann, bob = await make_tenant(ANN), await make_tenant(BOB)
    for tenant in (ann, bob):
        made = await tenant.client.post("/account/keys", json={}, headers={"Idempotency-Key": "1"})
        assert made.json()["secret"]


async def test_a_refusal_is_not_kept_for_repeats(client: httpx.AsyncClient) -> None:
    await sign_up(client, ANN)
    headers = {"Idempotency-Key": "1"}
    body = {"scopes": ["everything"]}
    for _ in range(2):
        assert (await client.post("/account/keys", json=body, headers=headers)).status_code == 400
    assert (await client.post("/account/keys", json={}, headers=headers)).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"label": "x" * 101}, "label"),
        ({"label": "a\nb"}, "label"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": "account"}, "scopes"),
        ({"scopes": [1]}, "scopes"),
        ({"scopes": ["account"] * 21}, "scopes"),
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": 1.5}, "expires_in"),
        ({"expires_in": "30d"}, "expires_in"),
        ({"expires_in": 10**30}, "expires_in"),
    ],
    ids=str,
)
async def test_a_bad_key_names_the_field(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    await sign_up(client, ANN)
    response = await client.post("/account/keys", json=body)
    assert response.status_code == 400
    assert response.json()["field"] == field
    assert (await client.get("/account/keys")).json() == {"keys": []}


async def test_a_revoked_key_is_gone_at_once(make_tenant: MakeTenant, app: ASGIApp) -> None:
    ann = await make_tenant(ANN)
    async with stranger(app, Authorization=f"Bearer {ann.secret}") as client:
        assert (await client.get("/account/usage")).status_code == 200
        assert (await ann.client.delete(f"/account/keys/{ann.key_id}")).status_code == 204
        assert (await client.get("/account/usage")).status_code == 401
    (key,) = (await ann.client.get("/account/keys")).json()["keys"]
    assert key["revoked_at"] is not None


async def test_usage_shows_what_the_plan_leaves(client: httpx.AsyncClient) -> None:
    await sign_up(client, ANN)
    usage = (await client.get("/account/usage")).json()
    assert usage["today"] == {"requests": 0, "images": 0, "left": 50}
    assert usage["this_month"]["left"] == 1500
    assert usage["this_minute"] == {"requests": 0, "left": 10}
    assert usage["credits"]["available"] == 50
    assert usage["plan"]["name"] == "Free"


async def test_requests_are_found_by_id_and_listed_newest_first(
    make_tenant: MakeTenant, database: Database
) -> None:
    ann = await make_tenant(ANN)
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO requests (id, account_id, key_id, surface, operation, parameters, counted,"
            " started_at, lease_until) SELECT 'req_' || n, %s, 'key_x', 'imagine', 'generate',"
            """ '{"prompt": "a lake"}', true, now() + n * interval '1 s', now()"""
            " FROM generate_series(1, 3) AS n",
            (ann.account_id,),
        )
    first = (await ann.client.get("/account/requests?limit=2")).json()["requests"]
    assert [one["id"] for one in first] == ["req_3", "req_2"]
    rest = (await ann.client.get("/account/requests?before=req_2")).json()["requests"]
    assert [one["id"] for one in rest] == ["req_1", ann.request_id]
    found = (await ann.client.get("/account/requests/req_2")).json()["request"]
    assert (found["operation"], found["parameters"]) == ("generate", {"prompt": "a lake"})
    assert (await ann.client.get("/account/requests/req_none")).status_code == 404


@pytest.mark.parametrize("limit", ["0", "501", "-1", "many", "", "1.5", "9" * 400, "٣"])
async def test_a_bad_limit_names_the_field(client: httpx.AsyncClient, limit: str) -> None:
    await sign_up(client, ANN)
    response = await client.get("/account/requests", params={"limit": limit})
    assert (response.status_code, response.json()["field"]) == (400, "limit")


async def test_storage_is_preferred_or_not(client: httpx.AsyncClient, database: Database) -> None:
    await sign_up(client, ANN)
    preferences = (await client.get("/account/preferences")).json()
    assert preferences == {"storage": True, "plan_has_storage": False, "in_force": False}
    async with database.connection() as connection:
        await connection.execute("UPDATE accounts SET plan = 'pro'")
    preferences = (await client.patch("/account/preferences", json={"storage": False})).json()
    assert preferences == {"storage": False, "plan_has_storage": True, "in_force": False}
    secret = (await client.post("/account/keys", json={})).json()["secret"]
    assert (await Authenticate(database)(f"Bearer {secret}")).storage_preferred is False
    refused = await client.patch("/account/preferences", json={"storage": "no"})
    assert (refused.status_code, refused.json()["field"]) == (400, "storage")


async def test_an_owner_invites_promotes_and_removes(
    app: ASGIApp, client: httpx.AsyncClient
) -> None:
    await sign_up(client, ANN)
    invited = await client.post("/account/members", json={"email": BOB})
    assert invited.status_code == 201
    listed = (await client.get("/account/members")).json()
    assert [one["email"] for one in listed["invitations"]] == [BOB]
    assert invited.json()["token"] not in str(listed)
    async with browser(app) as other:
        body = {"token": invited.json()["token"], "password": GOOD}
        joined = await other.post("/account/join", json=body)
        assert (joined.status_code, joined.json()["account"]["role"]) == (201, "member")
        bob = joined.json()["user"]["id"]
        refused = await other.post("/account/members", json={"email": "cat@example.org"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_owner")
        changed = await client.patch(f"/account/members/{bob}", json={"role": "owner"})
        assert [one["role"] for one in changed.json()["members"]] == ["owner", "owner"]
        assert (await other.delete(f"/account/members/{bob}")).status_code == 204
    members = (await client.get("/account/members")).json()["members"]
    assert [one["email"] for one in members] == [ANN]
    refused = await client.delete(f"/account/members/{members[0]['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_owner")
    refused = await client.patch(f"/account/members/{members[0]['id']}", json={"role": "admin"})
    assert (refused.status_code, refused.json()["field"]) == (400, "role")


async def test_somebody_with_an_account_joins_another_and_switches(
    app: ASGIApp, client: httpx.AsyncClient
) -> None:
    await sign_up(client, ANN)
    token = (await client.post("/account/members", json={"email": BOB})).json()["token"]
    async with browser(app) as other:
        bob = await sign_up(other, BOB)
        anonymous = {"token": token, "password": GOOD}
        async with stranger(app) as nobody:
            refused = await nobody.post("/account/join", json=anonymous)
            assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_first")
        joined = await other.post("/account/join", json={"token": token})
        assert joined.json()["account"]["name"] == ANN
        assert [one["name"] for one in joined.json()["accounts"]] == [BOB, ANN]
        body = {"account": bob["account"]["id"]}
        switched = await other.post("/account/switch", json=body)
        assert switched.json()["account"]["name"] == BOB


async def test_an_invitation_can_be_taken_back(make_tenant: MakeTenant, app: ASGIApp) -> None:
    ann = await make_tenant(ANN)
    path = f"/account/invitations/{ann.invitation_id}"
    assert (await ann.client.delete(path)).status_code == 204
    assert (await ann.client.delete(path)).status_code == 404
    async with browser(app) as other:
        body = {"token": ann.token, "password": GOOD}
        refused = await other.post("/account/join", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_link")


async def test_every_error_has_this_surface_s_shape(client: httpx.AsyncClient) -> None:
    for response, status, code in (
        (await client.get("/account/nothing"), 404, "path_not_found"),
        (await client.get("/account/sign-in"), 405, "method_not_allowed"),
        (await client.post("/account/sign-in", json=[]), 400, "malformed_json"),
        (await client.post("/account/sign-in", content="{"), 415, "unsupported_media_type"),
        (await client.post("/account/sign-in", json={"x": "x" * 70_000}), 413, "body_too_large"),
    ):
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert response.json()["error"]
        assert response.headers["x-request-id"].startswith("req_")

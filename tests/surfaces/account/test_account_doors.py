"""Who may come in to which path of the account API; tried on every path there is."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest
from starlette.types import ASGIApp

from imgen.database.pool import Database
from tests.surfaces.account.conftest import MakeApp, MakeTenant
from tests.surfaces.account.tenants import GOOD, ORIGIN, Tenant, browser, sign_up, stranger

ANYBODY, PERSON, MEMBER, ACCOUNT = "anybody", "person", "member", "account"
NEW = "nine yellow submarines"

PATHS: dict[tuple[str, str], tuple[str, dict[str, Any] | None]] = {
    ("POST", "/account/sign-up"): (ANYBODY, {"email": "new@example.org", "password": GOOD}),
    ("POST", "/account/sign-in"): (ANYBODY, {"email": "{email}", "password": GOOD}),
    ("POST", "/account/sign-out"): (ANYBODY, None),
    ("POST", "/account/join"): (ANYBODY, {"token": "{token}", "password": GOOD}),
    ("POST", "/account/password"): (PERSON, {"current": GOOD, "password": NEW}),
    ("POST", "/account/password/reset"): (ANYBODY, {"token": "unknown", "password": NEW}),
    ("GET", "/account/me"): (PERSON, None),
    ("POST", "/account/switch"): (PERSON, {"account": "{account_id}"}),
    ("GET", "/account/sessions"): (PERSON, None),
    ("DELETE", "/account/sessions"): (PERSON, None),
    ("DELETE", "/account/sessions/{session_id}"): (PERSON, None),
    ("GET", "/account/keys"): (ACCOUNT, None),
    ("POST", "/account/keys"): (MEMBER, {"label": "another"}),
    ("DELETE", "/account/keys/{key_id}"): (MEMBER, None),
    ("GET", "/account/usage"): (ACCOUNT, None),
    ("GET", "/account/requests"): (ACCOUNT, None),
    ("GET", "/account/requests?before={request_id}"): (ACCOUNT, None),
    ("GET", "/account/requests/{request_id}"): (ACCOUNT, None),
    ("GET", "/account/preferences"): (ACCOUNT, None),
    ("PATCH", "/account/preferences"): (MEMBER, {"storage": False}),
    ("GET", "/account/members"): (MEMBER, None),
    ("POST", "/account/members"): (MEMBER, {"email": "dan@example.org"}),
    ("PATCH", "/account/members/{user_id}"): (MEMBER, {"role": "owner"}),
    ("DELETE", "/account/members/{user_id}"): (MEMBER, None),
    ("DELETE", "/account/invitations/{invitation_id}"): (MEMBER, None),
}
"""Every path: who may come in, and a body that is good."""


def _filled(value: Any, tenant: Tenant) -> Any:
    if isinstance(value, dict):
        return {name: _filled(item, tenant) for name, item in value.items()}
    if isinstance(value, str):
        return value.format(**{name: getattr(tenant, name) for name in Tenant.__annotations__})
    return value


async def _send(
    client: httpx.AsyncClient, method: str, path: str, tenant: Tenant, **more: Any
) -> httpx.Response:
    body = PATHS[method, path][1]
    if body is not None:
        more = {"json": _filled(body, tenant), **more}
    return await client.request(method, _filled(path, tenant), **more)


def _id(case: tuple[str, str]) -> str:
    return " ".join(case)


def test_this_table_has_every_path(app: ASGIApp) -> None:
    routes = app._app.routes  # type: ignore[attr-defined]
    served = {
        (method, route.path.split("{")[0])
        for route in routes
        for method in route.methods - {"HEAD"}
        if route.path.startswith("/account")
    }
    assert served == {(method, path.split("{")[0].split("?")[0]) for method, path in PATHS}


async def test_a_stranger_comes_in_where_anybody_may(app: ASGIApp, make_tenant: MakeTenant) -> None:
    ann = await make_tenant("ann@example.org")
    for case, (door, _) in PATHS.items():
        async with stranger(app) as client:
            response = await _send(client, *case, ann)
        if door == ANYBODY:
            assert response.status_code in {200, 201, 204, 400}, case
        else:
            assert response.status_code == 401, case
            assert response.json()["code"] == "not_signed_in"


async def test_a_key_reads_what_is_the_account_s_and_changes_nothing(
    app: ASGIApp, make_tenant: MakeTenant
) -> None:
    ann = await make_tenant("ann@example.org")
    async with stranger(app, Authorization=f"Bearer {ann.secret}") as client:
        for case, (door, _) in PATHS.items():
            if door != ANYBODY:
                response = await _send(client, *case, ann)
                assert response.status_code == (200 if door == ACCOUNT else 401), case


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://sister.imgen.test", "Sec-Fetch-Site": "same-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Origin": "https://evil.test"},
        {"Origin": "http://imgen.test.evil.test"},
        {"Origin": "http://["},
        {},
    ],
    ids=str,
)
async def test_another_site_s_page_changes_nothing_with_our_cookie(
    make_tenant: MakeTenant, database: Database, headers: dict[str, str]
) -> None:
    ann = await make_tenant("ann@example.org")
    before = await _everything_of(database, ann)
    for name in ("Origin", "Sec-Fetch-Site"):
        del ann.client.headers[name]
    for case in PATHS:
        response = await _send(ann.client, *case, ann, headers=headers)
        if case[0] == "GET":
            assert response.status_code == 200, case
            assert "access-control-allow-origin" not in response.headers
        else:
            assert response.status_code == 403, case
            assert response.json()["code"] == "other_origin"
    assert await _everything_of(database, ann) == before


@pytest.mark.parametrize("path", ["/account/sign-in", "/account/sign-up"])
async def test_another_site_s_page_signs_nobody_in(app: ASGIApp, path: str) -> None:
    async with stranger(app, Origin="https://evil.test") as client:
        body = {"email": "eve@example.org", "password": GOOD}
        response = await client.post(path, json=body)
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ORIGIN},
        {"Origin": "http://IMGEN.test"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "other.name", "Origin": "http://other.name"},
    ],
    ids=str,
)
async def test_our_own_page_may(make_tenant: MakeTenant, headers: dict[str, str]) -> None:
    ann = await make_tenant("ann@example.org")
    for name in ("Origin", "Sec-Fetch-Site"):
        del ann.client.headers[name]
    cookie = "; ".join(f"{name}={value}" for name, value in ann.client.cookies.items())
    response = await ann.client.post(
        "/account/keys", json={}, headers={**headers, "Cookie": cookie}
    )
    assert response.status_code == 201


async def test_a_form_is_no_body(make_tenant: MakeTenant) -> None:
    """What another site's page could send without asking first."""
    ann = await make_tenant("ann@example.org")
    for case in (case for case, (_, body) in PATHS.items() if body is not None):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            response = await ann.client.request(
                case[0],
                _filled(case[1], ann),
                content='{"email": "new@example.org"}',
                headers={"Content-Type": kind},
            )
            assert response.status_code == 415, case


@pytest.mark.parametrize("case", PATHS, ids=_id)
async def test_two_tenants_never_see_each_other(
    make_tenant: MakeTenant, database: Database, case: tuple[str, str]
) -> None:
    """Eve sends Ann's ids with her own session, then nothing of Ann has changed or was told."""
    ann, eve = await make_tenant("ann@example.org"), await make_tenant("eve@example.org")
    before = await _everything_of(database, ann)
    response = await _send(eve.client, *case, ann)
    names_ann = "{" in case[1] or "{account_id}" in str(PATHS[case][1])
    if names_ann:
        assert response.status_code == 404
    for secret in (ann.user_id, ann.account_id, ann.key_id, ann.secret, ann.session_id,
                   ann.invitation_id, ann.request_id):  # fmt: skip
        if case[1] != "/account/sign-in":  # there, Eve says that she is Ann, and knows how
            assert secret not in response.text
    if case[1] not in {"/account/sign-in", "/account/join"}:
        assert await _everything_of(database, ann) == before


async def _everything_of(database: Database, tenant: Tenant) -> list[Any]:
    found = []
    async with database.connection() as connection:
        for query in (
            "SELECT a::text FROM accounts a WHERE id = %(account_id)s",
            "SELECT k::text FROM api_keys k WHERE account_id = %(account_id)s ORDER BY id",
            "SELECT m::text FROM memberships m WHERE account_id = %(account_id)s ORDER BY user_id",
            "SELECT i::text FROM invitations i WHERE account_id = %(account_id)s ORDER BY id",
            "SELECT r::text FROM requests r WHERE account_id = %(account_id)s ORDER BY id",
            "SELECT u::text FROM users u WHERE id = %(user_id)s",
            "SELECT s::text FROM sessions s WHERE user_id = %(user_id)s ORDER BY id",
        ):
            parameters = {"account_id": tenant.account_id, "user_id": tenant.user_id}
            cursor = await connection.execute(query, parameters)
            found.append(await cursor.fetchall())
    return found


async def test_a_suspended_account_is_closed_and_the_person_is_told(
    make_tenant: MakeTenant, clean_url: str
) -> None:
    ann = await make_tenant("ann@example.org")
    with psycopg.connect(clean_url, autocommit=True) as connection:
        connection.execute("UPDATE accounts SET suspended = true")
    for case in (case for case, (door, _) in PATHS.items() if door in {MEMBER, ACCOUNT}):
        response = await _send(ann.client, *case, ann)
        assert response.status_code == 403, case
        assert response.json()["code"] == "suspended"
    assert (await ann.client.get("/account/me")).json()["account"]["suspended"] is True


async def test_whoever_is_in_no_account_is_told(app: ASGIApp, make_tenant: MakeTenant) -> None:
    ann = await make_tenant("ann@example.org")
    async with browser(app) as client:
        body = {"token": ann.token, "password": GOOD}
        bob = (await client.post("/account/join", json=body)).json()
        assert (await client.get("/account/keys")).status_code == 200
        gone = await ann.client.delete(f"/account/members/{bob['user']['id']}")
        assert gone.status_code == 204
        refused = await client.get("/account/keys")
        assert (refused.status_code, refused.json()["code"]) == (403, "no_account")
        me = (await client.get("/account/me")).json()
        assert (me["account"], me["accounts"], me["plan"]) == (None, [], None)


async def test_a_key_for_other_surfaces_is_refused_and_the_refusal_logged(
    make_tenant: MakeTenant, app: ASGIApp
) -> None:
    ann = await make_tenant("ann@example.org")
    made = await ann.client.post("/account/keys", json={"scopes": ["imageapi-v1"]})
    async with stranger(app, Authorization=f"Bearer {made.json()['secret']}") as client:
        refused = await client.get("/account/usage")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope")
    logged = await ann.client.get(f"/account/requests/{refused.headers['x-request-id']}")
    assert logged.json()["request"]["code"] == "scope"


@pytest.mark.parametrize("text", ["%00", "a%00b", "%F0%9F%9A%B2", "%FF", "..", "a" * 5000, "%25"])
async def test_an_id_that_is_none_is_not_found(make_tenant: MakeTenant, text: str) -> None:
    ann = await make_tenant("ann@example.org")
    for method, path in PATHS:
        if "_id}" in path:
            sent = path.split("{")[0] + text
            body = PATHS[method, path][1]
            response = await ann.client.request(method, sent, json=body)
            assert response.status_code in {404, 405}, sent


async def test_the_cookie_is_kept_from_scripts_and_other_sites(app: ASGIApp) -> None:
    async with browser(app) as client:
        await sign_up(client, "ann@example.org")
        response = await client.post(
            "/account/sign-in", json={"email": "ann@example.org", "password": GOOD}
        )
    cookie = response.headers["set-cookie"]
    name, *attributes = [part.strip() for part in cookie.lower().split(";")]
    assert name.startswith("imgen_session=")
    assert {"httponly", "samesite=lax", "path=/"} <= set(attributes)
    assert not any(part.startswith("domain") or part == "secure" for part in attributes)


async def test_with_https_the_cookie_travels_by_nothing_else(make_account_app: MakeApp) -> None:
    app = make_account_app(public_url="https://imgen.test")
    async with browser(app, origin="https://imgen.test") as client:
        response = await client.post(
            "/account/sign-up", json={"email": "ann@example.org", "password": GOOD}
        )
        cookie = response.headers["set-cookie"].lower()
        assert cookie.startswith("__host-imgen_session=")
        assert "; secure" in cookie
        assert (await client.get("/account/me")).status_code == 200


async def test_nothing_about_an_account_is_kept_by_caches(make_tenant: MakeTenant) -> None:
    ann = await make_tenant("ann@example.org")
    for path in ("/account/me", "/account/keys", "/account/nothing", "/account/requests/req_no"):
        response = await ann.client.get(path)
        assert response.headers["cache-control"] == "no-store"

"""The account API over a real database, with a password hash that is quick."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import psycopg
import pytest
from argon2 import PasswordHasher
from starlette.types import ASGIApp

from imgen.accounts.authenticate import Authenticate
from imgen.accounts.credits import CreditBook
from imgen.accounts.people.choose_password import ChoosePassword
from imgen.accounts.people.join import Join
from imgen.accounts.people.lifetimes import Lifetimes
from imgen.accounts.people.members import Members
from imgen.accounts.people.own_keys import OwnKeys
from imgen.accounts.people.passwords import Passwords
from imgen.accounts.people.sessions import Sessions
from imgen.accounts.people.sign_in import SignIn
from imgen.accounts.people.sign_up import SignUp
from imgen.accounts.people.throttle import Throttle
from imgen.accounts.requests.log import RequestLog
from imgen.accounts.usage.read import ReadUsage
from imgen.database.pool import Database
from imgen.http.gate import Gate
from imgen.http.root import make_app
from imgen.surfaces.account.belongings import Ledgers
from imgen.surfaces.account.routes import AccountApi
from imgen.surfaces.account.signing import People
from tests.surfaces.account.tenants import ORIGIN, Tenant, browser, sign_up

MakeApp = Callable[..., ASGIApp]
MakeTenant = Callable[[str], Awaitable[Tenant]]


@pytest.fixture
def make_account_app(database: Database, clean_url: str) -> MakeApp:
    with psycopg.connect(clean_url, autocommit=True) as connection:
        connection.execute("TRUNCATE users, sign_in_tries CASCADE")
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    throttle, sessions = Throttle(database), Sessions(database, Lifetimes())
    sign_in = SignIn(database, passwords, throttle, sessions)

    def make(*, public_url: str = ORIGIN, sign_ups: bool = True) -> ASGIApp:
        api = AccountApi(
            gate=Gate(authenticate=Authenticate(database), database=database),
            people=People(
                database=database,
                sign_up=SignUp(database, passwords, throttle, sessions, open=sign_ups),
                sign_in=sign_in,
                sessions=sessions,
                choose_password=ChoosePassword(database, passwords, sign_in, sessions),
                join=Join(database, passwords, sessions),
            ),
            members=Members(database, Lifetimes()),
            ledgers=Ledgers(
                database=database,
                keys=OwnKeys(database),
                usage=ReadUsage(database),
                credits=CreditBook(database),
                log=RequestLog(database),
            ),
            public_url=public_url,
        )
        return make_app([api.surface()], [], max_header_bytes=32 * 1024)

    return make


@pytest.fixture
def app(make_account_app: MakeApp) -> ASGIApp:
    return make_account_app()


@pytest.fixture
async def client(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as client:
        yield client


@pytest.fixture
async def make_tenant(app: ASGIApp, database: Database) -> AsyncIterator[MakeTenant]:
    async with contextlib.AsyncExitStack() as open_browsers:

        async def make(email: str) -> Tenant:
            client = await open_browsers.enter_async_context(browser(app))
            me = await sign_up(client, email)
            key = (await client.post("/account/keys", json={"label": f"{email}'s"})).json()
            guest = f"guest-of-{email}"
            invited = (await client.post("/account/members", json={"email": guest})).json()
            (session,) = (await client.get("/account/sessions")).json()["sessions"]
            request_id = f"req_{email.partition('@')[0]}"
            async with database.connection() as connection:
                await connection.execute(
                    "INSERT INTO requests (id, account_id, key_id, surface, operation, parameters,"
                    " counted, started_at, finished_at, status, lease_until)"
                    " VALUES (%s, %s, %s, 'imgen-v2', 'generate', '{}', true, now(), now(), 200,"
                    " now())",
                    (request_id, me["account"]["id"], key["key"]["id"]),
                )
            return Tenant(
                client=client,
                email=email,
                user_id=me["user"]["id"],
                account_id=me["account"]["id"],
                key_id=key["key"]["id"],
                secret=key["secret"],
                session_id=session["id"],
                invitation_id=invited["invitation"]["id"],
                token=invited["token"],
                request_id=request_id,
            )

        yield make

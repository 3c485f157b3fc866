"""Users, their sessions, and the account API that they sign in to."""

from __future__ import annotations

from datetime import timedelta

from imgen.accounts.credits.book import CreditBook
from imgen.accounts.people.choose_password import ChoosePassword
from imgen.accounts.people.join import Join
from imgen.accounts.people.lifetimes import Lifetimes
from imgen.accounts.people.members import Members
from imgen.accounts.people.operate import OperateUsers
from imgen.accounts.people.own_keys import OwnKeys
from imgen.accounts.people.passwords import Passwords
from imgen.accounts.people.sessions import Sessions
from imgen.accounts.people.sign_in import SignIn
from imgen.accounts.people.sign_up import SignUp
from imgen.accounts.people.throttle import Throttle
from imgen.accounts.requests.log import RequestLog
from imgen.accounts.usage.read import ReadUsage
from imgen.database.pool import Database
from imgen.settings import Settings
from imgen.surfaces.account.belongings import Ledgers
from imgen.surfaces.account.routes import AccountApi
from imgen.surfaces.account.signing import People
from imgen.wiring.doors import Doors


def make_lifetimes(settings: Settings) -> Lifetimes:
    """How long sessions and one-time links last."""
    accounts = settings.accounts
    return Lifetimes(
        session=timedelta(days=accounts.session_days),
        idle=timedelta(days=min(accounts.session_days, accounts.session_idle_days)),
    )


def make_operate(settings: Settings, database: Database) -> OperateUsers:
    """Users, for operators."""
    return OperateUsers(database, Passwords(), make_lifetimes(settings))


def make_account_api(doors: Doors) -> AccountApi:
    """Everything that a signed-in person does."""
    database, settings = doors.core.database, doors.core.settings
    lifetimes = make_lifetimes(settings)
    return AccountApi(
        gate=doors.gate,
        people=_people(database, lifetimes, sign_up=settings.accounts.sign_up),
        members=Members(database, lifetimes),
        ledgers=Ledgers(
            database=database,
            keys=OwnKeys(database),
            usage=ReadUsage(database),
            credits=CreditBook(database),
            log=RequestLog(database),
        ),
        public_url=doors.public_url,
    )


def _people(database: Database, lifetimes: Lifetimes, *, sign_up: bool) -> People:
    passwords, throttle = Passwords(), Throttle(database)
    sessions = Sessions(database, lifetimes)
    sign_in = SignIn(database, passwords, throttle, sessions)
    return People(
        database=database,
        sign_up=SignUp(database, passwords, throttle, sessions, open=sign_up),
        sign_in=sign_in,
        sessions=sessions,
        choose_password=ChoosePassword(database, passwords, sign_in, sessions),
        join=Join(database, passwords, sessions),
    )

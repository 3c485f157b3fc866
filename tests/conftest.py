"""What most tests stand on: a real PostgreSQL for each test process, and a core over it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest

from imgen import logs
from imgen.accounts.authenticate import Authenticate
from imgen.accounts.records import Caller
from imgen.database.embedded import EmbeddedPostgres
from imgen.database.migrate import migrate
from imgen.database.pool import Database
from imgen.engines.registry import Registry
from imgen.library.embed.folder import BUILT_IN, read_folder
from imgen.library.embed.network import Network
from imgen.library.embed.onnx_encoder import OnnxEncoder
from imgen.settings import Settings, load_settings
from tests.held_clock import HeldClock
from tests.live import Deployment, deployed

if TYPE_CHECKING:
    from imgen.wiring.core import Core

INSTANT = Path(__file__).parent / "instant"


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """As in production, so that a failing test shows what an operator would see."""
    logs.configure("info", "json")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder of its own. Pytest's are closed to other users by the next run's start, and
    PostgreSQL, which root may not run, is another user."""
    with TemporaryDirectory(prefix="imgen-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an empty, migrated database; speed before durability."""
    quick = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    with TemporaryDirectory(prefix="imgen-test-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder), conf=quick)
        server.start()
        migrate(server.url)
        yield server.url
        server.leave()


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """A real server in a folder of its own, for all tests of a module."""
    with (
        TemporaryDirectory(prefix="imgen-test-", ignore_cleanup_errors=True) as folder,
        deployed(Path(folder) / "data") as deployment,
    ):
        yield deployment


@pytest.fixture
def clean_url(postgres: str) -> str:
    """The URL of the database, emptied."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        # The ledger and the audit log refuse to be emptied; replicas fire no triggers.
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "TRUNCATE accounts, users, sign_in_tries, image_counts, procrastinate_jobs,"
            " procrastinate_workers, compliance_reviews, compliance_appeals"
            " RESTART IDENTITY CASCADE"
        )
        connection.execute("RESET session_replication_role")
        connection.execute("DELETE FROM plans WHERE slug NOT IN ('free', 'pro', 'unlimited')")
        connection.execute("DELETE FROM compliance_hash_lists")
    return postgres


@pytest.fixture
async def database(clean_url: str) -> AsyncIterator[Database]:
    database = Database(clean_url, size=10)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def held(clean_url: str) -> HeldClock:
    """The clock of whoever connects to its URL: it stands at noon."""
    return HeldClock(clean_url)


@pytest.fixture
async def at_noon(held: HeldClock) -> AsyncIterator[Database]:
    """Connections whose clock is held at noon."""
    database = Database(held.url, size=20)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def settings(clean_url: str, tmp_path: Path) -> Settings:
    """Quick to recover, with a catalog that has the engine `instant`."""
    return load_settings(
        data_dir=tmp_path / "data",
        database_url=clean_url,
        catalog={"paths": [INSTANT / "catalog.toml"]},
        worker={
            "concurrency": 4,
            "heartbeat_seconds": 0.1,
            "stalled_seconds": 0.6,
            "janitor_seconds": 0.1,
            "drain_seconds": 1.0,
        },
        compliance={"nudity": "off", "text": "off"},
    )


@pytest.fixture(scope="session")
def network() -> Network:
    """The text encoder's network, which takes a while to load."""
    return Network(read_folder(BUILT_IN))


@pytest.fixture
async def core(
    settings: Settings, network: Network, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Core]:
    async def loaded(_settings: Settings) -> OnnxEncoder:
        return OnnxEncoder(read_folder(BUILT_IN), network)

    monkeypatch.setattr("imgen.wiring.core.open_encoder", loaded)
    from imgen.wiring.core import open_core

    async with open_core(settings) as core:
        yield replace(core, engines=Registry({"instant": "tests.instant.engine:InstantEngine"}))


@pytest.fixture
async def client(core: Core) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP to the whole app, in this process."""
    from imgen.wiring.http import open_http

    async with open_http(core, public_url="http://imgen.test") as app:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://imgen.test") as client:
            yield client


@pytest.fixture
async def key(core: Core) -> str:
    return await core.administer.create_key("tester")


@pytest.fixture
async def make_caller(core: Core) -> Callable[[str], object]:
    """A caller with an account of that name."""

    async def make(name: str = "tester") -> Caller:
        secret = await core.administer.create_key(name)
        return await Authenticate(core.database)(f"Bearer {secret}")

    return make


@pytest.fixture
async def worker(core: Core) -> AsyncIterator[None]:
    """A worker that runs beside the test."""
    from imgen.wiring.worker import make_worker

    working = asyncio.create_task(make_worker(core).run())
    yield
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working

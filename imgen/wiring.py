"""Settings → objects. The only place that chooses an implementation."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from starlette.types import ASGIApp

from imgen.accounts.administer import Administer
from imgen.accounts.authenticate import Authenticate
from imgen.catalog.catalog import Catalog
from imgen.catalog.load import load_catalog
from imgen.database.embedded import EmbeddedPostgres
from imgen.database.migrate import migrate
from imgen.database.pool import Database
from imgen.engines.registry import Registry
from imgen.generation.attempt import Attempt
from imgen.generation.cancel import Cancel
from imgen.generation.queue import Queue, queue_of
from imgen.generation.recover import Recover
from imgen.generation.run import Run
from imgen.generation.submit import Submit
from imgen.http.files import files_route
from imgen.http.root import make_app
from imgen.prompts.catalog_enhancer import CatalogEnhancer
from imgen.prompts.chat_enhancer import ChatEnhancer
from imgen.prompts.enhance import Enhancer
from imgen.settings import Settings
from imgen.storage.links import Links, links_for
from imgen.storage.objects import ObjectStore, open_store
from imgen.surfaces.imgen_v2.routes import Generating, ImgenV2
from imgen.worker.process import Worker


@dataclass(frozen=True, slots=True)
class Core:
    """What every process of a deployment has."""

    settings: Settings
    database: Database
    queue: Queue
    objects: ObjectStore
    catalog: Catalog
    engines: Registry

    @property
    def administer(self) -> Administer:
        """Accounts and keys."""
        return Administer(self.database)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database, running and at this version's schema.

    Raises:
        imgen.errors.Unavailable: it cannot be reached or cannot carry imgen.
    """
    url = settings.database_url.get_secret_value()
    embedded = None if url else EmbeddedPostgres(settings.data_dir)
    if embedded is not None:
        await asyncio.to_thread(embedded.start)
        url = embedded.url
    try:
        await asyncio.to_thread(migrate, url)
        database = Database(url, size=settings.database_connections, embedded=embedded)
        await database.open()
        try:
            yield database
        finally:
            await database.close()
    finally:
        if embedded is not None:
            await asyncio.to_thread(embedded.leave)


@asynccontextmanager
async def open_core(settings: Settings) -> AsyncIterator[Core]:
    """Everything below the doors and the worker.

    Raises:
        imgen.errors.ImgenError: a part of the configuration is wrong, or a backend is down.
    """
    catalog = load_catalog(settings.catalog.paths)
    async with open_database(settings) as database:
        queue = Queue(database)
        await queue.open()
        try:
            yield Core(
                settings=settings,
                database=database,
                queue=queue,
                objects=open_objects(settings),
                catalog=catalog,
                engines=Registry(),
            )
        finally:
            await queue.close()


def open_objects(settings: Settings) -> ObjectStore:
    """The object store."""
    storage = settings.storage
    return open_store(
        storage.url or str(settings.data_dir / "objects"),
        endpoint=storage.endpoint,
        region=storage.region,
        access_key=storage.access_key.get_secret_value(),
        secret_key=storage.secret_key.get_secret_value(),
    )


def make_enhancer(settings: Settings, catalog: Catalog) -> Enhancer:
    """A language model where one is configured, else the built-in enhancer."""
    enhancer = settings.enhancer
    if not enhancer.url:
        return CatalogEnhancer(catalog)
    return ChatEnhancer(
        base_url=enhancer.url,
        model=enhancer.model,
        key=enhancer.key.get_secret_value(),
        timeout=enhancer.timeout_seconds,
    )


def make_http(core: Core, *, public_url: str) -> ASGIApp:
    """The HTTP side: every surface over one core.

    Args:
        public_url: how clients reach it, for the links in replies.
    """
    settings = core.settings
    links = make_links(core, public_url)
    imgen_v2 = ImgenV2(
        authenticate=Authenticate(core.database),
        catalog=core.catalog,
        engines=core.engines,
        enhancer=make_enhancer(settings, core.catalog),
        generating=_generating(core, links),
        max_body_bytes=settings.server.max_body_bytes,
    )
    return make_app(
        surfaces=[imgen_v2.surface()],
        routes=[files_route(core.objects, links)],
        max_header_bytes=settings.server.max_header_bytes,
    )


def make_links(core: Core, public_url: str) -> Links:
    """Links to stored files: the bucket's own where it has any, unless told otherwise."""
    settings = core.settings
    previous = [secret.get_secret_value().encode() for secret in settings.previous_secrets]
    return links_for(
        core.objects,
        public_url=public_url,
        secret=[deployment_secret(settings), *previous],
        presigned={"auto": None, "presigned": True, "own": False}[settings.storage.links],
    )


def make_submit(core: Core) -> Submit:
    """What accepts jobs."""
    return Submit(
        database=core.database,
        queue=core.queue,
        catalog=core.catalog,
        engines=core.engines,
        deadline=timedelta(seconds=core.settings.generation.deadline_seconds),
    )


def _generating(core: Core, links: Links) -> Generating:
    return Generating(
        database=core.database,
        submit=make_submit(core),
        cancel=Cancel(core.database),
        links=links,
        link_seconds=core.settings.storage.link_seconds,
    )


def make_worker(core: Core) -> Worker:
    """A worker for every model that can run here."""
    settings = core.settings.worker
    models = [model for model in core.catalog.models.values() if not core.engines.obstacle(model)]
    return Worker(
        queue=core.queue,
        attempt=Attempt(
            database=core.database,
            queue=core.queue,
            run=Run(core.catalog, core.engines, core.objects),
            tries=core.settings.generation.tries,
        ),
        recover=Recover(core.database, core.queue, settings.stalled_seconds),
        queues=[queue_of(model.key) for model in models],
        concurrency=settings.concurrency or os.cpu_count() or 1,
        heartbeat_seconds=settings.heartbeat_seconds,
        stalled_seconds=settings.stalled_seconds,
        janitor_seconds=settings.janitor_seconds,
        drain_seconds=settings.drain_seconds,
    )


def deployment_secret(settings: Settings) -> bytes:
    """The configured secret, else the one in the data folder, made on first use."""
    if configured := settings.secret.get_secret_value():
        return configured.encode()
    file = settings.data_dir / "secret"
    fresh = file.with_name(f"secret.{os.getpid()}")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        _write_private(fresh, secrets.token_hex(32))
        try:
            os.link(fresh, file)  # fails when another process was first: then its secret counts
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_bytes()


def _write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())

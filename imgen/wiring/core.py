"""What every process of a deployment has: database, queue, store, catalog, engines, library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from imgen.accounts.administer import Administer
from imgen.catalog.catalog import Catalog
from imgen.catalog.load import load_catalog
from imgen.compliance.review import Review
from imgen.database.embedded import EmbeddedPostgres
from imgen.database.migrate import migrate
from imgen.database.pool import Database
from imgen.engines.registry import Registry
from imgen.generation.queue import Queue
from imgen.generation.submit import Submit
from imgen.library.caption.captioner import Captioner
from imgen.library.caption.chat_captioner import ChatCaptioner
from imgen.library.caption.prompt_captioner import PromptCaptioner
from imgen.library.embed.encoder import Encoder
from imgen.library.embed.folder import BUILT_IN
from imgen.library.embed.onnx_encoder import OnnxEncoder
from imgen.library.remember import Remember
from imgen.library.search import Search
from imgen.prompts.catalog_enhancer import CatalogEnhancer
from imgen.prompts.chat_enhancer import ChatEnhancer
from imgen.prompts.enhance import Enhancer
from imgen.settings import Settings
from imgen.storage.objects import ObjectStore, open_store
from imgen.wiring.compliance import make_examine, make_screen
from imgen.wiring.engines import make_registry


@dataclass(frozen=True, slots=True)
class Core:
    """The parts, opened."""

    settings: Settings
    database: Database
    queue: Queue
    objects: ObjectStore
    catalog: Catalog
    engines: Registry
    encoder: Encoder
    enhancer: Enhancer
    captioner: Captioner
    review: Review

    @property
    def administer(self) -> Administer:
        """Accounts and keys."""
        return Administer(self.database)

    @property
    def search(self) -> Search:
        """Pictures by meaning."""
        return Search(self.database, self.encoder)

    @property
    def remember(self) -> Remember:
        """What gives pictures their vectors."""
        return Remember(self.database, self.encoder)

    @property
    def submit(self) -> Submit:
        """What accepts jobs."""
        return Submit(
            database=self.database,
            queue=self.queue,
            catalog=self.catalog,
            engines=self.engines,
            screen=make_screen(self.settings, self.review),
            deadline=timedelta(seconds=self.settings.generation.deadline_seconds),
        )


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
    async with AsyncExitStack() as opened:
        database = await opened.enter_async_context(open_database(settings))
        encoder = await open_encoder(settings)
        opened.push_async_callback(encoder.close)
        enhancer = make_enhancer(settings, catalog)
        opened.push_async_callback(enhancer.aclose)
        captioner = make_captioner(settings)
        opened.push_async_callback(captioner.aclose)
        examine = make_examine(settings, database)
        opened.push_async_callback(examine.aclose)
        queue = Queue(database)
        await queue.open()
        opened.push_async_callback(queue.close)
        yield Core(
            settings=settings,
            database=database,
            queue=queue,
            objects=open_objects(settings),
            catalog=catalog,
            engines=make_registry(settings, database),
            encoder=encoder,
            enhancer=enhancer,
            captioner=captioner,
            review=Review(examine, database),
        )


async def open_encoder(settings: Settings) -> OnnxEncoder:
    """The text encoder of the library."""
    embedder = settings.embedder
    return await OnnxEncoder.open(embedder.path or BUILT_IN, threads=embedder.threads)


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


def make_captioner(settings: Settings) -> Captioner:
    """A vision model where one is configured, else sentences made from prompts."""
    captioner = settings.captioner
    if not captioner.url:
        return PromptCaptioner()
    return ChatCaptioner(
        captioner.url,
        captioner.model,
        captioner.key.get_secret_value(),
        timeout=captioner.timeout_seconds,
    )


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

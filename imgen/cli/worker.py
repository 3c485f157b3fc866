"""`imgen worker`: make pictures, on this machine or any other that reaches the database."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Annotated

import structlog
import typer

from imgen.cli.options import DataDir, run, settings_for
from imgen.settings import Settings
from imgen.wiring.core import open_core
from imgen.wiring.worker import make_worker

_log = structlog.get_logger()


def worker(
    concurrency: Annotated[
        int,
        typer.Option(
            help="Jobs at once; 0 = as IMGEN_WORKER__CONCURRENCY says.", show_default=False
        ),
    ] = 0,
    device: Annotated[
        str,
        typer.Option(
            help="Device of the engine `diffusers`: cuda:0, cpu. One worker for each GPU.",
            show_default=False,
        ),
    ] = "",
    models: Annotated[
        str,
        typer.Option(help="Take jobs of these models alone, comma-separated.", show_default=False),
    ] = "",
    with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
    data_dir: DataDir = None,
) -> None:
    """Take jobs from the queue and make their pictures, until told to stop.

    Any number of workers may share one database. `imgen serve` runs one of its own unless
    IMGEN_WORKER__EMBEDDED=false. Ctrl-C lets running jobs finish; a second one does not wait.
    When its device works no more, it ends with status 1: start it anew (`imgen serve` does).
    """
    settings = settings_for(
        data_dir,
        worker={"concurrency": concurrency} if concurrency else {},
        diffusers={"device": device} if device else {},
    )
    only = frozenset(name.strip() for name in models.split(",") if name.strip())
    run(_work(settings, only, with_parent))


async def _work(settings: Settings, only: frozenset[str], with_parent: bool) -> None:
    async with open_core(settings) as core:
        worker = make_worker(core, only=only)
        working = asyncio.create_task(worker.run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, working.cancel)
        if with_parent:
            await _cancel_without_parent(working)
        _log.info("worker.ready", concurrency=worker.concurrency)
        try:
            await working
        except asyncio.CancelledError:
            _log.info("worker.stopped")


async def _cancel_without_parent(working: asyncio.Task[None]) -> None:
    """Stop when standard input ends: the server that started this process is gone, however."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)

    async def watch() -> None:
        await reader.read()
        working.cancel()

    working.add_done_callback(lambda _: watching.cancel())
    watching = asyncio.create_task(watch())

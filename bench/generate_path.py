"""From submit to COMPLETED over HTTP with an engine that costs nothing, beside arq.

arq on Redis does the same work (encode the small picture, make a thumbnail, write both) behind an
equally small HTTP front. It runs twice: as it comes, and made to keep what it accepted through
a power cut, which imgen always does: Redis appends to disk before it answers, files are synced.

- p50, p99: one job at a time; submit, then poll every 5 ms.
- jobs/s: 16 clients at once, each one job after the other, polling every 5 ms.
- drained/s: a backlog, submitted by 16 clients and then drained by the worker, polled gently.
- CPU ms: processor time of all processes together for each job of that backlog: the figure that
  other programs on the machine disturb least.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from bench.deployment import imgen
from bench.http import Connection, request
from bench.peers.processes import awake, missing, redis, running, uvicorn
from bench.rounds import alternate, cpu_seconds, noise, percentile, table, write

CLIENTS = 16
POLL_SECONDS = 0.005
GENTLE_POLL_SECONDS = 0.1
_LONGEST_JOB_SECONDS = 60.0
_PROMPT = "a paper boat on a calm lake, morning light"


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that takes jobs."""

    url: str
    submit: bytes
    """The request that submits a job; the reply has its `id`."""
    status: Callable[[str], bytes]
    """The request that polls a job; the reply has its `status`."""
    pids: tuple[int, ...]
    """All of its processes, or those above them."""
    worker: subprocess.Popen[bytes] | None = None
    """Its worker, where that must not run while others are measured."""


@dataclass(frozen=True, slots=True)
class Work:
    """How much is done in one round."""

    alone: int
    """Jobs of a client that is alone."""
    each: int
    """Jobs of each of 16 clients."""


def main() -> None:
    """Measure, print a table, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    work, rounds = (Work(5, 2), 1) if quick else (Work(30, 6), 5)
    with TemporaryDirectory(prefix="imgen-bench-") as folder, contextlib.ExitStack() as open_ones:
        contenders = dict(_start(Path(folder), open_ones))
        measured = {name: partial(_measure, one, work) for name, one in contenders.items()}
        for warm_up in measured.values():
            warm_up()
        rows = alternate(measured, rounds)
    print(table(rows))
    print(f"median (min–max) of {rounds} rounds; {noise()}")
    print(write("generate_path", {"rounds": rounds, "work": asdict(work), "rows": rows}))


def _start(folder: Path, open_ones: contextlib.ExitStack) -> Iterator[tuple[str, Contender]]:
    yield "imgen", open_ones.enter_context(_imgen(folder))
    if obstacle := missing("arq", "redis", "fastapi"):
        print(f"SKIPPED arq: {obstacle}", file=sys.stderr)
        return
    for name, durable in (("arq", False), ("arq, durable", True)):
        home = folder / name
        home.mkdir()
        yield name, open_ones.enter_context(_arq(home, durable))


@contextlib.contextmanager
def _imgen(folder: Path) -> Iterator[Contender]:
    with imgen(folder) as ours:
        yield Contender(ours.url, ours.generate(_PROMPT), ours.status, tuple(ours.pids()))


@contextlib.contextmanager
def _arq(home: Path, durable: bool) -> Iterator[Contender]:
    module = "bench.peers.arq_app"
    with redis(home, durable=durable) as (socket, redis_pid):
        environment = _environment(home, socket, durable)
        worker = [sys.executable, "-m", "arq", f"{module}.WorkerSettings"]
        with (
            running(worker, home / "worker.log", **environment) as process,
            uvicorn(f"{module}:app", home / "http.log", **environment) as (url, http_pid),
        ):
            yield Contender(
                url,
                request("POST", f"{url}/jobs", {"prompt": _PROMPT}),
                lambda id: request("GET", f"{url}/jobs/{id}"),
                (redis_pid, http_pid, process.pid),
                process,
            )


def _environment(home: Path, socket: Path, durable: bool) -> dict[str, str]:
    return {"REDIS_SOCKET": str(socket), "PICTURES": str(home), "DURABLE": str(int(durable))}


def _measure(contender: Contender, work: Work) -> Mapping[str, float]:
    """One round."""
    with (
        awake(contender.worker),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        alone = runner.run(_jobs_in_turn(contender, work.alone))
        together = runner.run(_clients_at_once(contender, work.each))
        used = cpu_seconds(contender.pids)
        drained = runner.run(_backlog(contender, work.each))
        used = cpu_seconds(contender.pids) - used
    return {
        "p50 ms": percentile(alone, 0.50) * 1000,
        "p99 ms": percentile(alone, 0.99) * 1000,
        "jobs/s": together,
        "drained/s": drained,
        "CPU ms": used / (CLIENTS * work.each) * 1000,
    }


async def _jobs_in_turn(contender: Contender, jobs: int) -> list[float]:
    """Seconds from submit to COMPLETED of each job."""
    connection = await Connection.to(contender.url)
    seconds = []
    for _ in range(jobs):
        began = time.perf_counter()
        id = (await connection.json(contender.submit))["id"]
        await _completed(contender, connection, id, POLL_SECONDS)
        seconds.append(time.perf_counter() - began)
    await connection.close()
    return seconds


async def _clients_at_once(contender: Contender, jobs: int) -> float:
    """Jobs per second of all clients together."""
    began = time.perf_counter()
    await asyncio.gather(*(_jobs_in_turn(contender, jobs) for _ in range(CLIENTS)))
    return CLIENTS * jobs / (time.perf_counter() - began)


async def _backlog(contender: Contender, jobs: int) -> float:
    """Jobs per second from the first submit to the last completion."""

    async def client() -> None:
        connection = await Connection.to(contender.url)
        ids = [(await connection.json(contender.submit))["id"] for _ in range(jobs)]
        for id in ids:
            await _completed(contender, connection, id, GENTLE_POLL_SECONDS)
        await connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return CLIENTS * jobs / (time.perf_counter() - began)


async def _completed(
    contender: Contender, connection: Connection, id: str, poll_seconds: float
) -> None:
    poll = contender.status(id)
    deadline = time.perf_counter() + _LONGEST_JOB_SECONDS
    while (status := (await connection.json(poll))["status"]) != "COMPLETED":
        if status not in {"IN_QUEUE", "IN_PROGRESS"}:
            raise RuntimeError(f"The job ended as {status}")
        if time.perf_counter() > deadline:
            raise RuntimeError(f"The job is still {status}")
        await asyncio.sleep(poll_seconds)


if __name__ == "__main__":
    main()

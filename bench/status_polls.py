"""`status` polls per second, beside a bare FastAPI route that does one primary-key select.

Both sides use the same PostgreSQL, uvloop, httptools, one process, a psycopg pool of ten, and the
same client. The bare route returns an id and a status; `whole row` returns everything that the
reply of a finished job is made of. Neither knows keys, accounts, links or limits.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.deployment import Imgen, imgen
from bench.http import Connection, request
from bench.load import load, tool
from bench.peers.processes import missing, uvicorn
from bench.rounds import Row, alternate, cpu_seconds, noise, table, write
from imgen.database.embedded import EmbeddedPostgres

CLIENTS = (1, 16)
_PATIENCE_SECONDS = 60.0
# One job at a time, and that one sleeps: whatever comes after it waits.
_SLEEPY = {"IMGEN_WORKER__CONCURRENCY": "1", "IMGEN_WORKER__DRAIN_SECONDS": "0"}


def main() -> None:
    """Measure, print two tables, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    seconds, rounds = (1.0, 1) if quick else (2.0, 3)
    if obstacle := missing("fastapi", redis=False):
        print(f"SKIPPED the bare route: {obstacle}", file=sys.stderr)
    with TemporaryDirectory(prefix="imgen-bench-") as folder:
        home = Path(folder)
        with imgen(home, **_SLEEPY) as ours:
            database = EmbeddedPostgres(ours.deployment.folder).url
            jobs = asyncio.run(_jobs(ours))
            app = "bench.peers.select_app:app"
            peer = uvicorn(app, home / "select.log", DATABASE_URL=database)
            with contextlib.nullcontext(("", 0)) if obstacle else peer as bare:
                results = {state: _rounds(ours, id, bare, seconds, rounds) for state, id in jobs}
    for state, rows in results.items():
        print(f"\nstatus of a {state} job\n{table(rows)}")
    print(f"median (min–max) of {rounds} rounds; {tool()}; {noise()}")
    print(write("status_polls", {"rounds": rounds, "client": tool(), "rows": results}))


async def _jobs(ours: Imgen) -> list[tuple[str, str]]:
    """A finished job, and one that waits behind a sleeping one."""
    connection = await Connection.to(ours.url)
    done = (await connection.json(ours.generate("a paper boat on a calm lake")))["id"]
    await _until(connection, ours.status(done), "COMPLETED")
    sleeping = (await connection.json(ours.generate("a cat asleep, sleep 800")))["id"]
    await _until(connection, ours.status(sleeping), "IN_PROGRESS")
    waiting = (await connection.json(ours.generate("a paper boat on a calm lake")))["id"]
    await _until(connection, ours.status(waiting), "IN_QUEUE")
    await connection.close()
    return [("finished", done), ("waiting", waiting)]


async def _until(connection: Connection, poll: bytes, wanted: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (status := (await connection.json(poll))["status"]) != wanted:
        if time.monotonic() > deadline:
            raise RuntimeError(f"The job is {status}, not {wanted}")
        await asyncio.sleep(0.05)


def _rounds(
    ours: Imgen, id: str, bare: tuple[str, int], seconds: float, rounds: int
) -> dict[str, Row]:
    server, postgres = ours.pids()
    contenders: dict[str, Callable[[], Mapping[str, float]]] = {
        "imgen": partial(_measure, ours.url, ours.status(id), seconds, server, postgres)
    }
    url, pid = bare
    paths = {"bare route": "jobs", "bare route, whole row": "rows"} if url else {}
    for name, path in paths.items():
        poll = request("GET", f"{url}/{path}/{id}")
        contenders[name] = partial(_measure, url, poll, seconds, pid, postgres)
    return alternate(contenders, rounds)


def _measure(url: str, poll: bytes, seconds: float, *pids: int) -> Mapping[str, float]:
    """One round; `CPU ms` is the server's and PostgreSQL's for each poll."""
    measured: dict[str, float] = {}
    used, polls = cpu_seconds(pids), 0.0
    for clients in CLIENTS:
        rate, latency = load(url, poll, clients=clients, seconds=seconds)
        measured[f"polls/s, {clients} at once"] = rate
        measured[f"{clients} at once, p50 ms"] = latency
        polls += rate * seconds
    measured["CPU ms"] = (cpu_seconds(pids) - used) / polls * 1000
    return measured


if __name__ == "__main__":
    main()

"""ImageAPI v1: `models`, `usage` and `generate`, beside FastAPI with its limits in Redis.

Both sides are one process under uvloop and httptools, asked by the same client over kept-alive
connections. imgen's `generate` is the whole way: key, plan, counts, job, queue, worker process,
review, marks, signature, store, and the picture read back; its engine costs nothing. The peer
counts the same windows in Redis, paints a grey picture and returns it; it knows nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from bench.deployment import Imgen, imgen
from bench.http import Connection, request
from bench.peers.processes import missing, redis, uvicorn
from bench.rounds import Row, alternate, cpu_seconds, noise, percentile, table, write

CLIENTS = (1, 16, 128)
_PICTURE = {"prompt": "a paper boat", "model": "instant", "width": 1024, "height": 1024}


def main() -> None:
    """Measure, print a table for each call, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    seconds, rounds = (0.5, 1) if quick else (3.0, 3)
    if obstacle := missing("fastapi", "limits"):
        print(f"SKIPPED the peer: {obstacle}", file=sys.stderr)
    with TemporaryDirectory(prefix="imgen-bench-") as folder:
        home = Path(folder)
        with imgen(home) as ours:
            if obstacle:
                results = _all(ours, None, seconds, rounds)
            else:
                app, log = "bench.peers.v1_app:app", home / "peer.log"
                with (
                    redis(home, durable=False) as (at, store),
                    uvicorn(app, log, REDIS_SOCKET=str(at)) as (url, pid),
                ):
                    results = _all(ours, (url, [pid, store]), seconds, rounds)
    for call, rows in results.items():
        print(f"\n{call}\n{table(rows)}")
    print(f"median (min–max) of {rounds} rounds; {noise()}")
    print(write("v1", {"rounds": rounds, "seconds": seconds, "rows": results}))


def _all(
    ours: Imgen, peer: tuple[str, list[int]] | None, seconds: float, rounds: int
) -> dict[str, dict[str, Row]]:
    base = ours.deployment.url + "/api/v1"
    calls: dict[str, tuple[str, object]] = {
        "models": ("GET", None),
        "usage": ("GET", None),
        "generate": ("POST", _PICTURE),
    }
    results = {}
    for call, (method, body) in calls.items():
        wanted = partial(request, method, body=body, headers=ours.headers)
        contenders: dict[str, Callable[[], Mapping[str, float]]] = {
            "imgen": partial(_measure, wanted(f"{base}/{call}"), base, seconds, ours.pids())
        }
        if peer is not None:
            url, pids = peer
            contenders["FastAPI + limits"] = partial(
                _measure, wanted(f"{url}/{call}"), url, seconds, pids
            )
        results[call] = alternate(contenders, rounds)
    return results


def _measure(asked: bytes, url: str, seconds: float, pids: list[int]) -> Mapping[str, float]:
    """One round; `CPU ms` is that of all the contender's processes for each call."""
    measured: dict[str, float] = {}
    uvloop.run(_once(asked, url))  # the first call of a process imports what it needs
    used, calls = cpu_seconds(pids), 0
    for clients in CLIENTS:
        times, took = uvloop.run(_load(asked, url, clients, seconds))
        calls += len(times)
        measured[f"{clients} at once, /s"] = len(times) / took
        measured[f"{clients}: p50 ms"] = percentile(times, 0.50)
        measured[f"{clients}: p99 ms"] = percentile(times, 0.99)
    measured["CPU ms"] = (cpu_seconds(pids) - used) / calls * 1000
    return measured


async def _once(asked: bytes, url: str) -> None:
    connection = await Connection.to(url)
    await connection.exchange(asked)
    await connection.close()


async def _load(asked: bytes, url: str, clients: int, seconds: float) -> tuple[list[float], float]:
    """Milliseconds of every call, and how long it all took."""
    times: list[float] = []
    began = time.perf_counter()

    async def client() -> None:
        connection = await Connection.to(url)
        while (start := time.perf_counter()) - began < seconds:
            await connection.exchange(asked)
            times.append((time.perf_counter() - start) * 1000)
        await connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return times, time.perf_counter() - began


if __name__ == "__main__":
    main()

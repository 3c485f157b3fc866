"""What limits cost a request, and whether they hold, beside slowapi and limits on Redis.

Every side serves a route that does nothing, in one process under uvloop and httptools, with three
windows (minute, day, month) that are never reached while speed is measured. Ours also finds the
account behind the key, limits concurrency, and writes a request log: `key only` is the same route
without all of that but the key. Redis keeps nothing on disk; PostgreSQL does.

What holds is counted with two processes of each, 64 clients, and a limit of 300: how many calls
are let in, and how many good ones when every other call is refused as bad afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psycopg

from bench.peers.processes import missing, redis, uvicorn
from bench.rounds import Row, alternate, cpu_seconds, noise, percentile, table, write
from bench.runner import SKIPPED
from imgen import ids
from imgen.accounts.administer import Administer
from imgen.accounts.authenticate import Authenticate
from imgen.accounts.plans.administer import AdministerPlans
from imgen.accounts.requests import store
from imgen.accounts.requests.leases import Leases
from imgen.accounts.requests.records import Arrival, Ending
from imgen.accounts.usage.admit import Admit
from imgen.database.embedded import EmbeddedPostgres
from imgen.database.migrate import migrate
from imgen.database.pool import Database

CLIENTS = (1, 16, 128)
_LIMIT = 300
_NEVER = 1_000_000_000
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_SHARES = re.compile(r"(50|99)%\s+([\d.]+)(us|ms|s)")
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Contender:
    """A route of one side."""

    url: str
    keys: tuple[str, ...]
    pids: tuple[int, ...]
    """Of its server and its store."""


def main() -> int:
    """Measure, print, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    obstacle = missing("fastapi", "slowapi", "limits", "redis")
    if not shutil.which("wrk"):
        obstacle = "wrk is not installed (Debian: apt-get install wrk)"
    if obstacle:
        print(f"SKIPPED: {obstacle}", file=sys.stderr)
        return SKIPPED
    seconds, rounds = (1, 1) if quick else (2, 3)
    with TemporaryDirectory(prefix="imgen-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with _postgres(home / "imgen") as database:
            rows = _speed(home, database, seconds, rounds)
            exact = _exactness(home, database)
            alone = asyncio.run(_alone(database, 200 if quick else 2000))
    for clients in CLIENTS:
        print(f"\n{clients} at once\n{table(_of(clients, rows))}")
    print(f"\nadmitting and ending a request, one after the other: {alone}")
    for name, said in exact.items():
        print(f"{name}: {said}")
    print(f"median (min–max) of {rounds} rounds; wrk; {noise()}")
    print(write("limits", {"rounds": rounds, "rows": rows, "exactness": exact, "alone": alone}))
    return 0


def _of(clients: int, rows: Mapping[str, Row]) -> dict[str, Row]:
    """The quantities that were measured with so many clients."""
    begin = f"{clients}: "
    return {
        name: {
            quantity.removeprefix(begin): figure
            for quantity, figure in row.items()
            if quantity.startswith(begin)
        }
        for name, row in rows.items()
    }


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    server = EmbeddedPostgres(folder)
    server.start()
    try:
        migrate(server.url)
        yield server.url
    finally:
        server.leave()


@contextmanager
def _sides(
    home: Path, database: str, *, limit: int, processes: int
) -> Iterator[list[list[tuple[str, int]]]]:
    """The URLs and ids of our processes and of the peers', the database's id after them."""
    with ExitStack() as running:
        folder = Path(running.enter_context(TemporaryDirectory(dir=home)))
        socket, redis_pid = running.enter_context(redis(folder, durable=False))
        sides = [
            partial(uvicorn, "bench.gate_app:app", home / "ours.log", DATABASE_URL=database),
            partial(
                uvicorn,
                "bench.peers.limits_app:app",
                home / "peer.log",
                REDIS_SOCKET=str(socket),
                LIMIT=str(limit),
            ),
        ]
        stores = [("", _pid_of(home)), ("", redis_pid)]
        yield [
            [*(running.enter_context(side()) for _ in range(processes)), store]
            for side, store in zip(sides, stores, strict=True)
        ]


def _pid_of(home: Path) -> int:
    pid = EmbeddedPostgres(home / "imgen").pid()
    assert pid is not None
    return pid


def _speed(home: Path, database: str, seconds: int, rounds: int) -> dict[str, Row]:
    keys = asyncio.run(_keys(database, "speed", accounts=16, limit=_NEVER))
    with _sides(home, database, limit=_NEVER, processes=1) as (ours, theirs):
        contenders = {
            "imgen": _contender(ours, "admitted", keys[:1]),
            "imgen, 16 accounts": _contender(ours, "admitted", keys),
            "imgen, key only": _contender(ours, "known", keys[:1]),
            "FastAPI + slowapi": _contender(theirs, "slowapi", keys[:1]),
            "FastAPI + limits": _contender(theirs, "limits", keys[:1]),
            "FastAPI, no limits": _contender(theirs, "nothing", keys[:1]),
        }
        for contender in contenders.values():
            _wrk(home, contender, CLIENTS[-1], 1)
        return alternate(
            {name: partial(_measure, home, one, seconds) for name, one in contenders.items()},
            rounds,
        )


def _contender(side: list[tuple[str, int]], path: str, keys: tuple[str, ...]) -> Contender:
    return Contender(f"{side[0][0]}/{path}", keys, tuple(pid for _, pid in side))


async def _keys(url: str, name: str, *, accounts: int, limit: int) -> tuple[str, ...]:
    """Keys of accounts with these limits in every window."""
    database = Database(url)
    await database.open()
    try:
        names = ("requests_per_minute", "requests_per_day", "requests_per_month")
        plans = AdministerPlans(database, models=())
        at_once = min(limit, 1000)
        await plans.create(name, concurrency=at_once, **dict.fromkeys(names, limit))
        administer = Administer(database)
        return tuple(
            [
                await administer.create_key(f"{name} {number}", plan=name)
                for number in range(accounts)
            ]
        )
    finally:
        await database.close()


def _measure(home: Path, contender: Contender, seconds: int) -> Mapping[str, float]:
    measured: dict[str, float] = {}
    for clients in CLIENTS:
        used = cpu_seconds(contender.pids)
        said = _wrk(home, contender, clients, seconds)
        used = cpu_seconds(contender.pids) - used
        rate = _RATE.search(said)
        assert rate is not None
        measured[f"{clients}: requests/s"] = float(rate[1])
        for share, value, unit in _SHARES.findall(said):
            measured[f"{clients}: p{share} ms"] = float(value) * _MILLISECONDS[unit]
        measured[f"{clients}: CPU ms"] = used / (float(rate[1]) * seconds) * 1000
    return measured


def _wrk(home: Path, contender: Contender, clients: int, seconds: int) -> str:
    """What wrk says after calling with each key in turn.

    Raises:
        RuntimeError: a reply was not 200.
    """
    script = home / "keys.lua"
    quoted = ", ".join(f'"{key}"' for key in contender.keys)
    script.write_text(
        f"local keys, turn = {{{quoted}}}, 0\n"
        'wrk.method = "POST"\n'
        "function request()\n"
        "  turn = turn % #keys + 1\n"
        '  return wrk.format(nil, nil, {["authorization"] = "Bearer " .. keys[turn]})\n'
        "end\n"
    )
    options = ["-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "--timeout", "20s"]
    command = ["wrk", *options, "-s", str(script), contender.url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if not _RATE.search(said) or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    return said


def _exactness(home: Path, database: str) -> dict[str, str]:
    key, other = asyncio.run(_keys(database, "exact", accounts=2, limit=_LIMIT))
    said: dict[str, str] = {}
    for name, side, path in (
        ("imgen", 0, "admitted"),
        ("FastAPI + slowapi", 1, "slowapi"),
        ("FastAPI + limits", 1, "limits"),
    ):
        with _sides(home, database, limit=_LIMIT, processes=2) as sides:
            urls = [f"{url}/{path}" for url, _ in sides[side] if url]
            let_in = asyncio.run(_storm(urls, key, 600, mixed=False))[200]
            mixed = asyncio.run(_storm(urls, other, 900, mixed=True))
        said[name] = (
            f"{let_in} let in of {_LIMIT} allowed, {max(0, let_in - _LIMIT)} over; among bad calls "
            f"{mixed[200]} good ones of {_LIMIT} allowed"
        )
    with psycopg.connect(database) as connection:
        counted = connection.execute(
            "SELECT a.name, u.requests, (SELECT count(*) FROM requests r"
            " WHERE r.account_id = a.id AND r.counted)"
            " FROM usage u JOIN accounts a ON a.id = u.account_id WHERE a.plan = 'exact'"
            " ORDER BY a.name"
        ).fetchall()
    said["imgen's counters and its log"] = ", ".join(
        f"{count} and {log}" for _, count, log in counted
    )
    return said


async def _alone(url: str, calls: int) -> str:
    """What limits add to a request that has the machine for itself."""
    database = Database(url)
    await database.open()
    try:
        caller = await Authenticate(database)(
            f"Bearer {await Administer(database).create_key('speed 0')}"
        )
        admit = Admit(database, Leases(database, seconds=10.0), holder="bench")
        took = []
        for _ in range(calls):
            id, began = ids.request_id(), time.perf_counter()
            arrival = Arrival(id, caller.account_id, caller.key_id, "door", "nothing", {})
            assert (await admit(arrival)).refusal is None
            async with database.connection() as connection:
                await store.finish(connection, id, Ending(200, "", "", 1.0), refused=False)
            took.append((time.perf_counter() - began) * 1000)
    finally:
        await database.close()
    shares = {share: percentile(took, share / 100) for share in (50, 99)}
    return ", ".join(f"p{share} {value:.2f} ms" for share, value in shares.items())


async def _storm(urls: list[str], key: str, calls: int, *, mixed: bool) -> Counter[int]:
    """Statuses of many calls by 64 clients; every other one is bad if they are mixed."""
    statuses: Counter[int] = Counter()
    numbers = iter(range(calls))
    headers = {"authorization": f"Bearer {key}"}

    async def one_client(client: httpx.AsyncClient) -> None:
        for number in numbers:
            bad = "?bad=true" if mixed and number % 2 else ""
            reply = await client.post(urls[number // 2 % len(urls)] + bad)
            statuses[reply.status_code] += 1

    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(headers=headers, limits=limits, timeout=60) as client:
        await asyncio.gather(*(one_client(client) for _ in range(64)))
    return statuses


if __name__ == "__main__":
    raise SystemExit(main())

"""Searching the library: recall against exact search, and latency beside Chroma, LanceDB, GPTCache.

    python -m bench.library_search [--images 10000 100000] [--encoded 20000] [--keep FOLDER]

Everybody searches the same vectors for the same queries, which are in no library; ten results with
their texts. `p50`, `p99`: one query at a time, without encoding. `CPU ms`: processor time of all
processes for each of those, which other programs disturb least. `queries/s`: four callers.
`whole p50` is encoding and search together, for ours with HTTP on top. `--keep` leaves our filled
library in a folder and finds it there the next time. 1,000,000 pictures take some 20 minutes to
fill and index on two busy cores.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import uvloop
from numpy.typing import NDArray

from bench.deployment import imgen
from bench.http import Connection, request
from bench.peers.library_fill import fill, name_of
from bench.peers.library_pictures import KINDS, Pictures, make, texts
from bench.peers.library_recall import NO_FILTER, Measured, recall_of
from bench.peers.library_stores import PEERS, Store, Where
from bench.peers.processes import missing
from bench.rounds import Row, alternate, cpu_seconds, noise, percentile, table, write
from imgen.database.embedded import EmbeddedPostgres
from imgen.database.pool import Database
from imgen.library.embed.onnx_encoder import OnnxEncoder
from imgen.library.image import Filters
from imgen.library.meaning.essence import essence
from imgen.library.search import Search, SearchIn

CALLERS = 4
_LIMIT = 10
_PATIENCE_SECONDS = 2.0
"""A peer that takes longer for all queries of a round is asked fewer."""
_LIBRARY_SEED, _QUERY_SEED = 1, 2
_FILTERS: dict[str, Where] = {
    "no filter": None,
    **{f"{share:.2%} kept": (column, value) for column, (value, share) in KINDS.items()},
}


class Ours:
    """Search as the server holds it, in this process, with an encoder that remembers."""

    def __init__(self, server: EmbeddedPostgres, queries: list[str]) -> None:
        pid = server.pid()
        assert pid is not None
        self._pids = (os.getpid(), pid)
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._database = Database(server.url, size=CALLERS)
        self.queries = queries
        self.search = self._runner.run(self._open())

    async def _open(self) -> Search:
        await self._database.open()
        encoder = await OnnxEncoder.open(remember=len(self.queries))
        for query in self.queries:
            await encoder.encode([essence(query)])
        return Search(self._database, encoder)

    def vector(self, query: str) -> NDArray[np.float32]:
        """Of one query, (384,)."""
        return np.asarray(self._runner.run(self.search.encoder.encode([essence(query)]))[0])

    def vectors(self) -> NDArray[np.float32]:
        """Of the queries, (n, 384)."""
        return np.stack([self.vector(query) for query in self.queries])

    def encoding(self, fresh: list[str]) -> list[float]:
        """Seconds for each of some texts that it has not read."""

        async def each() -> list[float]:
            return [await _timed(self.search.encoder.encode, [essence(one)]) for one in fresh]

        return self._runner.run(each())

    def recall(self, pictures: Pictures) -> list[Measured]:
        """Of every filter and every `search_in`."""
        found = recall_of(self.search, self.queries, self.vectors(), pictures, _FILTERS)
        return self._runner.run(found)

    def measure(self, within: SearchIn, where: Where) -> dict[str, float]:
        """Latency alone and rate of four callers."""
        return self._runner.run(self._measure(within, where))

    async def _measure(self, within: SearchIn, where: Where) -> dict[str, float]:
        filters = Filters("", **({} if where is None else {where[0]: where[1]}))  # type: ignore[arg-type]
        one = partial(self.search, filters=filters, within=within, limit=_LIMIT)
        used = cpu_seconds(self._pids)
        alone = [await _timed(one, query) for query in self.queries]
        used = cpu_seconds(self._pids) - used
        began = time.perf_counter()
        await asyncio.gather(*(self._some(one, caller) for caller in range(CALLERS)))
        return _row(alone, used, len(self.queries) / (time.perf_counter() - began))

    async def _some(self, one: Callable[..., object], caller: int) -> None:
        for query in self.queries[caller::CALLERS]:
            await _timed(one, query)

    def close(self) -> None:
        """Give everything back."""
        self._runner.run(self.search.encoder.close())  # type: ignore[attr-defined]
        self._runner.run(self._database.close())
        self._runner.close()


async def _timed(call: Callable[..., object], argument: object) -> float:
    began = time.perf_counter()
    await call(argument)  # type: ignore[misc]
    return time.perf_counter() - began


def _row(alone: Sequence[float], used: float, rate: float) -> dict[str, float]:
    p50, p99 = (percentile(alone, share) * 1000 for share in (0.5, 0.99))
    return {"p50 ms": p50, "p99 ms": p99, "CPU ms": 1000 * used / len(alone), "queries/s": rate}


def _measure_peer(store: Store, ours: Ours, where: Where) -> dict[str, float]:
    def one(vector: NDArray[np.float32]) -> float:
        began = time.perf_counter()
        store.search(vector, where, _LIMIT)
        return time.perf_counter() - began

    vectors = ours.vectors()
    alone: list[float] = []
    used = time.process_time()
    for vector in vectors:
        if sum(alone) < _PATIENCE_SECONDS:
            alone.append(one(vector))
    used = time.process_time() - used
    began = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(one, vectors[: len(alone)]))
    return _row(alone, used, len(alone) / (time.perf_counter() - began))


def main() -> None:
    """Measure, print tables, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--images", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--encoded", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--recall-only", action="store_true")
    parser.add_argument("--alone", action="store_true", help="leave the others out")
    given = parser.parse_args()
    if given.quick:
        given.images, given.encoded, given.queries, given.rounds = [2_000], 500, 10, 1
    known = set(texts(given.encoded, _LIBRARY_SEED))
    fresh = [one for one in texts(given.queries * 9, _QUERY_SEED) if one not in known]
    every = make(max(given.images), given.encoded)
    results: dict[str, object] = {}
    for images in given.images:
        print(f"\n=== {images} pictures, {min(given.encoded, images)} texts encoded", flush=True)
        results[str(images)] = _one_size(every.first(images), fresh, given)
    print(write("library_search", {"given": {**vars(given), "keep": None}, "sizes": results}))


def _one_size(
    pictures: Pictures, fresh: list[str], given: argparse.Namespace
) -> Mapping[str, object]:
    with TemporaryDirectory(prefix="imgen-bench-", ignore_cleanup_errors=True) as folder:
        home = (given.keep or Path(folder)) / str(len(pictures))
        if not (home / "imgen").exists():
            began = time.monotonic()
            fill(home / "imgen", pictures)
            print(f"imgen: filled in {time.monotonic() - began:.0f} s", flush=True)
        with contextlib.ExitStack() as open_ones:
            ours = open_ones.enter_context(_ours(home / "imgen", fresh[: given.queries]))
            recall = ours.recall(pictures)
            print("\n".join(map(str, recall)), flush=True)
            if given.recall_only:
                return {"recall": [str(one) for one in recall]}
            peers = Path(folder) / "peers"
            stores = {} if given.alone else dict(_stores(peers, pictures, open_ones))
            agreement = {name: _agreement(one, ours, pictures) for name, one in stores.items()}
            print({f"recall@10 of {name}": round(one, 4) for name, one in agreement.items()})
            rows = {
                name: _side_by_side(name, where, ours, stores, given.rounds)
                for name, where in _FILTERS.items()
            }
            whole = _whole(home, ours, stores, fresh[given.queries :], given.rounds)
        return {"recall": [str(one) for one in recall], "peers": agreement, **rows, "whole": whole}


@contextlib.contextmanager
def _ours(folder: Path, queries: list[str]) -> Iterator[Ours]:
    server = EmbeddedPostgres(folder)
    server.start()
    ours = Ours(server, queries)
    try:
        yield ours
    finally:
        ours.close()
        server.leave()


def _stores(
    folder: Path, pictures: Pictures, open_ones: contextlib.ExitStack
) -> Iterator[tuple[str, Store]]:
    folder.mkdir()
    for name, (start, package) in PEERS.items():
        if obstacle := missing(package, redis=False):
            print(f"SKIPPED {name}: {obstacle}", file=sys.stderr)
            continue
        began = time.monotonic()
        store = start(folder / name, pictures)
        open_ones.callback(store.close)
        print(f"{name}: filled in {time.monotonic() - began:.0f} s", flush=True)
        yield name, store


def _agreement(store: Store, ours: Ours, pictures: Pictures) -> float:
    """Recall@10 without a filter."""
    shares = []
    for vector in ours.vectors():
        scores = pictures.prompt_vectors @ vector
        best = {name_of(int(place)) for place in np.argpartition(-scores, _LIMIT)[:_LIMIT]}
        shares.append(len(best & set(store.search(vector, None, _LIMIT))) / _LIMIT)
    return float(np.mean(shares))


def _side_by_side(
    name: str, where: Where, ours: Ours, stores: Mapping[str, Store], rounds: int
) -> Mapping[str, Row]:
    contenders: dict[str, Callable[[], Mapping[str, float]]] = {
        "imgen, prompt": partial(ours.measure, "prompt", where),
        "imgen, both": partial(ours.measure, "both", where),
    }
    for peer, store in stores.items():
        if where == NO_FILTER or store.filters:
            contenders[peer] = partial(_measure_peer, store, ours, where)
    for warm_up in contenders.values():
        warm_up()
    rows = alternate(contenders, rounds)
    print(f"\n{name}\n{table(rows)}\nmedian (min–max) of {rounds} rounds; {noise()}", flush=True)
    return rows


def _whole(
    home: Path, ours: Ours, stores: Mapping[str, Store], fresh: list[str], rounds: int
) -> Mapping[str, Row]:
    """Encoding and search; ours over HTTP. Every query is new to everybody's encoder."""
    each = len(fresh) // (rounds * (2 + len(stores)))
    unread = iter(fresh)

    def some() -> list[str]:
        return [next(unread) for _ in range(each)]

    def peer(store: Store) -> Mapping[str, float]:
        took = []
        for query in some():
            encoding = ours.encoding([query])[0]
            vector = ours.vector(query)
            began = time.perf_counter()
            store.search(vector, None, _LIMIT)
            took.append(encoding + time.perf_counter() - began)
        return {"whole p50 ms": percentile(took, 0.5) * 1000}

    with imgen(home) as server:
        contenders: dict[str, Callable[[], Mapping[str, float]]] = {
            "imgen over HTTP, both": lambda: _over_http(server.url, server.headers, some()),
            **{name: partial(peer, store) for name, store in stores.items()},
        }
        _over_http(server.url, server.headers, ours.queries)
        rows = alternate(contenders, rounds)
    print(f"\nencoding and search\n{table(rows)}\n{noise()}", flush=True)
    return rows


def _over_http(url: str, headers: dict[str, str], queries: list[str]) -> Mapping[str, float]:
    path = url.replace("/api/v2", "/api/search")

    async def each() -> list[float]:
        connection = await Connection.to(url)
        sent = [request("POST", path, {"query": query}, headers) for query in queries]
        took = [await _timed(connection.exchange, one) for one in sent]
        await connection.close()
        return took

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return {"whole p50 ms": percentile(runner.run(each()), 0.5) * 1000}


if __name__ == "__main__":
    main()

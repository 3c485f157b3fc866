"""A hit in Imgen v2's cache, end to end over HTTP, beside GPTCache's `get` inside a program.

    python -m bench.cache_hit [--images 10000] [--encoded 10000]

Both hold the same prompts and use the same text encoder, and take a cosine of 0.95 for a hit.

- repeat: a prompt that is there, letter by letter.
- reworded: one that is there, with an order for quality behind it.
- other: one that is not there. What comes back is counted too.

Ours is `generate` with `use_cache` and `cache_only`, with a key, plan limits, the second check and
the row of a job that can be polled for an hour; `+ status` adds the poll that fetches the result.
Theirs embeds, searches (faiss, exact) and fetches, in process, for nobody in particular.
`CPU ms` counts all processes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from bench.deployment import Imgen, imgen
from bench.http import Connection, request
from bench.peers.library_fill import fill
from bench.peers.library_pictures import Pictures, make, texts
from bench.peers.library_stores import GptCache
from bench.peers.processes import missing
from bench.rounds import Row, alternate, cpu_seconds, noise, percentile, table, write
from imgen.finishing.encode import Format
from imgen.generation.outcome import Completed, StoredFile, outcome_to_json
from imgen.library.embed.folder import BUILT_IN, read_folder
from imgen.library.embed.network import Network

_ORDER = ", highly detailed"
_SEED_OF_OTHERS = 2
_MODEL, _STYLE = "instant", "professional"


def main() -> None:
    """Measure, print tables, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--encoded", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=40, help="prompts of a kind in each round")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if given.quick:
        given.images, given.encoded, given.each, given.rounds = 500, 500, 5, 1
    pictures = _of_one_kind(make(given.images, given.encoded))
    results: dict[str, Mapping[str, Row]] = {}
    with TemporaryDirectory(prefix="imgen-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        fill(folder / "imgen", pictures, _served())
        with contextlib.ExitStack() as open_ones:
            server = open_ones.enter_context(imgen(folder))
            peer = _peer(folder / "gptcache", pictures, open_ones)
            for kind, prompts in _asked(pictures, given.each * (given.rounds + 1)).items():
                results[kind] = _side_by_side(kind, prompts, server, peer, given)
    print(write("cache_hit", {"given": vars(given), **results}))


def _of_one_kind(pictures: Pictures) -> Pictures:
    """All of the model, style and character that a plain request asks for."""
    kinds = {"model": _MODEL, "style": _STYLE, "character": ""}
    return replace(
        pictures, kinds={column: [value] * len(pictures) for column, value in kinds.items()}
    )


def _served() -> dict[str, Any]:
    file = StoredFile("images/some.jpg", "some.jpg", Format.JPEG, 1024, 1024, 100_000)
    done = Completed("a prompt", "", "0" * 64, _MODEL, file, file, compliance="safe")
    return dict(json.loads(outcome_to_json(done)))


def _peer(
    folder: Path, pictures: Pictures, open_ones: contextlib.ExitStack
) -> Callable[[str], str | None] | None:
    if obstacle := missing("gptcache", "faiss", redis=False):
        print(f"SKIPPED GPTCache: {obstacle}", file=sys.stderr)
        return None
    store = GptCache(folder, pictures)
    open_ones.callback(store.close)
    network = Network(read_folder(BUILT_IN))
    return store.answers(lambda text: network.vectors([text])[0])


def _asked(pictures: Pictures, amount: int) -> dict[str, list[str]]:
    there = list(dict.fromkeys(pictures.prompts))
    known = set(there)
    others = (one for one in texts(2 * amount, _SEED_OF_OTHERS) if one not in known)
    return {
        "repeat": there[:amount],
        "reworded": [one + _ORDER for one in there[amount : 2 * amount]],
        "other": [one for one, _ in zip(others, range(amount), strict=False)],
    }


def _side_by_side(
    kind: str,
    prompts: Sequence[str],
    server: Imgen,
    peer: Callable[[str], str | None] | None,
    given: argparse.Namespace,
) -> Mapping[str, Row]:
    ours, theirs = _parts(prompts, given.each), _parts(prompts, given.each)
    answered: Counter[str] = Counter()

    def counted(name: str, measured: tuple[dict[str, float], int]) -> Mapping[str, float]:
        answered[name] += measured[1]
        return measured[0]

    contenders: dict[str, Callable[[], Mapping[str, float]]] = {
        "imgen over HTTP": lambda: counted("imgen", _over_http(server, next(ours)))
    }
    if peer is not None:
        contenders["GPTCache, get"] = lambda: counted("GPTCache", _in_process(peer, next(theirs)))
    for warm_up in contenders.values():
        warm_up()
    rows = alternate(contenders, given.rounds)
    print(f"\n{kind}: answered from the store, of {len(prompts)}: {dict(answered)}")
    print(f"{table(rows)}\nmedian (min–max) of {given.rounds} rounds; {noise()}", flush=True)
    return rows


def _parts(prompts: Sequence[str], each: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(prompts), each):
        yield prompts[start : start + each]


def _over_http(server: Imgen, prompts: Sequence[str]) -> tuple[dict[str, float], int]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_ask(server, prompts))


async def _ask(server: Imgen, prompts: Sequence[str]) -> tuple[dict[str, float], int]:
    connection = await Connection.to(server.url)
    took, fetched = [], []
    pids = [os.getpid(), *server.pids()]
    used = cpu_seconds(pids)
    for prompt in prompts:
        fields = {"action": "generate", "prompt": prompt, "model": _MODEL}
        wish = request(
            "POST", server.url, {**fields, "use_cache": True, "cache_only": True}, server.headers
        )
        began = time.perf_counter()
        receipt = await _receipt(connection, wish)
        took.append(time.perf_counter() - began)
        if receipt is not None:
            found = await connection.exchange(server.status(receipt["id"]))
            fetched.append(time.perf_counter() - began)
            assert json.loads(found)["status"] == "COMPLETED", found
    used = cpu_seconds(pids) - used
    await connection.close()
    return _row(took, fetched or took, used), len(fetched)


async def _receipt(connection: Connection, wish: bytes) -> dict[str, Any] | None:
    try:
        return dict(await connection.json(wish))
    except RuntimeError as refusal:
        if " 404 " not in str(refusal):
            raise
        return None


def _in_process(
    answer: Callable[[str], str | None], prompts: Sequence[str]
) -> tuple[dict[str, float], int]:
    took, hits = [], 0
    used = time.process_time()
    for prompt in prompts:
        began = time.perf_counter()
        hits += answer(prompt) is not None
        took.append(time.perf_counter() - began)
    return _row(took, took, time.process_time() - used), hits


def _row(took: Sequence[float], fetched: Sequence[float], used: float) -> dict[str, float]:
    return {
        "p50 ms": percentile(took, 0.5) * 1000,
        "+ status p50 ms": percentile(fetched, 0.5) * 1000,
        "p99 ms": percentile(took, 0.99) * 1000,
        "CPU ms": 1000 * used / len(took),
    }


if __name__ == "__main__":
    main()

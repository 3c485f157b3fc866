"""A library of pictures to search: prompts of many kinds, their captions, and the vectors of both.

Encoding takes minutes; the vectors are kept in `.bench` for the next run.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.rounds import RESULTS
from imgen.catalog import load_catalog
from imgen.library.caption.prompt_captioner import sentence
from imgen.library.embed.folder import BUILT_IN, read_folder
from imgen.library.embed.network import Network
from imgen.library.meaning.essence import essence
from imgen.prompts.random_prompt import random_prompt

Vectors = NDArray[np.float32]

_BENCH = Path(__file__).parents[1]
_HAND_MADE = sorted((_BENCH / "false_hits").glob("*.jsonl"))
_LINES = _BENCH.parent / "tests/library/data/encoder_prompts.txt"
_LONGEST = 300
"""Characters of a hand-made line that still looks like a prompt."""
_BATCH = 64
_KEPT = 10_000
"""Texts whose vectors share a file."""
_NEIGHBOUR, _NOISE = 0.35, 0.1
"""How a picture is made whose text is not encoded: a real vector, plus so much of another real one
and so much of a random direction. Its cosine to the first is about 0.94."""

KINDS = {"model": ("half", 0.5), "style": ("some", 0.02), "character": ("few", 0.0005)}
"""Column → value, and the share of pictures that have it; the columns are independent."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """What a library of n pictures holds."""

    prompts: list[str]
    captions: list[str]
    prompt_vectors: Vectors
    """(n, 384), each of length 1."""
    caption_vectors: Vectors
    """(n, 384), each of length 1."""
    kinds: dict[str, list[str]]
    """Column → value of each picture."""

    def __len__(self) -> int:
        return len(self.prompts)

    def first(self, amount: int) -> Pictures:
        """A smaller library. They are in random order."""
        return Pictures(
            self.prompts[:amount],
            self.captions[:amount],
            self.prompt_vectors[:amount],
            self.caption_vectors[:amount],
            {column: values[:amount] for column, values in self.kinds.items()},
        )


def texts(amount: int, seed: int) -> list[str]:
    """Distinct prompts: half scenes and portraits of the grammar, half hand-made ones, bare or with
    an ending of the grammar's (its light, its mood). Other seeds give other prompts."""
    rng = random.Random(seed)
    catalog = load_catalog()
    hand_made = _hand_made()
    found: dict[str, None] = {}
    while len(found) < amount:
        kind = rng.choice((None, ""))  # a portrait or a scene
        scene = random_prompt(catalog, rng, kind)
        scene = scene.partition(" ")[2] if scene.startswith("@") else scene
        if rng.random() < 0.5:
            ending = scene.split(", ")[-rng.randint(1, 3) :] if rng.random() < 0.75 else []
            scene = ", ".join([rng.choice(hand_made), *ending])
        found[scene] = None
    return list(found)


def _hand_made() -> list[str]:
    lines = [line for line in _LINES.read_text(encoding="utf-8").splitlines() if line.strip()]
    for file in _HAND_MADE:
        for line in file.read_text(encoding="utf-8").splitlines():
            pair = json.loads(line)
            lines += [pair[side] for side in ("a", "b", "prompt", "query") if side in pair]
    return sorted({line for line in lines if len(line) <= _LONGEST})


def make(images: int, encoded: int) -> Pictures:
    """A library of `images` pictures, of which `encoded` have texts that the encoder has read; the
    vectors of the others are mixed from theirs (see `_NEIGHBOUR`)."""
    encoded = min(encoded, images)
    prompts = texts(encoded, seed=1)
    captions = [sentence(prompt) for prompt in prompts]
    by_prompt = _encoded("prompts", [essence(prompt) for prompt in prompts])
    by_caption = _encoded("captions", captions)
    random_state = np.random.default_rng(3)
    one = random_state.integers(0, encoded, images - encoded)
    other = random_state.integers(0, encoded, images - encoded)
    order = random_state.permutation(images)
    words = [*range(encoded), *one.tolist()]
    return Pictures(
        [prompts[words[place]] for place in order],
        [captions[words[place]] for place in order],
        np.vstack([by_prompt, _mixed(by_prompt, one, other, random_state)])[order],
        np.vstack([by_caption, _mixed(by_caption, one, other, random_state)])[order],
        {
            column: _values(value, share, images, random_state)
            for column, (value, share) in KINDS.items()
        },
    )


def encode(lines: Sequence[str]) -> Vectors:
    """The vectors of texts as the library's own encoder makes them."""
    network = Network(read_folder(BUILT_IN))
    order = sorted(range(len(lines)), key=lambda place: len(lines[place]))
    made = np.empty((len(lines), network.dimensions), np.float32)
    for start in range(0, len(order), _BATCH):
        places = order[start : start + _BATCH]
        made[places] = network.vectors([lines[place] for place in places])
    return made


def _encoded(name: str, lines: Sequence[str]) -> Vectors:
    parts = [lines[start : start + _KEPT] for start in range(0, len(lines), _KEPT)]
    return np.vstack([_kept(name, part) for part in parts])


def _kept(name: str, lines: Sequence[str]) -> Vectors:
    digest = sha256("\n".join(lines).encode()).hexdigest()[:12]
    file = RESULTS / f"library_{name}_{digest}.npy"
    if file.exists():
        return np.asarray(np.load(file), np.float32)
    began = time.monotonic()
    made = encode(lines)
    print(f"encoded {len(lines)} {name} in {time.monotonic() - began:.0f} s", file=sys.stderr)
    RESULTS.mkdir(exist_ok=True)
    np.save(file, made)
    return made


def _mixed(
    real: Vectors, one: NDArray[np.int64], other: NDArray[np.int64], state: np.random.Generator
) -> Vectors:
    noise = state.standard_normal((len(one), real.shape[1]), np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    mixed = real[one] + _NEIGHBOUR * real[other] + _NOISE * noise
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)


def _values(value: str, share: float, images: int, state: np.random.Generator) -> list[str]:
    """Exactly `share` of the pictures, at random, have the value; the others have another."""
    chosen: set[Any] = set(state.permutation(images)[: round(share * images)].tolist())
    return [value if place in chosen else f"not {value}" for place in range(images)]

"""What an unknown noun comes nearest to, by the text encoder: `wolfhound` is drawn as a wolf."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from imgen.engines.sketch.scene.findings import Findings, Head
from imgen.engines.sketch.scene.vocabulary import Meaning, vocabulary
from imgen.engines.sketch.subjects.registry import SUBJECTS
from imgen.errors import ImgenError
from imgen.library.embed.folder import BUILT_IN, read_folder
from imgen.library.embed.network import Network, Vectors

_FLOOR = 0.5
"""Least cosine. Measured: nonsense and abstract nouns (`xyzzy`, `freedom`, `tax return`) lie at
0.25 to 0.48; kin (`trombone` and violin, `orchid` and flower, `wolfhound` and wolf) at 0.5 to 0.9.
"""
_SURE = 0.62
"""Least cosine where the prompt is understood without the word."""
_MOST = 3
"""Unknown nouns that are looked up in one prompt: a bound on time."""
_NAMES_OF_ONE = 4
_BATCH = 32


@dataclass(frozen=True, slots=True)
class _Index:
    network: Network
    vectors: Vectors
    """(names, d)"""
    meanings: tuple[Meaning, ...]

    def find(self, text: str) -> dict[str, tuple[float, str]]:
        """For subjects and for settings: the best cosine and the key."""
        scores = self.vectors @ self.network.vectors([text])[0]
        best: dict[str, tuple[float, str]] = {}
        for score, (kind, key) in zip(scores, self.meanings, strict=True):
            if score > best.get(kind, (-1.0, ""))[0]:
                best[kind] = (float(score), key)
        return best


_lock = threading.Lock()
_loaded: list[_Index | None] = []


def settle(found: Findings) -> None:
    """Let unknown nouns stand for what they come nearest to, where a prompt lacks a thing or place.

    A prompt that names both is left alone, and so is one without unknown nouns: the encoder is
    loaded by the first prompt that needs it. Where it cannot be loaded, nothing happens.
    """
    for head in found.heads[:_MOST]:
        if found.mentions and found.said.get("setting"):
            return
        known = bool(found.mentions or found.scenery or found.said.get("setting"))
        _settle_one(found, head, _SURE if known else _FLOOR)


def _settle_one(found: Findings, head: Head, floor: float) -> None:
    best = dict(_nearest(head.phrase))
    if head.phrase != head.noun:
        for kind, hit in _nearest(head.noun):
            best[kind] = max(best.get(kind, hit), hit)
    thing, place = best.get("subject", (0.0, "")), best.get("setting", (0.0, ""))
    if not found.mentions and thing[0] >= max(floor, place[0]) and not head.is_place:
        head.mention.subject = thing[1]
        found.mentions.append(head.mention)
        return
    if found.mentions and not head.is_place:
        return
    rival = 0.0 if head.is_place else thing[0]
    if not found.said.get("setting") and place[0] >= max(floor, rival):
        found.say("setting", place[1], head.mention.weight)


@lru_cache(maxsize=2048)
def _nearest(text: str) -> tuple[tuple[str, tuple[float, str]], ...]:
    index = _index()
    if index is None:
        return ()
    try:
        return tuple(index.find(text).items())
    except ImgenError:
        return ()


def _index() -> _Index | None:
    """The encoder and the vectors of all names, made once in a process; None if that failed."""
    with _lock:
        if not _loaded:
            try:
                _loaded.append(_built())
            except ImgenError:
                _loaded.append(None)
        return _loaded[0]


def _built() -> _Index:
    network = Network(read_folder(BUILT_IN))
    names: dict[tuple[str, Meaning], None] = {}
    for subject in SUBJECTS.values():
        if subject.name != "portrait":
            for word in (subject.name.replace("-", " "), *subject.words[: _NAMES_OF_ONE - 1]):
                names[word, ("subject", subject.name)] = None
    table = vocabulary()
    for words, meanings in table.phrases.items():
        for meaning in meanings:
            if meaning[0] == "setting" and meaning[1] != "studio":
                names[" ".join(words), meaning] = None
    texts = [text for text, _ in names]
    parts = [network.vectors(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
    return _Index(network, np.concatenate(parts), tuple(meaning for _, meaning in names))

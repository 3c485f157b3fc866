"""What the built-in enhancer knows: facts that a prompt may state, and phrases that enrich one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "words" / "enhance.toml"
_WORD = re.compile(r"[^\W_]+")
_LONGEST_CUE = 3


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something that can be added to a prompt, and when it fits."""

    text: str
    needs: frozenset[str] = frozenset()
    """Facts, kinds or words that must all be stated."""
    kinds: frozenset[str] = frozenset()
    """Kinds of which one must be stated; empty: any."""
    excludes: frozenset[str] = frozenset()
    """Facts, kinds or words of which none may be stated."""
    claims: frozenset[str] = frozenset()
    """Facts that the phrase brings with it."""
    graphic: bool = False
    """Whether it suits logos and icons; these get no other phrases."""

    @property
    def weight(self) -> int:
        """How strongly it is preferred: what is made for this prompt before what always fits."""
        return 1 + 3 * len(self.needs) + 2 * bool(self.kinds)


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that a good prompt speaks of: lighting, composition, mood, …"""

    name: str
    already: frozenset[str]
    """Words and phrases that show that the prompt speaks of it."""
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Facts, kinds and phrases."""

    groups: Mapping[str, frozenset[str]]
    """Group → the facts in it, which exclude one another."""
    firm: frozenset[str]
    """The groups in which a tone gives way to what the prompt states."""
    cues: Mapping[str, frozenset[str]]
    """Word or phrase → the facts and kinds that it states."""
    aspects: tuple[Aspect, ...]
    """In the order in which they are added to a prompt."""

    def stated(self, text: str) -> frozenset[str]:
        """The words and short phrases of a text, with the facts and kinds that they state."""
        said = word_groups(text)
        return said.union(*(self.cues[cue] for cue in said if cue in self.cues))

    def clash(
        self, claims: Iterable[str], stated: frozenset[str], *, only_firm: bool = False
    ) -> bool:
        """Whether one of the claims lies in a group of which `stated` states something else."""
        claimed = frozenset(claims)
        return any(
            claimed & facts and (stated & facts) - claimed
            for group, facts in self.groups.items()
            if group in self.firm or not only_firm
        )


def word_groups(text: str) -> frozenset[str]:
    """Runs of one to three words, in lower case, without punctuation; plurals as singulars too."""
    words = _WORD.findall(text.casefold())
    groups = set()
    for start in range(len(words)):
        for end in range(start + 1, min(start + _LONGEST_CUE, len(words)) + 1):
            run = words[start:end]
            groups.add(" ".join(run))
            groups.update(" ".join([*run[:-1], one]) for one in _singulars(run[-1]))
    return frozenset(groups)


def words(text: str) -> frozenset[str]:
    """The single words of a text, in lower case, in the singular where they look like plurals."""
    return frozenset(next(iter(_singulars(word)), word) for word in _WORD.findall(text.casefold()))


def _singulars(word: str) -> list[str]:
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return []
    return [word[:-1], word[:-2]] if word.endswith(("ches", "shes", "xes", "sses")) else [word[:-1]]


@cache
def builtin_vocabulary() -> Vocabulary:
    """The vocabulary that ships with imgen."""
    document = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    cues: dict[str, set[str]] = {}
    for facts in (*document["facts"].values(), document["kinds"]):
        for fact, words_of_it in facts.items():
            for cue in words_of_it:
                cues.setdefault(cue, set()).add(fact)
    return Vocabulary(
        groups={group: frozenset(facts) for group, facts in document["facts"].items()},
        firm=frozenset(document["firm"]),
        cues={cue: frozenset(facts) for cue, facts in cues.items()},
        aspects=tuple(
            Aspect(
                name=aspect["name"],
                already=frozenset(aspect["already"]),
                phrases=tuple(_phrase(**phrase) for phrase in aspect["phrases"]),
            )
            for aspect in document["aspects"]
        ),
    )


def _phrase(text: str, *, graphic: bool = False, **conditions: list[str]) -> Phrase:
    return Phrase(
        text, graphic=graphic, **{name: frozenset(names) for name, names in conditions.items()}
    )

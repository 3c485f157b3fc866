"""The built-in enhancer: it adds what a prompt does not say yet, from a vocabulary, offline."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from imgen.catalog import Catalog
from imgen.prompts.compose import fold
from imgen.prompts.enhance import LONGEST_PROMPT
from imgen.prompts.syntax import ParsedPrompt, format_prompt
from imgen.prompts.tone import tone_terms
from imgen.prompts.vocabulary import Aspect, Phrase, Vocabulary, builtin_vocabulary, words

_NEGATED = re.compile(r"\b(?:no|not|without|never|lacking)\s+(\w+(?:\s+\w+)?)", re.IGNORECASE)
_COMMON = words("and the for with from into over behind around all one two") | words(
    "soft deep small fine clear rich gentle looking"
)
"""Words that do not make two phrases say the same."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A prompt on its way to being richer."""

    prompt: ParsedPrompt
    stated: frozenset[str]
    """Words, facts and kinds that it states by now."""
    present: frozenset[str]
    """Single words that it contains by now."""
    unwanted: frozenset[str]
    """Words and facts that it does not want: its negatives, and what follows a `no`."""

    def adding(self, text: str, facts: Iterable[str]) -> _Draft:
        """The draft with a term more, and the facts that the term brings."""
        positive = ", ".join(filter(None, (self.prompt.positive, text)))
        return replace(
            self,
            prompt=replace(self.prompt, positive=positive),
            stated=self.stated.union(facts),
            present=self.present | words(text),
        )


class CatalogEnhancer:
    """An `Enhancer` without a network: the same prompt, tone and seed give the same answer."""

    def __init__(self, catalog: Catalog, vocabulary: Vocabulary | None = None) -> None:
        self._catalog = catalog
        self._vocabulary = vocabulary or builtin_vocabulary()

    async def aclose(self) -> None:
        """Holds nothing."""

    async def enhance(self, prompt: ParsedPrompt, *, tone: str = "", seed: int) -> ParsedPrompt:
        """Add the tone, then phrases for what the prompt leaves open. Never raises."""
        draft = self._read(prompt)
        for term in tone_terms(tone, self._catalog.styles):
            draft = self._with_tone(draft, term)
        if not (draft.prompt.positive or draft.prompt.character):
            return prompt
        rng = random.Random(seed)  # noqa: S311 - variety, not secrecy
        chosen: dict[str, str] = {}
        grown = draft
        for aspect in self._open_aspects(draft, rng):
            if len(chosen) == _wanted(prompt.positive):
                break
            phrase = self._pick(aspect, grown, rng)
            if phrase is not None:
                chosen[aspect.name] = phrase.text
                grown = grown.adding(phrase.text, phrase.claims)
        in_order = [chosen[a.name] for a in self._vocabulary.aspects if a.name in chosen]
        positive = ", ".join(filter(None, (draft.prompt.positive, *in_order)))
        return replace(draft.prompt, positive=positive)

    def _read(self, prompt: ParsedPrompt) -> _Draft:
        """What a prompt says, its character included, and what it does not want."""
        character = self._catalog.characters.get(prompt.character)
        described = ", ".join(character.positive) if character else ""
        unwanted = ", ".join((*prompt.negatives, *_NEGATED.findall(prompt.positive)))
        wanted = _NEGATED.sub(" ", prompt.positive)
        stated = self._vocabulary.stated(wanted)
        return _Draft(
            prompt=prompt,
            stated=stated | ({"person"} if prompt.character else set()),
            present=words(prompt.positive) | words(described),
            unwanted=words(unwanted) | self._vocabulary.stated(unwanted),
        )

    def _with_tone(self, draft: _Draft, term: str) -> _Draft:
        """The draft with a term of the tone, unless it is there, unwanted, or contradicts."""
        facts = self._vocabulary.stated(term)
        if (
            fold(term) in draft.stated
            or facts & draft.unwanted
            or self._vocabulary.clash(facts, draft.stated, only_firm=True)
            or not _fits(draft, term)
        ):
            return draft
        return draft.adding(term, facts)

    def _open_aspects(self, draft: _Draft, rng: random.Random) -> list[Aspect]:
        """The aspects that the prompt does not speak of: lighting first, the others shuffled."""
        aspects = [one for one in self._vocabulary.aspects if not one.already & draft.stated]
        rng.shuffle(aspects)
        return sorted(aspects, key=lambda one: one.name != "lighting")

    def _pick(self, aspect: Aspect, draft: _Draft, rng: random.Random) -> Phrase | None:
        fitting = [phrase for phrase in aspect.phrases if self._suits(phrase, draft)]
        if not fitting:
            return None
        return rng.choices(fitting, [phrase.weight for phrase in fitting])[0]

    def _suits(self, phrase: Phrase, draft: _Draft) -> bool:
        own = words(phrase.text) - _COMMON
        return (
            phrase.needs <= draft.stated
            and not phrase.excludes & draft.stated
            and (not phrase.kinds or bool(phrase.kinds & draft.stated))
            and (phrase.graphic or "graphic" not in draft.stated)
            and not self._vocabulary.clash(phrase.claims, draft.stated)
            and not (own | phrase.claims) & draft.unwanted
            and not own & draft.present
            and _fits(draft, phrase.text)
        )


def _wanted(positive: str) -> int:
    """How many phrases a prompt of this length can take before its own words drown."""
    length = len(positive.split())
    return 5 if length <= 12 else 4 if length <= 40 else 2


def _fits(draft: _Draft, text: str) -> bool:
    return len(format_prompt(draft.prompt)) + len(", ") + len(text) <= LONGEST_PROMPT

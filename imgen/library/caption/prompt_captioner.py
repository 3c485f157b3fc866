"""A captioner that needs no model: it makes a readable sentence out of the prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imgen.library.caption.captioner import LONGEST
from imgen.library.caption.plain import plain_terms, plain_text

_NOTHING_KNOWN = "A picture."

_PRAISE = re.compile(
    r"(?:masterpiece|(?:absurdly |insanely |extremely |highly |very |ultra |super |best |high |"
    r"highest |top |amazing |premium |great |good )?(?:quality|detailed|details?|res|resolution)|"
    r"(?:ultra|super|extremely|highly|insanely|hyper|very)[ -]?(?:detailed|sharp)|"
    r"intricate(?: details?)?|sharp(?: focus)?|in focus|absurdres|highres|hi-?res|"
    r"\d{1,2} ?k(?: (?:uhd|hd|wallpaper|resolution|ultra hd))?|u?hd|uhdr?|hdr|raw photo|raw|"
    r"score \d(?: up)?|rating (?:safe|general)|source \w+|award[ -]winning(?: \w+)?|"
    r"trending on \w+|(?:octane|unreal|unreal engine)(?: \d)?(?: render)?|beautiful|stunning|"
    r"newest|solo|no humans|wallpaper|professional|perfect \w+|very aesthetic|aesthetic)",
    re.IGNORECASE,
)
"""Terms that praise a picture and say nothing of what it shows."""

_MOOD = frozenset(
    """
    cinematic moody dramatic realistic photorealistic hyperrealistic surreal ethereal vibrant
    minimalist minimalistic whimsical cozy cosy monochrome colorful colourful dreamy vintage retro
    gothic painterly elegant serene peaceful mysterious nostalgic futuristic romantic atmospheric
    impressionist impressionistic abstract stylized stylised rustic festive cheerful calm
    """.split()  # noqa: SIM905 - as a list it would be forty lines
)
_MEDIUM = re.compile(
    r"(?:.*\b(?:style|painting|illustration|photo|photograph|photography|watercolou?r|sketch|"
    r"render|rendering|drawing|artwork|art|anime|manga|film still|movie still|lithograph|"
    r"engraving|collage|gouache|pastel|charcoal|oil on canvas|3d)|(?:by|art by) .*)",
    re.IGNORECASE,
)
_ATTACHED = re.compile(
    r"(?:in|on|at|under|over|by|near|with|without|during|behind|beside|above|below|beneath|through|"
    r"against|among|amid|inside|outside|from|of|for|around|while|as|and|where|who|looking|"
    r"seen)\b|(?!(?:evening|morning|lightning|ceiling|building|painting|king|ring|string|spring|"
    r"wing|lighting|clothing|clearing)\b)[a-z]{3,}ing\b",
    re.IGNORECASE,
)
"""How a term begins that continues the one before it rather than adding a thing."""

_NO_ARTICLE = re.compile(
    r"(?:an?|the|this|that|these|those|some|several|many|few|two|three|four|five|six|seven|eight|"
    r"nine|ten|no|one|each|every|his|her|its|their|my|our|your|in|on|at|under|by|near|with|inside|"
    r"close-?up of|\d+\w*)\b|[a-z]{3,}ing\b(?! \w)",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"(\d)\s?(girl|boy|woman|man|person|cat|dog)s?", re.IGNORECASE)
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PLURALS = {"woman": "women", "man": "men", "person": "people"}
_MASS = frozenset(
    """
    snow water light rain fog mist smoke fire sand grass food fruit jewelry furniture scenery
    photography architecture armor armour hair fur people women men children sheep fish deer
    traffic weather art nature space
    """.split()  # noqa: SIM905
)
"""Nouns that take no article."""
_TRAIL = re.compile(
    r"\s(?:in|on|at|of|with|under|over|by|near|from|and|through|behind|beside|above|below|against|"
    r"among|inside|during|while|wearing|holding|\w+ing)\s.*",
    re.IGNORECASE,
)


class PromptCaptioner:
    """A `Captioner` that never looks at the picture."""

    looks = False

    async def caption(
        self, pixels: NDArray[np.uint8] | None, prompt: str, negatives: Sequence[str]
    ) -> str:
        """See `Captioner`. What a picture does not show is not told."""
        del pixels, negatives
        return sentence(prompt)

    async def aclose(self) -> None:
        """Holds nothing."""


def sentence(prompt: str) -> str:
    """A prompt as an English sentence: capital letter, full stop, never empty.

    `portrait, (warm light:1.2), masterpiece` becomes `A portrait with warm light.`
    """
    prose = _as_prose(prompt)
    if prose:
        return _finished(prose)
    terms = [_spoken(term) for term in plain_terms(prompt)]
    terms = [term for term in terms if not _PRAISE.fullmatch(term)]
    if not terms:
        return _NOTHING_KNOWN
    return _finished(_joined(terms))


def _as_prose(prompt: str) -> str:
    """The prompt itself where it is sentences already, else nothing."""
    text = " ".join(plain_text(prompt).split())
    parts = [part for part in re.split(r"[,;]", text) if part.strip()]
    words = len(text.split())
    ends = len(re.findall(r"[a-z]{2}[.!?](?=\s|$)", text))
    return text if ends and words >= 6 and words / max(1, len(parts)) >= 5 else ""


def _spoken(term: str) -> str:
    counted = _COUNTED.fullmatch(term)
    if not counted:
        return term
    number, noun = int(counted[1]), counted[2].lower()
    if number == 1:
        return f"one {noun}"
    return f"{_NUMBERS[number]} {_PLURALS.get(noun, noun + 's')}"


def _joined(terms: Sequence[str]) -> str:
    """Head, what it is with, then mood and medium: each in the order of the prompt."""
    moods = [term for term in terms if term.casefold() in _MOOD]
    things = [term for term in terms if term.casefold() not in _MOOD]
    media = [term for term in things[1:] if _MEDIUM.fullmatch(term)]
    things = [term for term in things if term not in media]
    if not things:
        things, moods = [f"{_listed(moods)} picture"], []
    head = _with_article(things[0])
    added: list[str] = []
    for term in things[1:]:
        if _ATTACHED.match(term):
            head += f", {term}" if added or not _is_short(head) else f" {term}"
        else:
            added.append(term)
    parts = [f"{head}{' and ' if _has_with(head) else ' with '}{_listed(added)}" if added else head]
    if moods:
        parts.append(f"in {_article(moods[0])} {_listed(moods)} style")
    parts += [f"in {term}" if term.lower().endswith(" style") else term for term in media]
    return ", ".join(parts)


def _has_with(head: str) -> bool:
    return " with " in head


def _is_short(head: str) -> bool:
    return len(head.split()) <= 4


def _with_article(noun: str) -> str:
    """`A red fox`, `An owl`, but `Mountains at dawn` and `Two cats`."""
    core = _TRAIL.sub("", f" {noun}").strip() or noun
    last = core.split()[-1].casefold()
    plural = last.endswith("s") and not last.endswith(("ss", "us", "is", "as"))
    words = noun.split()
    named = len(words) > 1 and words[0][:1].isupper() and words[1][:1].isupper()
    if plural or named or last in _MASS or _NO_ARTICLE.match(noun) or not noun[:1].isalpha():
        return noun
    return f"{_article(noun)} {noun}" if noun[0].isascii() else noun


def _article(noun: str) -> str:
    return "an" if noun[:1].casefold() in "aeio" or noun[:3].casefold() == "umb" else "a"


def _listed(items: Sequence[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def _finished(text: str) -> str:
    """One line, cut between words where it is too long, with a capital and a full stop."""
    line = " ".join(text.split())
    if len(line) >= LONGEST:
        line = line[: LONGEST - 1].rsplit(" ", 1)[0].rsplit(",", 1)[0] if " " in line else line
        line = line[: LONGEST - 1]
    line = line.rstrip(" ,;:-") or _NOTHING_KNOWN
    ended = line if line[-1] in ".!?" else f"{line}."
    return ended[0].upper() + ended[1:]

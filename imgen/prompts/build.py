"""One prompt from what a form asks for: subject, setting, mood, and so on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from imgen.errors import Invalid
from imgen.prompts.compose import fold
from imgen.prompts.enhance import LONGEST_PROMPT
from imgen.prompts.syntax import ParsedPrompt, format_prompt, parse

_LOOKS = (
    "style|painting|drawing|photo|photograph|photography|illustration|render|rendering|sketch|art"
    "|print|poster|engraving|etching|woodcut|collage|mosaic|animation|cartoon|film|still|3d|comic"
)
_LIGHTS = "light|lights|lighting|lit|glow|glowing|sun|sunlight|moonlight|shadow|shadows|hour|rays"
_MOODS = "mood|atmosphere|feeling|feel|vibe|tone|ambience|and"
_MEDIA = {
    **dict.fromkeys(
        ("oil", "acrylic", "gouache", "tempera", "watercolor", "watercolour"), "painting"
    ),
    **dict.fromkeys(("charcoal", "crayon", "ink", "pastel", "pencil"), "drawing"),
}
"""What is made with a medium: `oil` alone means an oil painting."""
_SHORT_WORDS = 3
"""A value of more words says by itself what it is about."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The fields of the form, each optional."""

    subject: str = ""
    setting: str = ""
    mood: str = ""
    art_style: str = ""
    lighting: str = ""
    camera: str = ""
    extras: str = ""


FIELDS = tuple(field.name for field in fields(Parts))


def build(parts: Parts) -> ParsedPrompt:
    """A prompt that says each thing once: subject, setting, style, lighting, camera, mood, extras.

    A bare adjective is told what it describes (`cozy` becomes `cozy mood`), `-terms` become
    negatives, a `@character` may stand in any field.

    Raises:
        imgen.errors.Invalid: nothing is said, too much is said, or two characters are named.
    """
    prompt = parse(", ".join(_without_repeats(_phrases(parts))))
    if not prompt.positive and not prompt.character:
        raise Invalid(f"Send at least one of {', '.join(FIELDS)}", code="nothing_to_build")
    if len(format_prompt(prompt)) > LONGEST_PROMPT:
        raise Invalid(
            f"Together the fields make more than {LONGEST_PROMPT} characters; shorten some",
            code="prompt_too_long",
        )
    return prompt


def _phrases(parts: Parts) -> Iterator[str]:
    yield parts.subject
    yield _placed(parts.setting)
    yield _named(parts.art_style, _MEDIA.get(fold(parts.art_style), "style"), _LOOKS)
    yield _named(parts.lighting, "lighting", _LIGHTS)
    yield parts.camera
    yield _named(parts.mood, "mood", _MOODS)
    yield parts.extras


def _placed(setting: str) -> str:
    """Where it is, in words that can stand beside a subject."""
    text = setting.strip(" ,.;")
    first = text.split(" ", 1)[0].casefold()
    return f"in {text}" if first in {"a", "an", "the"} else text


def _named(value: str, noun: str, enough: str) -> str:
    """The value with the noun that it lacks.

    Args:
        enough: words, parted by `|`, of which one makes the noun needless.
    """
    text = value.strip(" ,.;")
    if not text or "," in text or text.startswith(("-", "@")):
        return text
    if len(text.split()) > _SHORT_WORDS or re.search(rf"\b(?:{enough})\b", text, re.IGNORECASE):
        return text
    return f"{text} {noun}"


def _without_repeats(phrases: Iterable[str]) -> list[str]:
    seen: dict[str, str] = {}
    for phrase in phrases:
        text = phrase.strip(" ,.;\t\n")
        if text:
            seen.setdefault(fold(text), text)
    return list(seen.values())

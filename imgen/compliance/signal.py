"""What a detector saw, in words that rulesets can name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "sexual": "sexual acts or arousal",
        "nudity": "a nude or exposed body",
        "suggestive": "sexualised dress, pose or mood, short of nudity",
        "minor": "any sign of a person under 18; no offence by itself",
        "violence": "graphic injury, gore, torture",
        "hate": "contempt for people for what they are, and its symbols",
        "self_harm": "suicide and self-injury",
        "drugs": "illegal drugs, their making, sale or use",
        "weapons": "making weapons or explosives",
        "extremism": "terrorist groups, their praise and propaganda",
        "likeness": "a faked picture of a real person",
    }
)
"""What text or a vision model may be found to speak of → what it means."""

SIGNALS: Mapping[str, str] = MappingProxyType(
    {f"prompt.{key}": f"the prompt asks for {text}" for key, text in CATEGORIES.items()}
    | {f"text.{key}": f"text in the picture speaks of {text}" for key, text in CATEGORIES.items()}
    | {f"vision.{key}": f"a vision model saw {text}" for key, text in CATEGORIES.items()}
    | {
        f"image.{state}_{part}": f"the nudity detector found {part.replace('_', ' ')}, {state}"
        for state, parts in {
            "exposed": (
                *("female_genitalia", "male_genitalia", "anus", "female_breast", "male_breast"),
                *("buttocks", "belly", "feet", "armpits"),
            ),
            "covered": (
                *("female_genitalia", "anus", "female_breast"),
                *("buttocks", "belly", "feet", "armpits"),
            ),
        }.items()
        for part in parts
    }
    | {
        "image.face_female": "the nudity detector found a woman's face",
        "image.face_male": "the nudity detector found a man's face",
        "hash.known_bad": "the picture is on a list of known-bad hashes (1 - distance / 256)",
        "hash.listed": "the picture is on another hash list (1 - distance / 256)",
        "acs.unsafe": "an external reviewer blocked it",
        "acs.floor": "an external reviewer's floor blocked it",
    }
)
"""The closed vocabulary: a signal's name → what it says. A ruleset can name no other."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that one detector saw."""

    name: str
    """Dotted, one of `SIGNALS`."""
    score: float
    """0 to 1; how sure the detector is, or how strong a word is."""
    detector: str
    """`prompt`, `nudity`, `hashes`, `text`, `vision` or `acs`."""
    detail: str = ""
    """For the operator: short, never the whole prompt."""


def strongest(signals: Iterable[Signal]) -> dict[str, Signal]:
    """The highest-scored signal of each name."""
    found: dict[str, Signal] = {}
    for signal in signals:
        if signal.name not in found or signal.score > found[signal.name].score:
            found[signal.name] = signal
    return found

"""The table of subjects, and how a noun from a prompt finds one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from imgen.engines.sketch.subjects import (
    aircraft,
    astronaut,
    belongings,
    birds,
    boat,
    canine,
    cars,
    cat,
    dragon,
    flowers,
    food,
    furniture,
    greenery,
    hoofed,
    houses,
    insects,
    landmarks,
    mammals,
    person,
    portrait,
    robot,
    sea_life,
    ships,
    skies,
    tableware,
    tree,
    wearables,
)
from imgen.engines.sketch.subjects.subject import Subject

_ALL: tuple[Subject, ...] = (
    *aircraft.SUBJECTS,
    astronaut.SUBJECT,
    *belongings.SUBJECTS,
    *birds.SUBJECTS,
    boat.SUBJECT,
    *canine.SUBJECTS,
    *cars.SUBJECTS,
    cat.SUBJECT,
    dragon.SUBJECT,
    *flowers.SUBJECTS,
    *food.SUBJECTS,
    *furniture.SUBJECTS,
    *greenery.SUBJECTS,
    *hoofed.SUBJECTS,
    *houses.SUBJECTS,
    *insects.SUBJECTS,
    *landmarks.SUBJECTS,
    *mammals.SUBJECTS,
    person.SUBJECT,
    portrait.SUBJECT,
    robot.SUBJECT,
    *sea_life.SUBJECTS,
    *ships.SUBJECTS,
    *skies.SUBJECTS,
    *tableware.SUBJECTS,
    *tree.SUBJECTS,
    *wearables.SUBJECTS,
)

SUBJECTS: Mapping[str, Subject] = MappingProxyType({subject.name: subject for subject in _ALL})
"""Every subject by its name."""

_IRREGULAR = {
    "men": "man", "women": "woman", "people": "person", "wolves": "wolf", "leaves": "leaf",
    "mice": "mouse", "geese": "goose", "calves": "calf", "loaves": "loaf", "knives": "knife",
    "children": "child", "oxen": "ox", "elves": "elf", "dwarves": "dwarf", "cacti": "cactus",
    "bookshelves": "bookshelf", "scarves": "scarf", "octopi": "octopus", "feet": "foot",
    "policemen": "policeman", "firemen": "fireman", "fishermen": "fisherman", "snowmen": "snowman",
    "thieves": "thief", "businessmen": "businessman", "businesswomen": "businesswoman",
}  # fmt: skip


def _plain(text: str) -> str:
    """Lower case, with hyphens, underscores and punctuation as single spaces."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


_BY_WORD: Mapping[str, Subject] = MappingProxyType(
    {_plain(word): subject for subject in _ALL for word in (*subject.words, subject.name)}
)


def _singulars(noun: str) -> list[str]:
    """What the last word of a plural may be the plural of, likeliest first."""
    head, _, last = noun.rpartition(" ")
    guesses = [_IRREGULAR[last]] if last in _IRREGULAR else []
    if last.endswith("ies"):
        guesses.append(last[:-3] + "y")
    if last.endswith("es"):
        guesses += [last[:-1], last[:-2]]
    elif last.endswith("s") and not last.endswith("ss"):
        guesses.append(last[:-1])
    return [f"{head} {guess}".strip() for guess in guesses]


def find_subject(noun: str) -> Subject | None:
    """The subject that a noun means, singular or plural, or one of its synonyms; None for others.

    Case, hyphens and underscores do not matter: `Hot-air balloons` finds `hot-air-balloon`.
    """
    word = _plain(noun)
    for candidate in (word, *_singulars(word)):
        if candidate in _BY_WORD:
            return _BY_WORD[candidate]
    return None

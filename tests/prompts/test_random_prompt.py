"""Random prompts: variety, the right character, and words that fit together."""

import random
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

import imgen.prompts.random_prompt as module
from imgen import errors
from imgen.catalog import Catalog, load_catalog
from imgen.prompts.random_prompt import random_prompt
from imgen.prompts.syntax import format_prompt, parse

CATALOG = load_catalog()
SCENES = tomllib.loads(
    (Path(module.__file__).parent / "words" / "scenes.toml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("character", [None, "", "aya"])
def test_a_thousand_draws_hardly_repeat(seed: int, character: str | None) -> None:
    rng = random.Random(seed)
    assert len({random_prompt(CATALOG, rng, character) for _ in range(1000)}) > 950


def test_left_out_any_character_may_come() -> None:
    rng = random.Random(1)
    names = {parse(random_prompt(CATALOG, rng)).character for _ in range(200)}
    assert names == set(CATALOG.characters)


@pytest.mark.parametrize("given", ["noa", "@noa", " Noa "])
def test_a_named_character_comes(given: str) -> None:
    assert random_prompt(CATALOG, random.Random(2), given).startswith("@noa ")


def test_an_empty_name_means_none() -> None:
    rng = random.Random(3)
    assert not any("@" in random_prompt(CATALOG, rng, "") for _ in range(200))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(errors.Invalid, match="Invalid character") as caught:
        random_prompt(CATALOG, random.Random(4), "nobody")
    assert (caught.value.code, caught.value.field) == ("invalid_character", "character")


def test_a_catalog_without_characters_still_gives_prompts() -> None:
    empty = Catalog(CATALOG.models, CATALOG.styles, {}, frozenset())
    assert "@" not in random_prompt(empty, random.Random(5))


def test_the_same_chance_gives_the_same_prompt() -> None:
    first, second = random.Random(6), random.Random(6)
    assert [random_prompt(CATALOG, first) for _ in range(20)] == [
        random_prompt(CATALOG, second) for _ in range(20)
    ]


def test_every_prompt_is_in_resolved_form_and_short() -> None:
    rng = random.Random(7)
    for character in (None, "") * 300:
        prompt = random_prompt(CATALOG, rng, character)
        assert format_prompt(parse(prompt)) == prompt
        assert parse(prompt).negatives == ()
        assert len(prompt) <= 300


OPPOSITES = [
    ({"sunrise", "dawn", "morning"}, {"sunset", "dusk", "night", "evening", "twilight"}),
    ({"underwater", "coral", "kelp", "seabed"}, {"street", "snow", "mountain", "forest", "room"}),
    (
        {"snow", "snowy", "snow-covered", "snowbound", "snowfall", "frozen", "frost"},
        {"summer", "beach", "autumn"},
    ),
    ({"clear sky", "sunlit"}, {"fog", "rain", "storm"}),
]


@pytest.mark.parametrize("kind", ["portrait", "scene"])
def test_no_two_parts_of_a_scene_contradict(kind: str) -> None:
    """Whatever is drawn from different slots may meet in one prompt."""
    for scene in SCENES[kind]:
        for one_slot, other_slot in _pairs(scene["slots"]):
            for left, right in OPPOSITES:
                for some, others in ((left, right), (right, left)):
                    clash = _with(one_slot, some), _with(other_slot, others)
                    assert not all(clash), (scene["name"], clash)


def _pairs(slots: list[list[str]]) -> list[tuple[list[str], list[str]]]:
    return [(slots[a], slots[b]) for a in range(len(slots)) for b in range(a + 1, len(slots))]


def _with(slot: list[str], words: set[str]) -> list[str]:
    return [part for part in slot if words & {*part.split(), *_two_words(part)}]


def _two_words(part: str) -> set[str]:
    return {" ".join(pair) for pair in pairwise(part.split())}

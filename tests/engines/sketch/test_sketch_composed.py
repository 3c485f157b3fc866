"""Prompts as the platform sends them: with a character's, a model's and a style's own words."""

from __future__ import annotations

import pytest

from imgen.catalog import load_catalog
from imgen.engines.protocol import Lora
from imgen.engines.sketch.look import Look
from imgen.engines.sketch.scene.casting import cast
from imgen.engines.sketch.scene.read import read
from imgen.engines.sketch.scene.scene import Scene, Thing
from imgen.engines.sketch.subjects.character import HAIR, Character, character
from imgen.engines.sketch.subjects.pen import Pen
from imgen.prompts.compose import compose
from imgen.prompts.syntax import parse

CATALOG = load_catalog()
SKETCH = CATALOG.models["sketch"]
CHARACTERS = sorted(CATALOG.characters)


def scene_of(prompt: str, style: str = "professional", seed: int = 1) -> Scene:
    """What is read from a prompt once the catalog's words are around it."""
    parsed = parse(prompt)
    composed = compose(
        parsed,
        model=SKETCH,
        style=CATALOG.styles[style],
        character=CATALOG.character_named(parsed.character) if parsed.character else None,
    )
    return read(composed.positive, composed.negative, style, seed)


def only_thing(scene: Scene) -> Thing:
    assert len(scene.things) == 1, [thing.subject for thing in scene.things]
    return scene.things[0]


def drawn(thing: Thing) -> Character:
    return character(
        Pen(
            thing.subject,
            Look(attributes=thing.attributes, colour=thing.colour, seed=thing.seed),
        )
    )


@pytest.mark.parametrize("style", SKETCH.styles)
@pytest.mark.parametrize("name", CHARACTERS)
def test_a_portrait_of_a_character_is_one_bust_in_warm_light_on_plain_ground(
    name: str, style: str
) -> None:
    scene = scene_of(f"@{name} portrait, warm light, -hat", style)
    assert only_thing(scene).subject == "portrait"
    assert (scene.setting, scene.time) == ("studio", "golden_hour")
    assert scene.weather in ("clear", "cloudy")
    assert scene.mood in ("", "dramatic")


@pytest.mark.parametrize(
    ("name", "style", "hair"),
    [
        ("aya", "bob", "black"),
        ("mira", "long", "auburn"),
        ("noa", "short", "grey"),
        ("aaliyah", "curly", "black"),
        ("bella", "long", "blonde"),
    ],
)
def test_a_character_has_the_hair_that_the_catalog_gives(name: str, style: str, hair: str) -> None:
    for seed in range(6):
        who = drawn(only_thing(scene_of(f"@{name} portrait", seed=seed)))
        assert (who.style, who.hair) == (style, HAIR[hair])


def test_a_described_person_keeps_the_skin_from_picture_to_picture() -> None:
    skins = {drawn(only_thing(scene_of("@aya portrait", seed=seed))).skin for seed in range(8)}
    assert len(skins) == 1


def test_full_body_gives_the_figure_and_binds_the_clothes() -> None:
    scene = scene_of("@mira full body portrait, walking in a park, long red coat")
    person = only_thing(scene)
    assert person.subject == "person"
    assert scene.setting == "meadow"
    assert drawn(person).garment == "coat"
    assert person.colour is not None
    assert person.colour[0] > max(person.colour[1:])


def test_a_bust_does_not_share_the_frame_with_the_stool_it_sits_on() -> None:
    scene = scene_of("@noa black dress, seated on a wooden stool, looking_at_viewer")
    assert only_thing(scene).subject == "portrait"


@pytest.mark.parametrize(
    "words",
    [
        "dark brown eyes", "bright eyes", "cold smile", "dark blue jacket", "midnight blue suit",
        "warm brown skin", "stormy eyes", "calm expression", "golden hair",
    ],
)  # fmt: skip
def test_words_that_describe_a_person_set_no_mood_hour_or_weather(words: str) -> None:
    plain = read("a woman in a garden", seed=4)
    scene = read(f"a woman, {words}, in a garden", seed=4)
    assert (scene.setting, scene.mood) == (plain.setting, "")
    assert scene.time not in ("night", "dusk")
    assert scene.weather in ("clear", "cloudy")


def test_a_shade_of_a_thing_is_not_the_mood_of_the_picture() -> None:
    assert read("a dark blue car in a street").mood == ""
    assert read("a dark forest").mood == "dark"


@pytest.mark.parametrize(
    "complaint",
    [
        "inconsistent face", "bad hands", "extra fingers", "deformed cat", "cluttered background",
        "harsh flash", "poorly drawn cat", "blurry cat",
    ],
)  # fmt: skip
def test_a_complaint_about_a_thing_does_not_forbid_the_thing(complaint: str) -> None:
    scene = read("portrait of a woman, a cat in a garden", complaint)
    assert {thing.subject for thing in scene.things} == {"portrait", "cat"}
    assert scene.excluded == frozenset()


def test_a_negated_hair_colour_is_never_drawn() -> None:
    for seed in range(20):
        person = only_thing(read("portrait of a woman", "blonde hair, black hair", seed=seed))
        assert drawn(person).hair not in (HAIR["blonde"], HAIR["black"])


def test_a_negated_hat_is_taken_off_whoever_wears_it() -> None:
    assert drawn(only_thing(read("portrait of a woman wearing a red hat"))).hat
    assert not drawn(only_thing(read("portrait of a woman wearing a red hat", "hat"))).hat
    assert not drawn(only_thing(read("portrait of a woman without a hat"))).hat


def test_a_lora_puts_no_negated_thing_on() -> None:
    for number in range(30):
        scene = read("portrait of a woman", "glasses, hat, scarf")
        who = drawn(only_thing(cast(scene, [Lora(name=f"lora-{number}", weight=1.0)])))
        assert (who.glasses, who.hat, who.scarf) == (False, "", False)


@pytest.mark.parametrize("style", SKETCH.styles)
def test_the_words_of_a_style_add_no_thing_rain_or_palette(style: str) -> None:
    scene = scene_of("three sailing boats on a lake at sunset", style)
    assert [thing.subject for thing in scene.things] == ["boat"] * 3
    assert scene.time == "sunset"
    assert scene.weather in ("clear", "cloudy")
    assert scene.palette == ()


def test_a_product_shot_of_a_person_keeps_the_person() -> None:
    assert only_thing(scene_of("@bella portrait", "product")).subject == "portrait"
    assert not scene_of("a red mug", "product").has("person")


def test_a_castle_on_a_hill_crowns_the_hill() -> None:
    lead = scene_of("a castle on a hill under a full moon, night", "cinematic").things[0]
    assert lead.subject == "castle"
    assert "hilltop" in lead.attributes
    assert lead.position is not None
    assert "hilltop" not in read("a castle by the sea").things[0].attributes


def test_names_of_cakes_and_lamps_bring_no_rain_and_no_butterfly() -> None:
    assert read("lemon drizzle cake on a table").weather in ("clear", "cloudy")
    assert not scene_of("@noa white shirt, butterfly lighting").has("butterfly")

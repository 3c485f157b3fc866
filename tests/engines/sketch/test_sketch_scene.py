"""Reading a prompt: what must be in the scene, and what must not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.engines.protocol import Lora
from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.scene.casting import cast
from imgen.engines.sketch.scene.read import read
from imgen.engines.sketch.scene.scene import Scene, Thing
from imgen.engines.sketch.scene.vocabulary import vocabulary
from imgen.engines.sketch.subjects.registry import SUBJECTS


def all_of(scene: Scene, subject: str) -> list[Thing]:
    return [thing for thing in scene.things if thing.subject == subject]


def hue_of(colour: RGB | None) -> str:
    """The channel that dominates a colour."""
    assert colour is not None
    return ("red", "green", "blue")[colour.index(max(colour))]


@pytest.mark.parametrize(
    ("prompt", "setting"),
    [
        ("towering snowy peaks", "mountains"),
        ("the ocean, seen from a raft", "sea"),
        ("a quiet pond", "lake"),
        ("deep in the woods", "forest"),
        ("sahara dunes", "desert"),
        ("downtown skyline", "city"),
        ("a narrow alley", "street"),
        ("in the living room", "room"),
        ("an old library", "library"),
        ("a field of wheat", "field"),
        ("a distant galaxy", "space"),
        ("coral reef, underwater", "underwater"),
    ],
)
def test_a_place_is_recognised_by_many_words(prompt: str, setting: str) -> None:
    assert read(prompt).setting == setting


@pytest.mark.parametrize(
    ("prompt", "time"),
    [
        ("hills at daybreak", "dawn"),
        ("hills at midday", "noon"),
        ("hills at sundown", "sunset"),
        ("hills at twilight", "dusk"),
        ("moonlit hills", "night"),
        ("hills in the golden hour", "golden_hour"),
    ],
)
def test_an_hour_is_recognised_by_many_words(prompt: str, time: str) -> None:
    assert read(prompt).time == time


@pytest.mark.parametrize(
    ("prompt", "weather", "season"),
    [
        ("a meadow in the rain, spring", "rain", "spring"),
        ("foggy hills in autumn", "fog", "autumn"),
        ("a thunderstorm over fields in summer", "storm", "summer"),
        ("a blizzard in the mountains", "snow", "winter"),
    ],
)
def test_weather_and_season_are_read(prompt: str, weather: str, season: str) -> None:
    scene = read(prompt)
    assert (scene.weather, scene.season) == (weather, season)


@pytest.mark.parametrize(
    ("prompt", "count"),
    [
        ("three boats", 3),
        ("a boat", 1),
        ("a pair of boats at sea", 2),
        ("5 boats on a lake", 5),
        ("a fleet of seven boats", 7),
        ("two old wooden boats", 2),
    ],
)
def test_counted_things_are_that_many(prompt: str, count: int) -> None:
    assert len(all_of(read(prompt), "boat")) == count


def test_a_bare_plural_is_more_than_one_and_many_is_more_than_few() -> None:
    few, many = read("boats on a lake"), read("many boats on a lake")
    assert 1 < len(all_of(few, "boat")) < len(all_of(many, "boat"))


def test_two_of_a_kind_do_not_look_the_same() -> None:
    first, second = all_of(read("two cats"), "cat")
    assert first.seed != second.seed


def test_each_colour_stays_with_its_own_noun() -> None:
    scene = read("a red car in front of a blue house")
    assert hue_of(all_of(scene, "car")[0].colour) == "red"
    assert hue_of(all_of(scene, "house")[0].colour) == "blue"


def test_the_colour_of_a_part_reaches_the_thing() -> None:
    (house,) = all_of(read("a house with a blue roof"), "house")
    assert hue_of(house.colour) == "blue"
    assert "roof" in house.attributes


def test_what_is_worn_is_bound_and_does_not_colour_the_picture() -> None:
    scene = read("a woman with a scarf and a green dress in the city")
    (woman,) = all_of(scene, "person")
    assert {"scarf", "dress"} <= woman.attributes
    assert hue_of(woman.colour) == "green"
    assert scene.palette == ()


def test_a_colour_without_a_thing_colours_the_picture() -> None:
    assert [hue_of(colour) for colour in read("hills in shades of blue").palette] == ["blue"]


def test_adjectives_and_participles_are_bound_to_their_noun() -> None:
    (cat,) = all_of(read("an old striped cat sleeping on a chair"), "cat")
    assert {"old", "striped", "sleeping"} <= cat.attributes


@pytest.mark.parametrize(
    "prompt",
    ["a street, no people", "a street without people", "a street without cars or people, rain"],
)
def test_no_people_means_none(prompt: str) -> None:
    people = vocabulary().groups["people"]
    scene = read(prompt + ", a man and a woman")
    assert not {thing.subject for thing in scene.things} & people
    assert scene.setting == "street"


def test_a_negative_prompt_removes_things_and_parts_of_the_surroundings() -> None:
    scene = read("boats and a lighthouse by the sea, cloudy", "boat, clouds")
    assert not scene.has("boat")
    assert scene.has("lighthouse")
    assert "clouds" in scene.excluded
    assert "clouds" not in scene.features


def test_a_negation_ends_with_its_clause() -> None:
    scene = read("a garden with no dogs, a cat, and a bird")
    assert not scene.has("dog")
    assert scene.has("cat")
    assert scene.has("bird")


def test_a_weight_of_zero_removes_and_a_large_one_enlarges() -> None:
    assert not read("a meadow with a (cat:0)").has("cat")
    plain, heavy = read("a meadow with a cat"), read("a meadow with a (cat:1.8)")
    assert all_of(heavy, "cat")[0].size > all_of(plain, "cat")[0].size


def test_the_heavier_of_two_hours_wins() -> None:
    assert read("(sunset:0.6) or (night:1.4), hills").time == "night"
    assert read("(sunset:1.4) or (night:0.6), hills").time == "sunset"


@pytest.mark.parametrize("typo", ["mountians", "mountans", "mountainns"])
def test_a_slip_of_the_pen_is_forgiven(typo: str) -> None:
    assert read(f"high {typo}").setting == "mountains"


def test_places_in_the_picture_are_read() -> None:
    scene = read("a cat on the left, a dog on the right, in the background a house")
    cat, dog, house = (all_of(scene, name)[0] for name in ("cat", "dog", "house"))
    assert cat.position is not None
    assert dog.position is not None
    assert cat.position < 0.5 < dog.position
    assert house.depth is not None
    assert house.depth > 0.5


def test_a_portrait_of_someone_is_one_bust_and_of_an_animal_that_animal() -> None:
    assert [thing.subject for thing in read("portrait of a woman").things] == ["portrait"]
    assert [thing.subject for thing in read("portrait of a fox").things] == ["fox"]


def test_what_the_surroundings_show_is_no_thing_of_its_own() -> None:
    scene = read("mountains under the moon, clouds")
    assert scene.things == ()
    assert {"moon", "clouds"} <= scene.features
    assert read("a mountain", style="logo").has("mountain")
    assert read("a mountain", alone=True).has("mountain")


def test_quality_tags_add_up_within_bounds() -> None:
    assert read("hills").quality == 0
    assert 0 < read("hills, highly detailed").quality <= 1
    assert read("hills, simple, rough").quality < 0
    assert read("hills, " + "masterpiece, " * 40).quality <= 1


def test_a_style_comes_from_its_key_or_from_the_words() -> None:
    assert read("hills", style="watercolour").style == "watercolour"
    assert read("an oil painting of hills").style == "oil"
    assert read("hills").style == ""


def test_what_a_prompt_leaves_open_is_decided_by_the_seed() -> None:
    scenes = {(s.setting, s.time, s.weather) for s in (read("", seed=n) for n in range(24))}
    assert len(scenes) > 6


def test_a_character_looks_the_same_in_every_picture() -> None:
    mira = (Lora("mira", 1.0),)
    looks = []
    for seed, prompt in ((1, "a woman in a park"), (2, "a person in the rain at night")):
        (person,) = cast(read(prompt, seed=seed), mira).things
        looks.append((person.seed, person.colour))
    assert looks[0] == looks[1]


def test_two_characters_differ_and_a_weight_of_zero_changes_nothing() -> None:
    scene = read("a person in a park")
    first, second = (cast(scene, (Lora(name),)).things[0] for name in ("mira", "noa"))
    assert (first.seed, first.colour) != (second.seed, second.colour)
    assert cast(scene, (Lora("mira", 0.0),)) == scene


def test_the_prompt_goes_before_the_character() -> None:
    scene = read("a woman in a blue dress")
    (dressed,) = cast(scene, (Lora("mira", 1.0),)).things
    assert hue_of(dressed.colour) == "blue"


@given(st.text(max_size=400), st.text(max_size=120), st.text(max_size=20))
def test_any_text_gives_a_scene_of_known_things(prompt: str, negative: str, style: str) -> None:
    scene = read(prompt, negative, style, seed=3)
    assert len(scene.things) <= 16
    assert all(thing.subject in SUBJECTS for thing in scene.things)
    assert not {thing.subject for thing in scene.things} & scene.excluded


_SENTENCE = """two red blue cat dogs boat no without with and or , ( ) : 1.3 :1.4) wearing a hat
lake on the left right night black white big many -people of in house roof roof, portrait"""
_WORDS = st.sampled_from(_SENTENCE.split())


@given(st.lists(_WORDS, max_size=40))
def test_any_order_of_known_words_is_read_the_same_each_time(words: list[str]) -> None:
    prompt = " ".join(words)
    assert read(prompt, seed=5) == read(prompt, seed=5)

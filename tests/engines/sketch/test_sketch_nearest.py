"""Unknown nouns stand for what they come nearest to, and leave understood prompts alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imgen.engines.sketch.scene import nearest
from imgen.engines.sketch.scene.parse import Reader
from imgen.engines.sketch.scene.read import read


@pytest.mark.parametrize(
    ("prompt", "subject"),
    [
        ("a wolfhound", "wolf"),
        ("a trombone", "violin"),
        ("stegosaurus", "dragon"),
        ("an orchid on a windy day", "flower"),
        ("a tulip bouquet", "bouquet"),
        ("a yacht", "boat"),
    ],
)
def test_an_unknown_thing_is_drawn_as_its_nearest_kin(prompt: str, subject: str) -> None:
    assert read(prompt).things[0].subject == subject


def test_count_and_colour_go_over_to_the_nearest() -> None:
    things = read("two red wolfhounds").things
    assert [thing.subject for thing in things] == ["wolf", "wolf"]
    assert things[0].colour is not None
    assert things[0].colour[0] > max(things[0].colour[1:])


@pytest.mark.parametrize("prompt", ["tax return", "bureaucracy", "freedom"])
def test_what_is_near_nothing_brings_nothing_in(prompt: str) -> None:
    assert read(prompt).things == ()


@pytest.mark.parametrize(
    "prompt",
    [
        "a red fox in a snowy forest, golden hour",
        "three sailing boats on a calm lake at sunset, mountains",
        "a castle on a hill under a full moon, night, professional photography, fine detail",
    ],
)
def test_a_prompt_that_is_understood_asks_no_encoder(
    prompt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "_index", lambda: pytest.fail("the encoder was asked"))
    read(prompt)


def test_the_words_of_a_style_are_not_taken_for_nouns() -> None:
    tags = "professional photography, balanced composition, natural colours, sharp focus, detail"
    assert Reader(tags).read().heads == []


def test_without_an_encoder_a_prompt_is_read_as_far_as_its_words_are_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(nearest, "BUILT_IN", tmp_path)
    monkeypatch.setattr(nearest, "_loaded", [])
    nearest._nearest.cache_clear()
    try:
        scene = read("a wolfhound at night")
        assert (scene.things, scene.time) == ((), "night")
    finally:
        nearest._nearest.cache_clear()


def test_threads_share_one_encoder_and_read_alike() -> None:
    prompts = ["a wolfhound", "a trombone", "an orchid"] * 4
    with ThreadPoolExecutor(4) as pool:
        scenes = list(pool.map(read, prompts))
    assert scenes[:3] * 4 == scenes
    assert len(nearest._loaded) == 1

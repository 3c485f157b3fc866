"""Every style finishes any picture, in its own way and always the same way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from imgen.engines.sketch.look import Light
from imgen.engines.sketch.styles.film import grained
from imgen.engines.sketch.styles.pixel_art import cell_of
from imgen.engines.sketch.styles.registry import STYLES, find_style
from imgen.engines.sketch.styles.style import Painting

Image = NDArray[np.uint8]


def make_painting(width: int = 384, height: int = 256, **changes: object) -> Painting:
    """A sky over a meadow, with a red disc standing in it."""
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    sky = np.array((90, 140, 210), np.float32) * (1 - y) + np.array((235, 215, 190)) * y
    image = np.broadcast_to(sky, (height, width, 3)).copy()
    horizon = round(0.6 * height)
    image[horizon:] = (80, 130, 60)
    mask = np.zeros((height, width), np.uint8)
    cv2.circle(mask, (width // 2, round(0.62 * height)), height // 5, 255, -1, cv2.LINE_AA)
    share = mask[..., None] / np.float32(255)
    image = image * (1 - share) + np.array((190, 50, 40), np.float32) * share
    depth = np.ones((height, width), np.float32)
    depth[horizon:] = np.linspace(0.9, 0.05, height - horizon, dtype=np.float32)[:, None]
    depth[mask > 127] = 0.4
    known: dict[str, object] = {
        "image": np.rint(image).astype(np.uint8),
        "depth": depth,
        "subjects": mask,
        "light": Light(),
        "seed": 5,
    }
    return Painting(**{**known, **changes})  # type: ignore[arg-type]


def luma(image: Image) -> NDArray[np.float64]:
    return np.asarray(image @ np.array([0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("name", sorted(STYLES))
@pytest.mark.parametrize("size", [(256, 256), (333, 257), (258, 700)])
def test_a_style_keeps_the_size_and_says_the_same_twice(name: str, size: tuple[int, int]) -> None:
    painting = make_painting(*size)
    first, second = STYLES[name].finish(painting), STYLES[name].finish(painting)
    assert first.shape == painting.image.shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)


@pytest.mark.parametrize("name", sorted(STYLES))
def test_a_style_leaves_the_painting_itself_alone(name: str) -> None:
    painting = make_painting()
    before = (painting.image.copy(), painting.depth.copy(), painting.subjects.copy())
    STYLES[name].finish(painting)
    assert np.array_equal(painting.image, before[0])
    assert np.array_equal(painting.depth, before[1])
    assert np.array_equal(painting.subjects, before[2])


@pytest.mark.parametrize("name", sorted(STYLES))
def test_a_style_works_without_any_subject(name: str) -> None:
    empty = np.zeros((256, 384), np.uint8)
    assert STYLES[name].finish(make_painting(subjects=empty)).std() > 3


def test_no_two_styles_look_alike() -> None:
    finished = {name: style.finish(make_painting()) for name, style in STYLES.items()}
    names = sorted(finished)
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            apart = np.abs(finished[one].astype(int) - finished[other]).mean()
            assert apart > 2.5, (one, other)


@pytest.mark.parametrize("name", ["watercolour", "oil", "ink", "photoreal", "low-poly"])
def test_another_seed_makes_other_marks(name: str) -> None:
    one = STYLES[name].finish(make_painting(seed=5))
    other = STYLES[name].finish(make_painting(seed=6))
    assert (one != other).any(axis=2).mean() > 0.2


@pytest.mark.parametrize("name", ["watercolour", "cinematic", "photoreal", "illustration"])
def test_more_guidance_lays_the_style_on_more_boldly(name: str) -> None:
    def change(guidance: float) -> float:
        painting = make_painting(guidance=guidance)
        return float(np.abs(STYLES[name].finish(painting).astype(int) - painting.image).mean())

    assert change(12.0) > change(1.5)


def test_pixel_art_is_a_true_grid_of_few_colours() -> None:
    painting = make_painting(390, 263)
    finished = STYLES["pixel-art"].finish(painting)
    cell = cell_of(263, 390, painting.detail)
    for top in range(0, 263 - cell, cell):
        for left in range(0, 390 - cell, cell):
            block = finished[top : top + cell, left : left + cell].reshape(-1, 3)
            assert (block == block[0]).all()
    assert len(np.unique(finished.reshape(-1, 3), axis=0)) <= 32


def test_line_art_is_black_on_white() -> None:
    finished = STYLES["line-art"].finish(make_painting())
    assert (finished.max(axis=2) == finished.min(axis=2)).all()
    assert np.median(finished) > 240
    assert finished.min() < 60


def test_a_logo_has_few_colours_on_one_plain_ground() -> None:
    image = np.full((256, 384, 3), (228, 226, 220), np.uint8)
    mask = np.zeros((256, 384), np.uint8)
    cv2.circle(mask, (192, 128), 80, 255, -1)
    image[mask > 0] = (40, 90, 160)
    finished = STYLES["logo"].finish(make_painting(image=image, subjects=mask))
    away = np.hypot(*np.mgrid[-128:128, -192:192])
    ground = finished[away > 110].reshape(-1, 3)
    assert (ground == ground[0]).all()
    colours, counts = np.unique(finished.reshape(-1, 3), axis=0, return_counts=True)
    assert counts[counts > 0.001 * counts.sum()].sum() > 0.97 * counts.sum()
    assert len(colours[counts > 0.01 * counts.sum()]) <= 8
    assert finished[128, 192, 2] > finished[128, 192, 0] + 50


def test_a_product_stands_on_a_bright_ground_in_its_own_shadow() -> None:
    painting = make_painting()
    finished = STYLES["product"].finish(painting)
    light = luma(finished)
    bottom = int(np.flatnonzero(painting.subjects.max(axis=1) > 127)[-1])
    foot, beside = light[bottom + 3, 192], light[bottom + 3, 40]
    assert light[:40].mean() > 160
    assert foot < beside - 20


def test_ink_is_nearly_grey_but_for_its_seal() -> None:
    finished = STYLES["ink"].finish(make_painting()).astype(int)
    chroma = finished.max(axis=2) - finished.min(axis=2)
    seal = (finished[..., 0] - finished[..., 1]) > 80
    assert np.median(chroma) < 40
    assert 0.0005 < seal.mean() < 0.02


def test_cinematic_darkens_the_frame_without_black_bars() -> None:
    painting = make_painting()
    finished = luma(STYLES["cinematic"].finish(painting))
    source = luma(painting.image)
    edge, middle = finished[:8].mean() / source[:8].mean(), finished[110:140, :60].mean()
    assert edge < middle / source[110:140, :60].mean()
    assert finished[:4].mean() > 12


def test_boudoir_is_warmer_than_professional() -> None:
    warm, neutral = (
        STYLES[name].finish(make_painting()).astype(float) for name in ("boudoir", "professional")
    )

    def warmth(image: NDArray[np.float64]) -> float:
        return float((image[..., 0] - image[..., 2]).mean())

    assert warmth(warm) > warmth(neutral) + 10


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("watercolour", "watercolour"),
        ("a cat, soft watercolor, paper", "watercolour"),
        ("Oil Painting of a harbour", "oil"),
        ("an oil lamp on a table", None),
        ("8-bit castle", "pixel-art"),
        ("low_poly fox", "low-poly"),
        ("3D", "3d"),
        ("cinematic", "cinematic"),
        ("product photography of a kettle", "product"),
        ("sumi-e bamboo", "ink"),
        ("a castle by a lake", None),
        ("", None),
        ("thephotographer", None),
    ],
)
def test_words_find_their_style(text: str, name: str | None) -> None:
    found = find_style(text)
    assert (found.name if found else None) == name


def test_the_longest_phrase_wins() -> None:
    found = find_style("photo, studio portrait of a baker")
    assert found is not None
    assert found.name == "professional"


def test_every_key_and_word_finds_its_own_style() -> None:
    for style in STYLES.values():
        for phrase in (style.name, *style.words):
            found = find_style(phrase)
            assert found is style, phrase


@pytest.mark.parametrize("size", [0.7, 1.0, 1.03, 1.05, 1.2, 2.0])
def test_grain_of_any_size_covers_the_picture(size: float) -> None:
    grey = np.full((90, 120, 3), 0.5, np.float32)
    assert grained(grey, 0.1, seed=1, size=size).shape == grey.shape

"""The client's mark lies where it was asked for, smooth, and inside the picture.

`python tests/finishing/test_finishing_visible.py` writes the golden pictures anew; look at each.
"""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from imgen.errors import Invalid
from imgen.finishing.visible import POSITIONS, TILE, Placement, apply_visible_mark

GOLDEN = Path(__file__).parent / "golden"
Pixels = NDArray[np.uint8]


def ground(width: int = 240, height: int = 160) -> Pixels:
    """A sky over a field, with a sun."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    y, x = y / height, x / width
    picture = np.stack([90 + 120 * y, 140 + 60 * y, 210 - 90 * y], axis=2)
    field = y > 0.62 + 0.06 * np.sin(x * 7)
    picture[field] = np.stack([70 + 60 * x, 130 - 30 * x, 60 + 0 * x], axis=2)[field]
    sun = (x - 0.72) ** 2 * (width / height) ** 2 + (y - 0.3) ** 2 < 0.016
    picture[sun] = (250, 226, 150)
    return picture.astype(np.uint8)


def badge(width: int = 300, height: int = 200) -> Pixels:
    """A red ring on a half-transparent white plate, with a blue corner that shows which way is up.

    The transparent pixels around it are green underneath: none of that may ever be seen.
    """
    y, x = np.mgrid[:height, :width].astype(np.float64)
    mark = np.zeros((height, width, 4))
    mark[...] = (0, 255, 0, 0)
    plate = (abs(x - width / 2) < width * 0.46) & (abs(y - height / 2) < height * 0.44)
    mark[plate] = (255, 255, 255, 150)
    far = np.hypot(x - width / 2, y - height / 2)
    mark[abs(far - height * 0.3) < height * 0.07] = (200, 30, 40, 255)
    mark[(x < width * 0.25) & (y < height * 0.3) & plate] = (30, 60, 200, 255)
    return mark.astype(np.uint8)


def see_through() -> Pixels:
    picture = ground()
    alpha = np.full(picture.shape[:2], 255, np.uint8)
    alpha[:, :120] = 0
    alpha[:, 120:160] = 128
    return np.dstack([picture, alpha])


CASES: dict[str, tuple[Pixels, Pixels, Placement]] = {
    **{
        f"at-{position}": (ground(), badge(), Placement(position, scale=25))
        for position in POSITIONS
        if position != TILE
    },
    "tile": (ground(), badge(), Placement(TILE, scale=15, transparency=60)),
    "tile-turned": (ground(), badge(), Placement(TILE, 12, 50, -30, 4, 14)),
    "tile-tight": (ground(), badge(), Placement(TILE, 20, 100, 0, 0, 0)),
    "clockwise-30": (ground(), badge(), Placement("center", 40, 100, 30)),
    "clockwise-90": (ground(), badge(), Placement("top-left", 30, 100, 90)),
    "counter-clockwise-45": (ground(), badge(), Placement("bottom-left", 30, 80, -45)),
    "as-wide-as-the-picture": (ground(), badge(), Placement("center", 100, 70)),
    "shrunk-to-fit": (ground(), badge(100, 300), Placement("center-right", 100, 100, 20)),
    "faint": (ground(), badge(), Placement("center", 50, 25)),
    "over-transparency": (see_through(), badge(), Placement("center", 60, 80, 10)),
    "padding-gives-way": (ground(), badge(), Placement("top-right", 40, 100, 0, 500, 60)),
}


def drawn(name: str) -> Pixels:
    picture, mark, placement = CASES[name]
    return apply_visible_mark(picture, mark, placement)


def test_there_are_twenty_golden_pictures_and_each_is_of_a_case() -> None:
    assert {path.stem for path in GOLDEN.glob("*.png")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_looks_like_its_golden_picture(name: str) -> None:
    with Image.open(GOLDEN / f"{name}.png") as golden:
        expected = np.asarray(golden).astype(int)
    difference = abs(drawn(name).astype(int) - expected)
    assert difference.max() <= 3
    assert difference.mean() < 0.05


def test_full_opacity_shows_the_mark_itself() -> None:
    plate = np.full((20, 40, 4), (10, 200, 30, 255), np.uint8)
    marked = apply_visible_mark(ground(200, 100), plate, Placement("bottom-right", 20))
    assert (marked[70:90, 150:190] == (10, 200, 30)).all()
    untouched = np.ones((100, 200), bool)
    untouched[70:90, 150:190] = False
    assert (marked[untouched] == ground(200, 100)[untouched]).all()


def test_a_mark_without_alpha_is_opaque() -> None:
    mark = badge()[..., :3].copy()
    opaque = np.dstack([mark, np.full(mark.shape[:2], 255, np.uint8)])
    placement = Placement("center", 30, rotation=15)
    with_alpha = apply_visible_mark(ground(), opaque, placement)
    assert (apply_visible_mark(ground(), mark, placement) == with_alpha).all()


def test_zero_opacity_leaves_every_pixel() -> None:
    marked = apply_visible_mark(ground(), badge(), Placement("tile", transparency=0))
    assert (marked == ground()).all()


def test_the_picture_given_is_left_alone() -> None:
    picture = ground()
    apply_visible_mark(picture, badge(), Placement("tile"))
    assert (picture == ground()).all()


def test_hidden_colours_of_transparent_pixels_never_show() -> None:
    """The badge is green where it is transparent; a naive resize mixes that into the edges."""
    grey = np.full((160, 240, 3), 128, np.uint8)
    for rotation in (0, 17, 90):
        marked = apply_visible_mark(grey, badge(), Placement("center", 37, 100, rotation))
        greener = marked[..., 1].astype(int) - np.maximum(marked[..., 0], marked[..., 2])
        assert greener.max() <= 1


def test_a_mark_on_transparency_becomes_visible_there() -> None:
    empty = np.zeros((100, 200, 4), np.uint8)
    plate = np.full((20, 40, 4), (10, 200, 30, 255), np.uint8)
    marked = apply_visible_mark(empty, plate, Placement("top-left", 20))
    assert (marked[10:30, 10:50] == (10, 200, 30, 255)).all()
    assert marked[..., 3].sum() == 20 * 40 * 255


def test_turning_by_a_full_circle_changes_nothing() -> None:
    straight = apply_visible_mark(ground(), badge(), Placement("center", 30))
    for rotation in (360, -360):
        turned = apply_visible_mark(ground(), badge(), Placement("center", 30, rotation=rotation))
        assert (turned == straight).all()


def test_a_turned_edge_is_smooth() -> None:
    black = np.zeros((200, 200, 3), np.uint8)
    plate = np.full((50, 50, 4), 255, np.uint8)
    marked = apply_visible_mark(black, plate, Placement("center", 40, rotation=20))
    between = (marked[..., 0] > 20) & (marked[..., 0] < 235)
    assert between.sum() > 100


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    mark=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    placement=st.builds(
        Placement,
        position=st.sampled_from(POSITIONS),
        scale=st.integers(1, 100),
        transparency=st.integers(0, 100),
        rotation=st.integers(-360, 360),
        padding_x=st.integers(0, 500),
        padding_y=st.integers(0, 500),
    ),
    channels=st.sampled_from([3, 4]),
)
def test_whatever_is_asked_for_the_picture_keeps_its_size(
    size: tuple[int, int], mark: tuple[int, int], placement: Placement, channels: int
) -> None:
    picture = np.full((*size, channels), 77, np.uint8)
    marked = apply_visible_mark(picture, np.full((*mark, 4), 200, np.uint8), placement)
    assert marked.shape == picture.shape
    assert marked.dtype == np.uint8
    if placement.transparency == 100:
        assert (marked != picture).any()


@settings(max_examples=60, deadline=None)
@given(
    position=st.sampled_from([one for one in POSITIONS if one != TILE]),
    scale=st.integers(1, 100),
    rotation=st.sampled_from([0, 90, 180, 270]),
    padding=st.integers(0, 500),
)
def test_an_anchored_mark_is_never_cut_off(
    position: str, scale: int, rotation: int, padding: int
) -> None:
    """A frame with four bright sides still has all four of them."""
    frame = np.zeros((40, 64, 4), np.uint8)
    frame[...] = 255
    black = np.zeros((120, 200, 3), np.uint8)
    marked = apply_visible_mark(
        black, frame, Placement(position, scale, 100, rotation, padding, padding)
    )
    rows, columns = np.nonzero(marked[..., 0])
    area = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    assert len(rows) == area
    wide = min(200 * scale / 100, 120 if rotation in (90, 270) else 120 * 64 / 40, 200)
    assert area == pytest.approx(wide * wide * 40 / 64, rel=0.05, abs=wide + 2)


@pytest.mark.parametrize(
    ("placement", "field"),
    [
        (Placement("middle"), "wm_position"),
        (Placement(scale=0), "wm_scale"),
        (Placement(scale=101), "wm_scale"),
        (Placement(transparency=-1), "wm_transparency"),
        (Placement(rotation=361), "wm_rotation"),
        (Placement(padding_x=501), "wm_padding_x"),
        (Placement(padding_y=-1), "wm_padding_y"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(placement: Placement, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        apply_visible_mark(ground(), badge(), placement)
    assert refusal.value.field == field


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for case in CASES:
        Image.fromarray(drawn(case)).save(GOLDEN / f"{case}.png", optimize=True)

"""The invisible mark after everything that happens to a picture on its way through the world.

docs/invisible-mark.md has the figures over forty pictures; these six stand for them.
"""

from __future__ import annotations

import numpy as np
import pytest

from bench.invisible import ATTACKS, Picture, drawings, photographs
from imgen.finishing.invisible import detect, embed

KEY = b"sixteen bytes or more"
PAYLOAD = 0x0FED_CBA9_8765
NAMES = ("astronaut", "rocket", "china", "chelsea", "grey", "bokeh")
MAY_BE_LOST = {"37%": 2, "half size, JPEG 75": 2}
"""Of the six, after the attacks that go beyond what is promised."""


@pytest.fixture(scope="module")
def marked() -> dict[str, Picture]:
    pictures = photographs() | drawings()
    return {name: embed(pictures[name], PAYLOAD, KEY) for name in NAMES}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_payload_survives(marked: dict[str, Picture], attack: str) -> None:
    read = {name: detect(ATTACKS[attack](picture), KEY).payload for name, picture in marked.items()}
    assert set(read.values()) <= {PAYLOAD, None}
    lost = [name for name, payload in read.items() if payload is None]
    assert len(lost) <= MAY_BE_LOST.get(attack, 1), lost


@pytest.mark.parametrize("name", ["white", "text", "stars", "checker", "terminal", "poster"])
def test_a_flat_drawing_keeps_it_through_the_hardest_codec(name: str) -> None:
    drawn = embed(drawings()[name], PAYLOAD, KEY)
    assert detect(ATTACKS["WebP 50"](drawn), KEY).payload == PAYLOAD


def test_it_survives_a_frame_being_put_around_the_picture(marked: dict[str, Picture]) -> None:
    framed = np.pad(marked["china"], ((60, 90), (40, 120), (0, 0)), constant_values=230)
    assert detect(framed, KEY).payload == PAYLOAD


def test_it_survives_a_caption_over_a_third_of_the_picture(marked: dict[str, Picture]) -> None:
    covered = marked["rocket"].copy()
    covered[-len(covered) // 3 :] = 20
    assert detect(covered, KEY).payload == PAYLOAD

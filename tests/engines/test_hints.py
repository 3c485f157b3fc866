from __future__ import annotations

import numpy as np
import pytest

from imgen.engines.hints import DRAWN, drawn
from imgen.errors import Invalid
from tests.engines.diffusers.conftest import picture


@pytest.mark.parametrize("kind", DRAWN)
def test_hints_are_lines_on_black(kind: str) -> None:
    hint = drawn(picture(), kind)
    assert hint.shape == (64, 96, 3)
    assert hint.max() > 100
    assert np.median(hint) == 0


def test_canny_sees_edges_between_colours_of_one_lightness() -> None:
    image = np.zeros((64, 96, 3), np.uint8)
    image[:, :48] = (255, 0, 0)
    image[:, 48:] = (0, 130, 0)
    assert drawn(image, "canny")[32, 46:50].max() == 255
    assert drawn(image, "canny")[:, :40].max() == 0


def test_strokes_of_a_scribble_grow_with_the_picture() -> None:
    small = np.zeros((512, 512, 3), np.uint8)
    small[100:400, 100:400] = 220
    large = np.kron(small, np.ones((2, 2, 1), np.uint8))
    share = [float((drawn(image, "scribble") > 0).mean()) for image in (small, large)]
    assert share[0] == pytest.approx(share[1], rel=0.1)
    assert set(np.unique(drawn(large, "scribble"))) == {0, 255}


def test_what_takes_a_network_is_not_drawn() -> None:
    with pytest.raises(Invalid, match="depth cannot be drawn"):
        drawn(picture(), "depth")

from __future__ import annotations

import cv2
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


def test_canny_follows_the_edges_of_the_picture() -> None:
    hint = drawn(picture(), "canny")[..., 0]
    assert np.array_equal(hint, cv2.Canny(cv2.cvtColor(picture(), cv2.COLOR_RGB2GRAY), 100, 200))


def test_what_takes_a_network_is_not_drawn() -> None:
    with pytest.raises(Invalid, match="depth cannot be drawn"):
        drawn(picture(), "depth")

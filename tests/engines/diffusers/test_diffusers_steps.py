from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from imgen.engines.diffusers.options import read_options
from imgen.engines.protocol import Task
from imgen.errors import Invalid
from tests.engines.diffusers.conftest import Ask, Weights, picture

pytestmark = pytest.mark.filterwarnings("ignore")

LIGHTNING = {
    "steps": [4],
    "scheduler": "EulerDiscreteScheduler",
    "scheduler_options": {"timestep_spacing": "trailing"},
}
"""As the catalog describes SDXL Lightning."""


@pytest.fixture
def walked(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every time step that a unet is asked for."""
    weights("sdxl")
    import diffusers

    times: list[int] = []
    forward = diffusers.UNet2DConditionModel.forward

    def watched(self: Any, sample: Any, timestep: Any, *given: Any, **named: Any) -> Any:
        times.append(round(float(timestep)))
        return forward(self, sample, timestep, *given, **named)

    monkeypatch.setattr(diffusers.UNet2DConditionModel, "forward", watched)
    return times


@pytest.mark.parametrize(
    ("allowed", "asked", "taken"),
    [([4], 30, 4), ([4], 1, 4), ([2, 8], 4, 2), ([2, 4], 3, 4), ([8, 2, 4], 100, 8), ([], 7, 7)],
)
def test_the_nearest_number_of_steps_is_taken(allowed: list[int], asked: int, taken: int) -> None:
    assert read_options({"steps": allowed}).steps_near(asked) == taken


@pytest.mark.parametrize("steps", [4, [0], ["4"], [True], [4.0], (-1,)])
def test_numbers_of_steps_that_are_none_are_refused(steps: object) -> None:
    with pytest.raises(Invalid, match=r"options\.steps must be a list of whole numbers"):
        read_options({"steps": steps})


async def test_a_distilled_model_walks_its_steps_whatever_is_asked(
    weights: Weights, ask: Ask, walked: list[int]
) -> None:
    told: list[tuple[int, int]] = []
    more = await ask(
        weights("sdxl"),
        progress=lambda step, of: told.append((step, of)),
        steps=30,
        guidance_scale=0.0,
        options=LIGHTNING,
    )
    assert more.ignored == ("steps",)
    assert walked == [999, 749, 499, 249]
    assert told == [(0, 5), (1, 5), (2, 5), (3, 5), (4, 5)]
    four = await ask(weights("sdxl"), steps=4, guidance_scale=0.0, options=LIGHTNING)
    assert four.ignored == ()
    assert np.array_equal(four.image, more.image)


@pytest.mark.parametrize(
    ("strength", "times"),
    [
        (1.0, [999, 749, 499, 249]),
        (0.85, [749, 499, 249]),
        (0.5, [499, 249]),
        (0.25, [249]),
        (0.05, [249]),
    ],
)
async def test_a_distilled_model_paints_over_pictures_in_its_own_steps(
    strength: float, times: list[int], weights: Weights, ask: Ask, walked: list[int]
) -> None:
    await ask(
        weights("sdxl"),
        task=Task.IMAGE_TO_IMAGE,
        image=picture(),
        strength=strength,
        steps=25,
        guidance_scale=0.0,
        options=LIGHTNING,
    )
    assert walked == times

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgen.engines.protocol import Abandoned, Task
from imgen.errors import Invalid, Unavailable
from tests.engines.diffusers.conftest import Ask, Weights, picture

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def upscaler(weights: Weights, tmp_path: Path) -> dict[str, Any]:
    weights("sd15")
    from tests.engines.diffusers.networks import make_upscaler

    return {"upscaler": str(make_upscaler(tmp_path / "upscaler.safetensors"))}


@pytest.fixture
def matting(weights: Weights, tmp_path: Path) -> dict[str, Any]:
    weights("sd15")
    from tests.engines.diffusers.networks import make_matting

    return {"matting": str(make_matting(tmp_path / "matting.onnx"))}


@pytest.mark.parametrize(("width", "height"), [(192, 128), (288, 192), (384, 256), (150, 100)])
async def test_pictures_are_enlarged_to_any_size(
    width: int, height: int, ask: Ask, upscaler: dict[str, Any]
) -> None:
    result = await ask(
        task=Task.UPSCALE, image=picture(), width=width, height=height, options=upscaler
    )
    assert result.image.shape == (height, width, 3)


async def test_tiles_make_the_same_picture_as_one_piece(
    ask: Ask, upscaler: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {
        "task": Task.UPSCALE,
        "image": picture(120, 180),
        "width": 360,
        "height": 240,
        "options": upscaler,
    }
    whole = await ask(**asked)
    monkeypatch.setattr("imgen.engines.diffusers.upscale._TILE", 100)
    told: list[int] = []
    tiled = await ask(progress=lambda step, _of: told.append(step), **asked)
    assert len(told) > 5
    assert np.abs(whole.image.astype(int) - tiled.image).mean() < 2


async def test_enlarging_stops_when_nobody_wants_it(ask: Ask, upscaler: dict[str, Any]) -> None:
    told: list[int] = []

    def leave(step: int, _of: int) -> None:
        told.append(step)
        if len(told) == 2:
            raise Abandoned

    with pytest.raises(Abandoned):
        await ask(
            progress=leave,
            task=Task.UPSCALE,
            image=picture(),
            width=384,
            height=256,
            options=upscaler,
        )
    assert len(told) == 2


async def test_transparency_is_enlarged_too(ask: Ask, upscaler: dict[str, Any]) -> None:
    image = np.dstack([picture(), np.full((64, 96), 90, np.uint8)])
    result = await ask(task=Task.UPSCALE, image=image, width=192, height=128, options=upscaler)
    assert result.image.shape == (128, 192, 4)
    assert (result.image[..., 3] == 90).all()


@pytest.mark.parametrize("task", [Task.UPSCALE, Task.REMOVE_BACKGROUND])
async def test_without_a_network_for_it_the_engine_says_so(
    task: Task, weights: Weights, ask: Ask
) -> None:
    with pytest.raises(Invalid, match="options name no"):
        await ask(weights("sd15"), task=task, image=picture())


async def test_weights_that_are_no_upscaler_are_refused(weights: Weights, ask: Ask) -> None:
    from tests.engines.diffusers.networks import without_torchvision

    unet = weights("sd15") / "unet" / "diffusion_pytorch_model.safetensors"
    with without_torchvision(), pytest.raises(Unavailable, match="does not know"):
        await ask(task=Task.UPSCALE, image=picture(), options={"upscaler": str(unet)})


async def test_the_subject_is_cut_out(ask: Ask, matting: dict[str, Any]) -> None:
    result = await ask(task=Task.REMOVE_BACKGROUND, image=picture(), options=matting)
    assert result.image.shape == (64, 96, 4)
    assert np.array_equal(result.image[..., :3], picture())
    assert result.image[32, 48, 3] > 200
    assert result.image[60, 5, 3] < 60


async def test_what_was_transparent_already_stays_so(ask: Ask, matting: dict[str, Any]) -> None:
    image = np.dstack([picture(), np.zeros((64, 96), np.uint8)])
    result = await ask(task=Task.REMOVE_BACKGROUND, image=image, options=matting)
    assert (result.image[..., 3] == 0).all()


async def test_a_new_ground_is_painted_round_the_subject(
    weights: Weights, ask: Ask, matting: dict[str, Any]
) -> None:
    result = await ask(
        weights("sd15"), task=Task.REPLACE_BACKGROUND, image=picture(), options=matting
    )
    assert np.abs(result.image[32, 48].astype(int) - picture()[32, 48]).max() < 60
    assert not np.array_equal(result.image[:8], picture()[:8])


async def test_a_broken_matting_file_is_said(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no graph")
    with pytest.raises(Unavailable, match="cannot be read as ONNX"):
        await ask(
            task=Task.REMOVE_BACKGROUND,
            image=picture(),
            options={"matting": str(tmp_path / "broken.onnx")},
        )

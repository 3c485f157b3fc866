from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Thread, current_thread
from typing import Any

import numpy as np
import pytest

from imgen.engines.protocol import Abandoned, Task
from imgen.errors import Invalid, Unavailable
from tests.engines.diffusers.conftest import Ask, Weights, ignore, make_request, picture

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


UPSCALERS = (
    "ESRGAN",
    "RealESRGAN x2",
    "Compact",
    "SwinIR",
    "Swin2SR",
    "DAT",
    "HAT",
    "SPAN",
    "RealPLKSR",
    "OmniSR",
)


@pytest.mark.parametrize("kind", UPSCALERS)
async def test_known_architectures_enlarge_pictures_of_any_size(
    kind: str, weights: Weights, ask: Ask, tmp_path: Path
) -> None:
    weights("sd15")
    from tests.engines.diffusers.networks import make_upscaler

    options = {"upscaler": str(make_upscaler(tmp_path / "net.safetensors", kind))}
    for height, width in ((3, 5), (21, 33)):
        result = await ask(
            task=Task.UPSCALE,
            image=picture(height, width),
            width=4 * width,
            height=4 * height,
            options=options,
        )
        assert result.image.shape == (4 * height, 4 * width, 3)


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
    monkeypatch.setattr("imgen.engines.diffusers.networks.upscale._TILE", 100)
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


async def test_a_broken_upscaler_is_said(weights: Weights, ask: Ask, tmp_path: Path) -> None:
    weights("sd15")
    from tests.engines.diffusers.networks import without_torchvision

    (tmp_path / "broken.safetensors").write_bytes(b"\x00" * 20)
    options = {"upscaler": str(tmp_path / "broken.safetensors")}
    with without_torchvision(), pytest.raises(Unavailable, match=r"broken\.safetensors cannot be"):
        await ask(task=Task.UPSCALE, image=picture(), options=options)


async def test_networks_that_give_no_numbers_are_damaged(
    weights: Weights, ask: Ask, tmp_path: Path
) -> None:
    weights("sd15")
    import onnx
    from onnx import numpy_helper
    from safetensors.torch import load_file, save_file

    from tests.engines.diffusers.networks import make_matting, make_upscaler

    file = make_upscaler(tmp_path / "up.safetensors")
    save_file({name: value * float("nan") for name, value in load_file(file).items()}, file)
    with pytest.raises(Unavailable, match="damaged") as upscaled:
        await ask(task=Task.UPSCALE, image=picture(), options={"upscaler": str(file)})
    model = onnx.load(str(make_matting(tmp_path / "cut.onnx")))
    broken = np.full((1, 3, 1, 1), np.nan, np.float32)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(broken, "weight"))
    onnx.save(model, str(tmp_path / "cut.onnx"))
    options = {"matting": str(tmp_path / "cut.onnx")}
    with pytest.raises(Unavailable, match="damaged") as cut:
        await ask(task=Task.REMOVE_BACKGROUND, image=picture(), options=options)
    assert upscaled.value.code == cut.value.code == "not_finite"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("", name="torchvision"), "needs the package torchvision: install"),
        (ModuleNotFoundError("", name="spandrel"), "needs the package spandrel: install"),
        (RuntimeError("operator torchvision::nms does not exist"), "made for torch 2"),
        (ImportError("undefined symbol: _ZN3c10"), "install both from one place"),
    ],
)
async def test_libraries_that_are_missing_or_do_not_fit_each_other_are_named(
    error: Exception, said: str, ask: Ask, upscaler: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise error

    monkeypatch.setattr("imgen.engines.diffusers.networks.upscale.import_module", missing)
    with pytest.raises(Unavailable, match=said):
        await ask(task=Task.UPSCALE, image=picture(), options=upscaler)


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


GPU, CPU, TENSOR_RT = "CUDAExecutionProvider", "CPUExecutionProvider", "TensorrtExecutionProvider"


@pytest.mark.parametrize(
    ("device", "here", "taken"),
    [
        ("cuda:1", [TENSOR_RT, GPU, CPU], [(GPU, {"device_id": 1}), CPU]),
        ("cuda", [TENSOR_RT, GPU, CPU], [(GPU, {"device_id": 0}), CPU]),
        ("cuda:1", [CPU], [CPU]),
        ("cpu", [TENSOR_RT, GPU, CPU], [CPU]),
        ("mps", ["CoreMLExecutionProvider", CPU], [CPU]),
    ],
)
def test_matting_uses_the_workers_own_gpu_and_no_other(
    device: str,
    here: list[str],
    taken: list[Any],
    weights: Weights,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights("sd15")
    from imgen.engines.diffusers.device import Device
    from imgen.engines.diffusers.networks import matting

    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: here)
    assert matting.providers_on(Device(device)) == taken


async def test_the_device_is_reached_when_it_is_needed_and_not_by_the_event_loop(
    weights: Weights, matting: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To reach a GPU takes seconds, in which a worker that says nothing is taken for dead."""
    weights("sd15")
    from imgen.engines.diffusers import engine as module
    from imgen.engines.diffusers.device import device_named

    reached: list[Thread] = []
    real = device_named

    def named(name: str) -> Any:
        reached.append(current_thread())
        return real(name)

    monkeypatch.setattr(module, "device_named", named)
    engine = module.DiffusersEngine(device="cpu", batch_window_ms=0)
    assert reached == []
    request = make_request(task=Task.REMOVE_BACKGROUND, image=picture(), options=matting)
    await asyncio.gather(*(engine.run(request, ignore) for _ in range(4)))
    assert len(reached) == 1
    assert reached[0] is not current_thread()
    with pytest.raises(Invalid, match="There is no device cuda:99 here"):
        await module.DiffusersEngine(device="cuda:99").run(request, ignore)

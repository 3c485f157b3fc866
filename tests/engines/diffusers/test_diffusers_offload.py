"""What waits in main memory, and what a device holds beside it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgen.engines.diffusers.options import ModelOptions
from imgen.engines.protocol import Abandoned, Lora, Task
from imgen.errors import Invalid
from tests.engines.diffusers.conftest import Weights, ignore, make_request, picture

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def torch(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> Any:
    """torch, on a CPU that passes for a device with a memory of its own."""
    weights("sdxl")
    import torch

    from imgen.engines.diffusers.device import Device

    monkeypatch.setattr(Device, "accelerated", property(lambda _device: True))
    return torch


def _loaded(weights: Path, offload: str) -> Any:
    from imgen.engines.diffusers.device import Device
    from imgen.engines.diffusers.loading.load import load

    options = ModelOptions(weights=str(weights), dtype="float32")
    return load(options, models=None, device=Device("cpu"), offload=offload, slots=1)


def _stuck(loaded: Any, torch: Any) -> list[str]:
    """Components that would stay in main memory when it is their turn."""
    parts = loaded.first.components.items()
    return [
        name
        for name, part in parts
        if isinstance(part, torch.nn.Module) and not hasattr(part, "_hf_hook")
    ]


@pytest.mark.parametrize("name", ["sdxl", "flux-schnell"])
def test_another_way_of_painting_moves_nothing_that_waits_layer_by_layer(
    name: str, weights: Weights, torch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = _loaded(weights(name), "sequential")
    parts = {id(part): name for name, part in loaded.first.components.items()}
    moved: list[str] = []
    real = torch.nn.Module.to

    def to(module: Any, *given: Any, **named: Any) -> Any:
        if id(module) in parts:
            moved.append(parts[id(module)])
        return real(module, *given, **named)

    monkeypatch.setattr(torch.nn.Module, "to", to)
    for way in ("image_to_image", "text_to_image", "inpaint"):
        loaded.pipeline(way)
    assert moved == []


@pytest.mark.parametrize("task", [Task.TEXT_TO_IMAGE, Task.IMAGE_TO_IMAGE])
@pytest.mark.parametrize("failure", [Abandoned, MemoryError])
async def test_a_picture_that_ends_early_leaves_no_weights_on_the_device(
    failure: type[Exception],
    task: Task,
    weights: Weights,
    torch: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del torch
    from accelerate.hooks import UserCpuOffloadHook
    from diffusers import DiffusionPipeline

    from imgen.engines.diffusers.paint import paint
    from imgen.engines.diffusers.prepare import prepare

    freed: list[str] = []
    real = DiffusionPipeline.maybe_free_model_hooks

    def free(pipe: Any) -> None:
        freed.append(type(pipe).__name__)
        real(pipe)

    monkeypatch.setattr(DiffusionPipeline, "maybe_free_model_hooks", free)
    loaded = _loaded(weights("sdxl"), "model")
    request = make_request(weights("sdxl"), task=task, image=picture())
    order = prepare(request, loaded.options, loaded.family.traits, lambda colour: colour[..., 0])

    def tell(step: int, _of: int) -> None:
        if step == 1:
            raise failure

    with pytest.raises(failure):
        await asyncio.to_thread(paint, loaded, [order], tell)
    assert freed == [type(loaded.pipeline(order.way)).__name__]
    assert all(isinstance(hook, UserCpuOffloadHook) for hook in loaded.first._all_hooks)


async def test_after_a_lora_that_does_not_fit_components_still_come_to_the_device(
    weights: Weights, torch: Any, tmp_path: Path
) -> None:
    from imgen.engines.diffusers.engine import DiffusersEngine
    from tests.engines.diffusers.tiny import make_lora

    other = Lora("kim", 1.0, str(make_lora(weights("sd15"), tmp_path / "kim.safetensors", seed=1)))
    engine = DiffusersEngine(device="cpu", batch=1, batch_window_ms=0, offload="model")
    plain = make_request(weights("sdxl"), options={"dtype": "float32"})
    before = await engine.run(plain, ignore)
    with pytest.raises(Invalid, match="does not fit"):
        await engine.run(replace(plain, loras=(other,)), ignore)
    (loaded,) = engine._resident._models.values()
    assert _stuck(loaded, torch) == []
    assert np.array_equal(before.image, (await engine.run(plain, ignore)).image)


@pytest.mark.parametrize("offload", ["model", "sequential"])
async def test_loras_on_offloaded_weights_paint_the_same_pictures(
    offload: str, weights: Weights, torch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imgen.engines.diffusers.engine import DiffusersEngine
    from tests.engines.diffusers.tiny import make_lora

    # diffusers offloads again by itself after a LoRA, to the GPU that it finds
    monkeypatch.setattr("diffusers.pipelines.pipeline_utils.get_device", lambda: "cpu:0")
    kim, lee = (
        Lora(name, 1.0, str(make_lora(weights("sdxl"), tmp_path / f"{name}.safetensors", seed=at)))
        for at, name in enumerate(("kim", "lee"))
    )
    plain = make_request(weights("sdxl"), image=picture(), options={"dtype": "float32"})
    requests = [
        replace(plain, task=task, loras=loras)
        for loras in ((), (kim,), (lee,), (kim, lee), ())
        for task in (Task.TEXT_TO_IMAGE, Task.IMAGE_TO_IMAGE)
    ]
    pictures = []
    for way in ("none", offload):
        engine = DiffusersEngine(device="cpu", batch=1, batch_window_ms=0, loras=1, offload=way)
        pictures.append([(await engine.run(request, ignore)).image for request in requests])
        if way == "model":
            (loaded,) = engine._resident._models.values()
            assert _stuck(loaded, torch) == []
    for one, other in zip(*pictures, strict=True):
        assert np.array_equal(one, other)


async def test_a_lora_that_found_no_room_at_first_leaves_components_where_they_were(
    weights: Weights, torch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peft import set_peft_model_state_dict

    from tests.engines.diffusers.tiny import make_lora

    monkeypatch.setattr("diffusers.pipelines.pipeline_utils.get_device", lambda: "cpu:0")
    kim, lee = (
        Lora(name, 1.0, str(make_lora(weights("sdxl"), tmp_path / f"{name}.safetensors", seed=at)))
        for at, name in enumerate(("kim", "lee"))
    )
    loaded = _loaded(weights("sdxl"), "model")
    loaded.adapters.apply([kim])
    spikes = iter([True])

    def fill(*given: Any, **named: Any) -> Any:
        if next(spikes, False):
            raise torch.OutOfMemoryError("full")
        return set_peft_model_state_dict(*given, **named)

    monkeypatch.setattr("peft.set_peft_model_state_dict", fill)
    loaded.adapters.apply([lee])
    assert [name.split("_")[0] for name in loaded.adapters.resident] == ["lee"]
    assert next(spikes, None) is None
    assert _stuck(loaded, torch) == []


async def test_a_device_that_is_broken_is_not_hidden_by_what_follows(
    weights: Weights, torch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    del torch
    from diffusers import DiffusionPipeline

    from imgen.engines.diffusers.engine import DiffusersEngine

    engine = DiffusersEngine(device="cpu", batch=1, batch_window_ms=0, offload="model")
    request = make_request(weights("sdxl"), options={"dtype": "float32"})
    await engine.run(request, ignore)

    def free(_pipe: Any) -> None:
        raise RuntimeError("and this follows from it")

    def fail(*_given: Any, **_named: Any) -> None:
        raise RuntimeError("an illegal memory access")

    monkeypatch.setattr(DiffusionPipeline, "maybe_free_model_hooks", free)
    (loaded,) = engine._resident._models.values()
    monkeypatch.setattr(type(loaded.first), "encode_prompt", fail)
    with pytest.raises(RuntimeError, match="illegal memory access"):
        await engine.run(request, ignore)


@pytest.mark.parametrize(
    "name", ["sd15", "sdxl", "flux-dev", "flux2-klein", "qwen-image", "z-image"]
)
async def test_a_batch_is_decoded_picture_by_picture(
    name: str, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decoding takes more memory than painting does: that of one picture is enough."""
    weights(name)
    from imgen.engines.diffusers.engine import DiffusersEngine

    engine = DiffusersEngine(device="cpu", batch=2, batch_window_ms=600_000)
    requests = [make_request(weights(name), seed=seed) for seed in range(2)]
    await asyncio.gather(*(engine.run(request, ignore) for request in requests))
    (loaded,) = engine._resident._models.values()
    sizes: list[int] = []
    loaded.first.vae.decoder.register_forward_pre_hook(
        lambda _module, given: sizes.append(len(given[0]))
    )
    results = await asyncio.gather(*(engine.run(request, ignore) for request in requests))
    assert [one.info["batch"] for one in results] == [2, 2]
    assert set(sizes) == {1}
    loaded.first.vae.disable_slicing()
    whole = await asyncio.gather(*(engine.run(request, ignore) for request in requests))
    assert max(sizes) == 2
    for one, other in zip(whole, results, strict=True):
        assert np.abs(one.image.astype(int) - other.image).max() <= 1

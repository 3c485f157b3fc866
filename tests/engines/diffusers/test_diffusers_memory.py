from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgen.engines.protocol import Control, EngineResult, Lora, Task
from imgen.errors import Unavailable
from tests.engines.diffusers.conftest import Weights, ignore, make_request, picture

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def make_engine(weights: Weights) -> Any:
    weights("sdxl")
    from imgen.engines.diffusers.engine import DiffusersEngine

    def make(**settings: Any) -> Any:
        return DiffusersEngine(device="cpu", **{"batch_window_ms": 0, **settings})

    return make


def _fill(monkeypatch: pytest.MonkeyPatch, *, above: int) -> list[int]:
    """The device is full whenever more than `above` pictures are painted at once."""
    import torch

    from imgen.engines.diffusers.paint import paint as real

    tried: list[int] = []

    def paint(loaded: Any, orders: Any, tell: Any) -> Any:
        tried.append(len(orders))
        if len(orders) > above:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(loaded, orders, tell)

    monkeypatch.setattr("imgen.engines.diffusers.engine.paint", paint)
    return tried


async def test_out_of_memory_means_smaller_batches_from_then_on(
    make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [make_request(weights("sdxl"), seed=seed) for seed in range(4)]
    alone = [await make_engine(batch=1).run(request, ignore) for request in requests]
    engine = make_engine(batch=4, batch_window_ms=600_000.0)
    tried = _fill(monkeypatch, above=1)
    for _ in range(2):
        results = await asyncio.gather(*(engine.run(request, ignore) for request in requests))
        for one, other in zip(alone, results, strict=True):
            assert np.array_equal(one.image, other.image)
    assert tried == [4, 2, 1, 1, 1, 1, 1, 1, 1, 1]


async def test_when_one_is_too_many_the_other_models_go_and_then_it_is_said(
    make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine()
    await engine.run(make_request(weights("sd15")), ignore)
    before = await engine.run(make_request(weights("sdxl")), ignore)
    assert len(engine.resident) == 2
    with monkeypatch.context() as full:
        tried = _fill(full, above=0)
        with pytest.raises(Unavailable, match="96x64 pixels") as caught:
            await engine.run(make_request(weights("sdxl")), ignore)
    assert caught.value.code == "out_of_memory"
    assert tried == [1, 1]
    assert len(engine.resident) == 1
    again = await engine.run(make_request(weights("sdxl")), ignore)
    assert np.array_equal(before.image, again.image)


async def test_before_giving_up_weights_are_offloaded_step_by_step(
    make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device is a CPU that says it had a memory of its own; diffusers does the moving."""
    from imgen.engines.diffusers.memory.loaded import Loaded

    engine = make_engine()
    await engine.run(make_request(weights("sdxl")), ignore)
    steps: list[str] = []

    def more(loaded: Any) -> bool:
        steps.append(loaded.offload)
        loaded.offload = {"none": "model", "model": "sequential"}.get(loaded.offload, "")
        return bool(loaded.offload)

    monkeypatch.setattr(Loaded, "offload_more", more)
    _fill(monkeypatch, above=0)
    with pytest.raises(Unavailable, match="does not suffice"):
        await engine.run(make_request(weights("sdxl")), ignore)
    assert steps == ["none", "model", "sequential"]


FULL = (
    "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported",
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried to",
    "MPS backend out of memory (MPS allocated: 9.05 GB, other allocations: 2 GB)",
)
"""What libraries say that have no class of their own for it."""


def _failing_paint(monkeypatch: pytest.MonkeyPatch, error: Callable[[int], Any]) -> list[int]:
    """Painting as quick as can be; `error` says what a batch of so many runs into, if anything."""
    tried: list[int] = []

    def paint(_loaded: Any, orders: Any, _tell: Any) -> Any:
        tried.append(len(orders))
        if failure := error(len(orders)):
            raise failure
        return [np.zeros((one.height, one.width, 3), np.uint8) for one in orders]

    monkeypatch.setattr("imgen.engines.diffusers.engine.paint", paint)
    return tried


@pytest.mark.parametrize("text", FULL)
async def test_a_full_device_is_known_by_what_is_said_too(
    text: str, make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(batch=2, batch_window_ms=600_000.0)
    tried = _failing_paint(monkeypatch, lambda count: RuntimeError(text) if count > 1 else None)
    requests = [make_request(weights("sdxl"), seed=seed) for seed in range(2)]
    await asyncio.gather(*(engine.run(request, ignore) for request in requests))
    assert tried == [2, 1, 1]


async def test_after_a_spike_batches_grow_again(
    make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    engine = make_engine(batch=4, batch_window_ms=600_000.0)
    spikes = iter([True])
    tried = _failing_paint(
        monkeypatch, lambda _count: torch.OutOfMemoryError("full") if next(spikes, False) else None
    )
    requests = [make_request(weights("sdxl"), seed=seed) for seed in range(4)]
    for _ in range(18):
        await asyncio.gather(*(engine.run(request, ignore) for request in requests))
    assert tried == [4, *[2] * 32, 4, 4]


async def test_a_model_that_was_offloaded_comes_back_whole(
    make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from imgen.engines.diffusers.memory.loaded import Loaded

    def more(loaded: Any) -> bool:
        loaded.offload = "model"
        return True

    monkeypatch.setattr(Loaded, "offload_more", more)
    engine = make_engine()
    spikes = iter([True])
    _failing_paint(
        monkeypatch, lambda _count: torch.OutOfMemoryError("full") if next(spikes, False) else None
    )
    offloads = []
    for seed in range(18):
        await engine.run(make_request(weights("sdxl"), seed=seed), ignore)
        offloads += [model.offload for model in engine._resident._models.values()]
    assert offloads == [*["model"] * 15, "none", "none"]  # after the 16th it left for a moment


async def test_a_broken_device_is_told_from_a_broken_request(
    make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imgen.engines.diffusers.device import Device, DeviceBroken

    text = "CUDA error: an illegal memory access was encountered\nand more"
    _failing_paint(monkeypatch, lambda _count: RuntimeError(text))
    engine = make_engine()
    monkeypatch.setattr(Device, "accelerated", property(lambda _device: True))
    with pytest.raises(RuntimeError, match="illegal memory access"):
        await engine.run(make_request(weights("sdxl")), ignore)  # the CPU still computes
    monkeypatch.setattr(Device, "_computes", lambda _device: False)
    with pytest.raises(DeviceBroken, match="cpu does not work any more: CUDA error") as caught:
        await engine.run(make_request(weights("sdxl")), ignore)
    assert caught.value.code == "device_broken"


async def test_a_lora_that_finds_no_room_sends_idle_ones_away(
    make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import torch

    from tests.engines.diffusers.tiny import make_lora

    kim, lee = (
        Lora(name, 1.0, str(make_lora(weights("sdxl"), tmp_path / f"{name}.safetensors", seed=at)))
        for at, name in enumerate(("kim", "lee"))
    )
    alone = await make_engine().run(make_request(weights("sdxl"), loras=(lee,)), ignore)
    engine = make_engine()
    await engine.run(make_request(weights("sdxl"), loras=(kim,)), ignore)
    (loaded,) = engine._resident._models.values()
    real = type(loaded.first).load_lora_weights

    def load(pipe: Any, *given: Any, **named: Any) -> None:
        real(pipe, *given, **named)
        if len(pipe.get_list_adapters()["unet"]) > 1:
            raise torch.OutOfMemoryError("full")

    monkeypatch.setattr(type(loaded.first), "load_lora_weights", load)
    beside = await engine.run(make_request(weights("sdxl"), loras=(lee,)), ignore)
    assert np.array_equal(alone.image, beside.image)
    assert [name.split("_")[0] for name in loaded.adapters.resident] == ["lee"]
    with pytest.raises(Unavailable, match="does not suffice"):
        await engine.run(make_request(weights("sdxl"), loras=(kim, lee)), ignore)
    bare = await make_engine().run(make_request(weights("sdxl")), ignore)
    after = await engine.run(make_request(weights("sdxl")), ignore)
    assert np.array_equal(bare.image, after.image)


async def test_a_controlnet_that_finds_no_room_sends_other_models_away(
    make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import diffusers
    import torch

    from tests.engines.diffusers.tiny import make_controlnet

    net = make_controlnet(weights("sd15"), tmp_path / "canny")
    request = make_request(
        weights("sd15"),
        task=Task.IMAGE_TO_IMAGE,
        image=picture(),
        control=Control("canny"),
        options={"controlnets": {"canny": str(net)}},
    )
    engine = make_engine()
    await engine.run(make_request(weights("sdxl")), ignore)
    real = diffusers.ControlNetModel.to

    def to(module: Any, *given: Any, **named: Any) -> Any:
        if len(engine.resident) > 1:
            raise torch.OutOfMemoryError("full")
        return real(module, *given, **named)

    monkeypatch.setattr(diffusers.ControlNetModel, "to", to)
    assert (await engine.run(request, ignore)).image.std() > 5
    assert len(engine.resident) == 1


async def test_work_without_a_pipeline_has_the_device_for_itself_if_it_must(
    make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    engine = make_engine()
    await engine.run(make_request(weights("sdxl")), ignore)
    needs = {"models away": 0}

    def act(_progress: Any) -> EngineResult:
        if len(engine.resident) > needs["models away"]:
            raise torch.OutOfMemoryError("full")
        return EngineResult(picture())

    monkeypatch.setattr(engine._tools, "work", lambda _request, _options: act)
    upscaling = make_request(task=Task.UPSCALE, image=picture(), options={"upscaler": "any"})
    assert (await engine.run(upscaling, ignore)).image.std() > 5
    assert not engine.resident
    needs["models away"] = -1
    with pytest.raises(Unavailable, match="does not suffice for this picture"):
        await engine.run(upscaling, ignore)


async def test_a_model_too_large_to_load_comes_alone_and_then_in_parts(
    make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from imgen.engines.diffusers.device import Device

    engine = make_engine()
    await engine.run(make_request(weights("sd15")), ignore)
    monkeypatch.setattr(Device, "accelerated", property(lambda _device: True))
    real, tried = engine._resident._load, []

    def load(options: Any, offload: str) -> Any:
        tried.append((offload, len(engine.resident)))
        if offload != fits:
            error = Unavailable("it cannot be loaded")
            raise error from torch.OutOfMemoryError("full")
        return real(options, "none")

    monkeypatch.setattr(engine._resident, "_load", load)
    fits = "sequential"
    await engine.run(make_request(weights("sdxl"), options={"dtype": "float32"}), ignore)
    assert tried == [("none", 1), ("none", 0), ("model", 0), ("sequential", 0)]
    fits = ""
    with pytest.raises(Unavailable, match="does not fit into the memory"):
        await engine.run(make_request(weights("lcm")), ignore)


async def test_models_beyond_the_budget_send_the_least_used_away(
    make_engine: Any, weights: Weights
) -> None:
    names = ("sd15", "lcm", "sdxl")
    sizes = [
        sum(file.stat().st_size for file in weights(name).rglob("*.safetensors")) for name in names
    ]
    engine = make_engine(memory_gb=(sum(sizes) - min(sizes) // 2) / 1024**3)
    first = await engine.run(make_request(weights("sd15")), ignore)
    await engine.run(make_request(weights("lcm")), ignore)
    await engine.run(make_request(weights("sd15")), ignore)
    await engine.run(make_request(weights("sdxl")), ignore)
    kept = [key for name in names for key in engine.resident if str(weights(name)) in key]
    assert len(kept) == 2
    assert str(weights("sd15")) in kept[0]
    assert str(weights("sdxl")) in kept[1]
    again = await engine.run(make_request(weights("sd15")), ignore)
    assert np.array_equal(first.image, again.image)


async def test_a_broken_file_is_said_and_the_worker_goes_on(
    make_engine: Any, weights: Weights, tmp_path: Any
) -> None:
    import shutil

    broken = tmp_path / "broken"
    shutil.copytree(weights("sdxl"), broken)
    file = broken / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    engine = make_engine()
    with pytest.raises(Unavailable, match="cut off"):
        await engine.run(make_request(broken), ignore)
    assert (await engine.run(make_request(weights("sdxl")), ignore)).image.std() > 5


async def test_eight_bit_floats_still_paint(make_engine: Any, weights: Weights) -> None:
    engine = make_engine()
    request = make_request(weights("flux-schnell"), guidance_scale=0.0)
    small = make_request(
        weights("flux-schnell"), guidance_scale=0.0, options={"quantisation": "fp8"}
    )
    plain, cast = await engine.run(request, ignore), await engine.run(small, ignore)
    apart = np.abs(plain.image.astype(int) - cast.image)
    assert 0 < apart.mean() < 20


async def test_offloaded_weights_paint_the_same_picture(
    make_engine: Any, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The CPU passes for a device of its own; diffusers and accelerate do the real moving."""
    from imgen.engines.diffusers.device import Device
    from imgen.engines.diffusers.options import read_options

    monkeypatch.setattr(Device, "accelerated", property(lambda _device: True))
    engine = make_engine(batch=1)
    plain = make_request(weights("sdxl"), options={"dtype": "float32"})
    edit = make_request(
        weights("sdxl"),
        task=Task.IMAGE_TO_IMAGE,
        image=picture(),
        options={"dtype": "float32"},
    )
    requests = (plain, edit, plain)
    before = [(await engine.run(request, ignore)).image for request in requests]
    loaded = engine._resident.get(read_options(plain.options))
    for offload in ("model", "sequential"):
        assert loaded.offload_more()
        assert loaded.offload == offload
        after = [(await engine.run(request, ignore)).image for request in requests]
        assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    assert not loaded.offload_more()

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from imgen.engines.protocol import Task
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
    from imgen.engines.diffusers.loaded import Loaded

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

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgen.engines.diffusers import options as options_module
from imgen.engines.diffusers.options import check_quantisation, read_options
from imgen.engines.protocol import EngineResult, Lora
from imgen.errors import Invalid, Unavailable
from tests.engines.diffusers.conftest import Ask, Weights, ignore, make_request

pytestmark = pytest.mark.filterwarnings("ignore")
FURTHEST = {"fp8": 2.0, "int8": 1.0, "int4": 8.0}
"""Mean difference of pixels, of 255, that tiny random weights show."""


@pytest.fixture(params=["fp8", "int8", "int4"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each kind of quantisation; those of bitsandbytes are skipped without it."""
    if request.param != "fp8":
        pytest.importorskip("bitsandbytes", reason="the extra `quantisation` is not installed")
        # on some CPUs it packs matrices in blocks that are wider than the tiny ones here
        monkeypatch.setattr("bitsandbytes.nn.modules.has_avx512bf16", lambda: False)
    return str(request.param)


def _apart(one: EngineResult, other: EngineResult) -> float:
    return float(np.abs(one.image.astype(int) - other.image).mean())


@pytest.mark.parametrize("name", ["sdxl", "flux-schnell", "z-image"])
async def test_smaller_weights_paint_nearly_the_same_picture(
    name: str, kind: str, weights: Weights, ask: Ask, engine: Any
) -> None:
    plain = await ask(weights(name))
    small = await ask(weights(name), options={"quantisation": kind})
    assert 0 < _apart(plain, small) < FURTHEST[kind]
    sizes = [
        engine._resident.get(read_options({"weights": str(weights(name)), **more})).bytes()
        for more in ({}, {"quantisation": kind})
    ]
    assert sizes[1] < 0.95 * sizes[0]


@pytest.mark.parametrize(("name", "worn_at"), [("sdxl", 0.2), ("flux-dev", 0.7)])
async def test_loras_stand_on_smaller_weights_and_leave_no_trace(
    name: str, worn_at: float, kind: str, weights: Weights, ask: Ask, tmp_path: Path
) -> None:
    weights(name)
    from tests.engines.diffusers.tiny import make_lora

    file = make_lora(weights(name), tmp_path / "kim.safetensors", seed=1)
    kim = (Lora("kim", worn_at, str(file)),)
    small = {"quantisation": kind}
    wanted, plain = await ask(weights(name), loras=kim), await ask(weights(name))
    before = await ask(weights(name), options=small)
    worn = await ask(weights(name), options=small, loras=kim)
    after = await ask(weights(name), options=small)
    assert _apart(wanted, worn) < _apart(plain, wanted)
    assert not np.array_equal(before.image, worn.image)
    assert np.array_equal(before.image, after.image)


async def test_a_single_file_is_made_smaller_like_a_folder(
    kind: str, weights: Weights, ask: Ask, tmp_path: Path
) -> None:
    weights("sdxl")
    from tests.engines.diffusers.original import save, sdxl_checkpoint

    file = save(sdxl_checkpoint(weights("sdxl")), tmp_path / "meadow.safetensors")
    small = {"quantisation": kind}
    one = await ask(weights("sdxl"), options=small)
    other = await ask(file, options={**small, "config": str(weights("sdxl"))})
    assert np.array_equal(one.image, other.image)


async def test_offloaded_smaller_weights_paint_the_same_picture(
    kind: str, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The CPU passes for a device of its own. What bitsandbytes made never waits by layers."""
    weights("sdxl")
    from imgen.engines.diffusers.device import Device
    from imgen.engines.diffusers.engine import DiffusersEngine

    monkeypatch.setattr(Device, "accelerated", property(lambda _device: True))
    engine = DiffusersEngine(device="cpu", batch=1, batch_window_ms=0)
    options = {"dtype": "float32", "quantisation": kind}
    request = make_request(weights("sdxl"), options=options)
    before = await engine.run(request, ignore)
    loaded = engine._resident.get(read_options(request.options))
    ways = []
    while loaded.offload_more():
        ways.append(loaded.offload)
        assert np.array_equal(before.image, (await engine.run(request, ignore)).image)
    assert ways == (["model", "sequential"] if kind == "fp8" else ["model"])
    by_layers = make_request(weights("sdxl"), options={**options, "offload": "sequential"})
    assert np.array_equal(before.image, (await engine.run(by_layers, ignore)).image)


def test_small_numbers_lose_no_more_in_8_bit_floats_than_large_ones(weights: Weights) -> None:
    weights("sdxl")
    import torch

    from imgen.engines.diffusers.loading.quantise import Float8Conv2d, Float8Linear

    torch.manual_seed(1)
    for layer, small, shape in (
        (torch.nn.Linear(64, 32), Float8Linear, (4, 64)),
        (torch.nn.Conv2d(8, 16, 3, padding=1), Float8Conv2d, (1, 8, 6, 6)),
    ):
        given = torch.randn(shape)
        for size in (1.0, 1e-3, 1e-5):
            layer.weight.data.normal_(std=size)
            layer.bias.data.zero_()
            wanted, found = layer(given), small(layer)(given)
            assert (found - wanted).norm() < 0.05 * wanted.norm()


@pytest.mark.parametrize("size", [1.0, 2e-3, 2e-4, 2e-5])
def test_small_numbers_lose_no_more_in_a_format_of_16_bits_than_in_one_of_32(
    size: float, weights: Weights
) -> None:
    weights("sdxl")
    import torch

    from imgen.engines.diffusers.loading.quantise import Float8Linear, _whole

    torch.manual_seed(1)
    layer = torch.nn.Linear(256, 64)
    layer.weight.data.normal_(std=size)
    small = Float8Linear(layer)
    for dtype in (torch.float16, torch.bfloat16):
        found = _whole(small, dtype)
        assert found.dtype == dtype
        least = _whole(small, torch.float32).to(dtype).float() - layer.weight
        assert (found.float() - layer.weight).norm() <= 1.001 * least.norm()


async def test_the_size_of_smaller_weights_is_known_before_they_are_loaded(
    weights: Weights, engine: Any, ask: Ask
) -> None:
    for kind in ("", "fp8"):
        options = read_options({"weights": str(weights("flux-dev")), "quantisation": kind})
        loaded = await asyncio.to_thread(engine._resident.get, options)
        assert engine._size(options).whole == pytest.approx(loaded.bytes(), rel=0.05)
    plain = engine._size(read_options({"weights": str(weights("flux-dev"))}))
    assert engine._size(options).whole < 0.85 * plain.whole


def test_unknown_kinds_and_a_missing_package_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match=r"quantisation is int2; use fp8, int8, int4"):
        check_quantisation("int2")
    monkeypatch.setattr(options_module, "find_spec", lambda _name: None)
    with pytest.raises(Unavailable, match="int8 needs bitsandbytes: install the extra"):
        check_quantisation("int8")
    check_quantisation("fp8")

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgen.engines.protocol import Lora
from imgen.errors import Invalid, Unavailable
from tests.engines.diffusers.conftest import Ask, Weights, ignore, make_request

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def lora(weights: Weights, tmp_path: Path) -> Any:
    """Makes a LoRA for a model, of a seed."""
    weights("sdxl")
    from tests.engines.diffusers.tiny import make_lora

    def make(name: str, seed: int, weight: float = 1.0) -> Lora:
        file = make_lora(weights(name), tmp_path / f"{name}-{seed}.safetensors", seed=seed)
        return Lora(f"{name}-{seed}", weight, str(file))

    return make


@pytest.mark.parametrize("name", ["sd15", "sdxl", "flux-dev", "flux2-klein", "z-image"])
async def test_a_lora_changes_the_picture_and_leaves_no_trace(
    name: str, weights: Weights, ask: Ask, lora: Any
) -> None:
    before = await ask(weights(name))
    one = await ask(weights(name), loras=(lora(name, 1),))
    other = await ask(weights(name), loras=(lora(name, 2),))
    one_again = await ask(weights(name), loras=(lora(name, 1),))
    after = await ask(weights(name))
    assert not np.array_equal(before.image, one.image)
    assert not np.array_equal(one.image, other.image)
    assert np.array_equal(one.image, one_again.image)
    assert np.array_equal(before.image, after.image)


async def test_its_weight_counts_and_zero_is_none(weights: Weights, ask: Ask, lora: Any) -> None:
    pictures = [
        (await ask(weights("sdxl"), loras=(lora("sdxl", 1, weight),))).image
        for weight in (0.0, 0.5, 1.0)
    ]
    plain = (await ask(weights("sdxl"))).image
    assert np.array_equal(pictures[0], plain)
    assert not np.array_equal(pictures[1], pictures[2])


async def test_two_at_once_are_neither_of_them_alone(weights: Weights, ask: Ask, lora: Any) -> None:
    one, other = lora("sdxl", 1), lora("sdxl", 2)
    both = await ask(weights("sdxl"), loras=(one, other))
    for alone in ((one,), (other,)):
        assert not np.array_equal(both.image, (await ask(weights("sdxl"), loras=alone)).image)


async def test_requests_with_different_loras_at_the_same_time_are_each_right(
    weights: Weights, ask: Ask, lora: Any
) -> None:
    choices = [(), (lora("sdxl", 1),), (lora("sdxl", 2),), (lora("sdxl", 1, 0.4),)]
    alone = [await ask(weights("sdxl"), loras=choice) for choice in choices]
    together = await asyncio.gather(*(ask(weights("sdxl"), loras=choice) for choice in choices))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.image, other.image)


async def test_requests_with_the_same_loras_are_painted_together_and_each_is_right(
    weights: Weights, ask: Ask, lora: Any
) -> None:
    from imgen.engines.diffusers.engine import DiffusersEngine

    choice = (lora("sdxl", 1, 0.7), lora("sdxl", 2))
    alone = [await ask(weights("sdxl"), seed=seed, loras=choice) for seed in (1, 2)]
    engine = DiffusersEngine(device="cpu", batch=2, batch_window_ms=600_000.0)
    requests = [make_request(weights("sdxl"), seed=seed, loras=choice) for seed in (1, 2)]
    together = await asyncio.gather(*(engine.run(request, ignore) for request in requests))
    assert [one.info["batch"] for one in together] == [2, 2]
    for one, other in zip(alone, together, strict=True):
        assert np.abs(one.image.astype(int) - other.image).max() <= 1


async def test_the_least_used_goes_first_and_the_last_leaves_the_bare_model(
    weights: Weights, lora: Any
) -> None:
    from imgen.engines.diffusers.engine import DiffusersEngine
    from imgen.engines.diffusers.options import read_options

    engine = DiffusersEngine(device="cpu", loras=2)
    folder = weights("sdxl")

    async def ask(*loras: Lora) -> Any:
        return (await engine.run(make_request(folder, loras=loras), ignore)).image

    bare = await ask()
    first, second, third = (lora("sdxl", seed) for seed in (1, 2, 3))
    await ask(first)
    await ask(second)
    await ask(first)
    await ask(third)
    loaded = engine._resident.get(read_options({"weights": str(folder)}))
    assert [name.rsplit("_", 1)[0] for name in loaded.adapters.resident] == ["sdxl_1", "sdxl_3"]
    loaded.adapters.drop_all()
    assert not any("lora" in name for name, _ in loaded.denoiser.named_parameters())
    assert np.array_equal(bare, await ask())


async def test_a_lora_of_the_model_itself_is_always_there(
    weights: Weights, ask: Ask, lora: Any
) -> None:
    file = lora("sdxl", 1).reference
    always = await ask(weights("sdxl"), options={"lora": file})
    asked_for = await ask(weights("sdxl"), loras=(lora("sdxl", 1),))
    assert np.array_equal(always.image, asked_for.image)


async def test_a_lora_for_another_family_is_refused_and_leaves_no_trace(
    weights: Weights, ask: Ask, lora: Any
) -> None:
    before = await ask(weights("sdxl"))
    with pytest.raises(Invalid, match="LoRA"):
        await ask(weights("sdxl"), loras=(lora("flux-dev", 1),))
    with pytest.raises(Invalid, match="LoRA"):
        await ask(weights("sdxl"), loras=(lora("sd15", 1),))
    assert np.array_equal(before.image, (await ask(weights("sdxl"))).image)


async def test_a_missing_lora_and_a_pickled_one_are_refused(
    weights: Weights, ask: Ask, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable, match="The LoRA kim"):
        await ask(weights("sdxl"), loras=(Lora("kim", 1.0, str(tmp_path / "kim.safetensors")),))
    (tmp_path / "kim.bin").write_bytes(b"pickled")
    with pytest.raises(Invalid, match="pickle"):
        await ask(weights("sdxl"), loras=(Lora("kim", 1.0, str(tmp_path / "kim.bin")),))

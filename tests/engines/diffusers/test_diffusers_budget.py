"""Which models are in memory, and which leave it: with devices and models that only say so."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from imgen.engines.diffusers.options import ModelOptions
from imgen.errors import Unavailable
from tests.engines.diffusers.conftest import Weights, ignore, make_request

pytest.importorskip("torch", reason="the extra `diffusers` is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")

GIB = 1024**3


class Part:
    """A component of so many bytes."""

    def __init__(self, size: int) -> None:
        self._size = size

    def parameters(self) -> list[Any]:
        return [SimpleNamespace(numel=lambda: self._size, element_size=lambda: 1)]


class Model:
    """Loaded, and nothing else."""

    def __init__(self, options: ModelOptions, offload: str, parts: dict[str, int]) -> None:
        self.options, self.offload = options, offload
        components = {name: Part(size) for name, size in parts.items()}
        self.first = SimpleNamespace(components=components)

    def bytes(self) -> int:
        return sum(
            one.numel() for part in self.first.components.values() for one in part.parameters()
        )


class Gpu:
    """A device of 24 GiB."""

    name, accelerated = "cuda:0", True

    def memory(self) -> int:
        return 24 * GIB

    def free(self) -> None:
        pass

    def check(self, _error: BaseException) -> None:
        pass


PARTS = {
    "small": {"denoiser": 6 * GIB, "text_encoder": 2 * GIB},
    "other": {"denoiser": 6 * GIB, "text_encoder": 2 * GIB},
    "broad": {"denoiser": 14 * GIB, "text_encoder": 12 * GIB},
    "flux": {"denoiser": 24 * GIB + 1, "text_encoder": 10 * GIB},
}


class Models:
    """Keeps what a test names of `PARTS` in memory."""

    def __init__(self, **settings: Any) -> None:
        from imgen.engines.diffusers.files.size import Size
        from imgen.engines.diffusers.memory.resident import Resident

        self.loads: list[tuple[str, str]] = []
        asked: dict[str, Any] = {"offload": "auto", "budget": 24 * GIB, **settings}
        self.resident = Resident(
            Gpu(),  # type: ignore[arg-type]
            asked["budget"],
            self._load,  # type: ignore[arg-type]
            lambda options: Size(PARTS[options.weights]),
            asked["offload"],
        )

    def _load(self, options: ModelOptions, offload: str) -> Model:
        self.loads.append((options.weights, offload))
        return Model(options, offload, PARTS[options.weights])

    def get(self, weights: str, **options: Any) -> Any:
        return self.resident.get(ModelOptions(weights=weights, **options))

    @property
    def here(self) -> list[str]:
        return [model.options.weights for model in self.resident._models.values()]


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How much main memory is free, to be changed."""
    from imgen.engines.diffusers.memory import main_memory

    free = {"bytes": 128 * GIB}
    monkeypatch.setattr(main_memory, "available", lambda: free["bytes"])
    monkeypatch.setattr(main_memory, "total", lambda: 256 * GIB)
    return free


def test_an_offloaded_model_takes_its_largest_part_of_the_budget() -> None:
    models = Models()
    for name in ("small", "broad", "small"):
        models.get(name)
    assert models.loads == [("small", "none"), ("broad", "model")]  # 8 + 14 of 24
    models.get("other")
    assert models.here == ["broad", "other"]  # of the two the one that takes room all the time


def test_offloaded_models_take_turns_in_the_same_room() -> None:
    models = Models(offload="model")
    for name in ("small", "other", "broad"):
        models.get(name)
    models.get("small", offload="none")
    assert models.here == ["small", "other", "broad", "small"]


def test_layers_one_by_one_take_nothing_of_the_budget() -> None:
    models = Models()
    for name in ("small", "other", "flux"):
        models.get(name)
    assert models.here == ["small", "other", "flux"]


@pytest.mark.parametrize("offload", ["auto", "model"])
def test_a_component_larger_than_the_device_comes_in_layers_from_the_start(offload: str) -> None:
    models = Models(offload=offload)
    models.get("flux")
    models.get("broad", offload=True)
    assert models.loads == [("flux", "sequential"), ("broad", "model")]


def test_what_an_operator_says_counts_where_the_device_could_hold_it() -> None:
    models = Models(budget=8 * GIB)
    models.get("broad", offload="model")
    models.get("small", offload="none")
    models.get("broad")
    assert [offload for _, offload in models.loads] == ["model", "none", "sequential"]


def test_what_main_memory_cannot_hold_is_said_before_it_is_loaded(memory: dict[str, int]) -> None:
    models = Models()
    memory["bytes"] = 20 * GIB
    with pytest.raises(Unavailable, match=r"needs 27\.9 GB, of which 21\.5 GB are free") as caught:
        models.get("broad")
    assert caught.value.code == "out_of_memory"
    models.get("small")  # which does not have to wait there
    assert models.loads == [("small", "none")]


def test_models_that_wait_in_main_memory_leave_it_to_others(
    memory: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Models()
    models.get("small")
    models.get("flux")
    memory["bytes"] = 20 * GIB
    drop = models.resident._drop

    def leave(key: str) -> None:
        drop(key)
        memory["bytes"] += 34 * GIB

    monkeypatch.setattr(models.resident, "_drop", leave)
    models.get("broad")
    assert models.here == ["small", "broad"]


def test_a_model_is_at_hand_unless_others_would_have_to_leave() -> None:
    models = Models()
    broad, small, other = (
        ModelOptions(weights=name, offload="none") for name in ("flux", "small", "other")
    )
    for options in (broad, small, other):
        assert models.resident.is_at_hand(options)  # what is not known keeps nobody waiting
        models.resident.get(options)
    assert models.here == ["small", "other"]
    assert models.resident.is_at_hand(small)
    assert not models.resident.is_at_hand(broad)
    models.resident.drop_least_used()
    assert models.resident.is_at_hand(small)


async def test_models_asked_for_in_turns_are_not_loaded_for_each_batch(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("sd15", "sdxl")
    requests = [make_request(weights(names[seed % 2]), seed=seed) for seed in range(8)]
    from imgen.engines.diffusers.engine import DiffusersEngine

    engine = DiffusersEngine(device="cpu", batch=1, batch_window_ms=0, memory_gb=1e-6)
    _paint_when(monkeypatch, lambda _loaded, _count: True)
    for request in requests[:2]:
        await engine.run(request, ignore)
    before = engine._resident.departures
    await asyncio.gather(*(engine.run(request, ignore) for request in requests))
    assert engine._resident.departures - before <= 2


def _paint_when(monkeypatch: pytest.MonkeyPatch, fits: Any) -> list[int]:
    """Painting as quick as can be, of as many at once as `fits` says yes to."""
    import torch

    tried: list[int] = []

    def paint(loaded: Any, orders: Any, _tell: Any) -> Any:
        tried.append(len(orders))
        if not fits(loaded, len(orders)):
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return [np.zeros((one.height, one.width, 3), np.uint8) for one in orders]

    monkeypatch.setattr("imgen.engines.diffusers.engine.paint", paint)
    return tried


async def test_idle_models_leave_one_by_one_before_a_batch_is_made_smaller(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [make_request(weights("sdxl"), seed=seed) for seed in range(4)]
    from imgen.engines.diffusers.engine import DiffusersEngine

    engine = DiffusersEngine(device="cpu", batch=4, batch_window_ms=50)
    tried = _paint_when(monkeypatch, lambda _loaded, _count: True)
    for name in ("sd15", "lcm"):
        await engine.run(make_request(weights(name)), ignore)
    tried.clear()
    monkeypatch.undo()
    tried = _paint_when(monkeypatch, lambda _loaded, count: len(engine.resident) + count <= 6)
    await asyncio.gather(*(engine.run(request, ignore) for request in requests))
    assert tried == [4, 4]
    assert len(engine.resident) == 2
    assert str(weights("lcm")) in engine.resident[0]  # it was used after the other


async def test_a_limit_that_still_holds_is_tried_ever_more_seldom(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its weights never fit beside a picture: each try costs loading them once more."""
    requests = [make_request(weights("sdxl"), seed=seed) for seed in range(120)]
    from imgen.engines.diffusers.engine import DiffusersEngine
    from imgen.engines.diffusers.memory.loaded import Loaded

    def more(loaded: Any) -> bool:
        loaded.offload = "model"
        return True

    monkeypatch.setattr(Loaded, "offload_more", more)
    engine = DiffusersEngine(device="cpu", batch=1, batch_window_ms=0)
    loads: list[int] = []
    real = engine._resident._load

    def load(options: Any, offload: str) -> Any:
        loads.append(len(tried))
        return real(options, offload)

    monkeypatch.setattr(engine._resident, "_load", load)
    tried = _paint_when(monkeypatch, lambda loaded, _count: loaded.offload == "model")
    for request in requests:
        await engine.run(request, ignore)
    assert loads == [0, 17, 50, 115]  # after 16, 32 and 64 that went well, and a failure each


async def test_weights_are_not_offloaded_into_main_memory_that_is_full(
    weights: Weights, monkeypatch: pytest.MonkeyPatch, memory: dict[str, int]
) -> None:
    request = make_request(weights("sdxl"))
    from imgen.engines.diffusers.engine import DiffusersEngine
    from imgen.engines.diffusers.memory.loaded import Loaded

    moved: list[Any] = []

    def move(loaded: Any) -> bool:
        moved.append(loaded)
        return False

    monkeypatch.setattr(Loaded, "offload_more", move)
    engine = DiffusersEngine(device="cpu", batch=1, batch_window_ms=0)
    _paint_when(monkeypatch, lambda _loaded, _count: False)
    memory["bytes"] = 1000
    with pytest.raises(Unavailable, match="96x64 pixels"):
        await engine.run(request, ignore)
    assert not moved
    memory["bytes"] = GIB
    with pytest.raises(Unavailable, match="96x64 pixels"):
        await engine.run(request, ignore)
    assert moved

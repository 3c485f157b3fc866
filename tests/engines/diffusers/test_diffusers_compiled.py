from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from threading import Event
from typing import Any
from weakref import ref

import numpy as np
import pytest

from imgen.engines.protocol import EngineRequest, Lora
from tests.engines.diffusers.conftest import Weights, ignore, make_request

pytestmark = pytest.mark.filterwarnings("ignore")


class Build:
    """Compiles nothing: the denoiser's own way forward is what comes out, and its calls count."""

    def __init__(self) -> None:
        self.plans: list[Any] = []
        self.calls = 0
        self.may_go_on = Event()
        self.may_go_on.set()
        self.begun = Event()

    def __call__(self, plan: Any) -> Any:
        self.plans.append(plan)
        self.begun.set()
        assert self.may_go_on.wait(60)
        return self._attach

    def _attach(self, denoiser: Any) -> Any:
        def forward(*given: Any, **named: Any) -> Any:
            self.calls += 1
            return type(denoiser).forward(denoiser, *given, **named)

        return forward


class Compiling:
    """An engine that compiles."""

    def __init__(self, *build: Any) -> None:
        from imgen.engines.diffusers.compiling.compiled import Compiler
        from imgen.engines.diffusers.engine import DiffusersEngine

        self.engine = DiffusersEngine(device="cpu", batch_window_ms=0, compile=True)
        self.compiler = self.engine._compiler = Compiler(*build)

    async def picture(self, request: EngineRequest) -> Any:
        return (await self.engine.run(request, ignore)).image

    async def pictures(self, *requests: EngineRequest) -> list[Any]:
        return list(await asyncio.gather(*map(self.picture, requests)))

    async def warm(self) -> None:
        await asyncio.to_thread(self.compiler.wait)

    @property
    def loaded(self) -> Any:
        (loaded,) = self.engine._resident._models.values()
        return loaded

    @property
    def ready(self) -> Any:
        return self.compiler.form(self.loaded).ready


@pytest.fixture
def build(weights: Weights) -> Any:
    weights("sdxl")
    yield (made := Build())
    made.may_go_on.set()


async def test_pictures_come_while_their_model_is_compiled(weights: Weights, build: Build) -> None:
    compiling = Compiling(build)
    request = make_request(weights("sdxl"))
    build.may_go_on.clear()
    first = await compiling.picture(request)
    assert await asyncio.to_thread(build.begun.wait, 60)
    second = await compiling.picture(request)  # and the compiler is still at work
    assert not compiling.ready
    build.may_go_on.set()
    await compiling.warm()
    assert len(compiling.ready) == 1
    third = await compiling.picture(request)
    assert np.array_equal(first, second)
    assert np.array_equal(first, third)


async def test_each_shape_is_compiled_once_and_in_its_own_thread(
    weights: Weights, build: Build
) -> None:
    compiling = Compiling(build)
    small, large = (make_request(weights("flux-dev"), width=side) for side in (64, 96))
    others = [make_request(weights("flux-dev"), width=64, seed=seed) for seed in (1, 2)]
    for _ in range(3):
        await compiling.picture(small)
        await compiling.picture(large)
        await compiling.pictures(*others)
        await compiling.warm()
    assert len(compiling.ready) == len(build.plans) == 3
    calls = build.calls
    for changes in ({"seed": 5}, {"steps": 2}, {"guidance_scale": 2.5}, {"prompt": "a kite"}):
        await compiling.picture(make_request(weights("flux-dev"), width=64, **changes))
    await compiling.warm()
    assert len(compiling.ready) == len(build.plans) == 3
    assert build.calls == calls + 3 + 2 + 3 + 3  # steps: all of them compiled


async def test_what_a_compiled_form_fails_at_is_painted_plainly(
    weights: Weights, build: Build
) -> None:
    compiling = Compiling(build)
    request = make_request(weights("sdxl"))
    before = await compiling.picture(request)
    await compiling.warm()
    (kind,) = compiling.ready

    def fail(*_given: Any, **_named: Any) -> Any:
        raise RuntimeError("kernel launch failed")

    compiling.ready[kind] = fail
    assert np.array_equal(before, await compiling.picture(request))
    assert not compiling.ready


async def test_a_compiler_that_fails_is_a_luxury_lost(weights: Weights) -> None:
    weights("sdxl")

    def broken(_plan: Any) -> Any:
        raise RuntimeError("no compiler here")

    compiling = Compiling(broken)
    request = make_request(weights("sdxl"))
    before = await compiling.picture(request)
    await compiling.warm()
    assert not compiling.ready
    assert np.array_equal(before, await compiling.picture(request))


async def test_a_model_that_leaves_while_it_is_compiled_leaves_at_once(
    weights: Weights, build: Build
) -> None:
    compiling = Compiling(build)
    request = make_request(weights("sdxl"))
    build.may_go_on.clear()
    before = await compiling.picture(request)
    assert await asyncio.to_thread(build.begun.wait, 60)
    gone, denoiser = ref(compiling.loaded), ref(compiling.loaded.denoiser)
    compiling.engine._resident.drop_least_used()
    gc.collect()
    assert gone() is None
    assert denoiser() is None
    build.may_go_on.set()
    await compiling.warm()
    assert np.array_equal(before, await compiling.picture(request))


async def test_what_left_before_its_turn_is_not_compiled(weights: Weights, build: Build) -> None:
    compiling = Compiling(build)
    build.may_go_on.clear()
    await compiling.picture(make_request(weights("sdxl"), width=64))
    assert await asyncio.to_thread(build.begun.wait, 60)
    await compiling.picture(make_request(weights("sdxl"), width=96))
    compiling.engine._resident.drop_least_used()
    build.may_go_on.set()
    await compiling.warm()
    assert len(build.plans) == 1


async def test_with_loras_a_model_runs_as_it_is(
    weights: Weights, build: Build, tmp_path: Path
) -> None:
    from tests.engines.diffusers.tiny import make_lora

    file = make_lora(weights("sdxl"), tmp_path / "kim.safetensors", seed=1)
    compiling = Compiling(build)
    bare = await compiling.picture(make_request(weights("sdxl")))
    await compiling.warm()
    lora = Lora("kim", 1.0, str(file))
    adapted = await compiling.picture(make_request(weights("sdxl"), loras=(lora,)))
    assert not np.array_equal(bare, adapted)
    assert np.array_equal(bare, await compiling.picture(make_request(weights("sdxl"))))


async def test_a_form_that_computes_something_else_is_not_used(weights: Weights) -> None:
    weights("sdxl")

    def attach(denoiser: Any) -> Any:
        def forward(*given: Any, **named: Any) -> Any:
            return tuple(1.1 * one for one in type(denoiser).forward(denoiser, *given, **named))

        return forward

    compiling = Compiling(lambda _plan: attach)
    before = await compiling.picture(make_request(weights("sdxl")))
    await compiling.warm()
    assert not compiling.ready
    assert np.array_equal(before, await compiling.picture(make_request(weights("sdxl"))))


async def test_only_so_many_shapes_are_compiled(build: Build) -> None:
    import torch

    from imgen.engines.diffusers.compiling.compiled import Form

    class Layer(torch.nn.Linear):  # type: ignore[misc]
        config: dict[str, Any] = {}  # noqa: RUF012 - as models have it
        dtype, device = torch.float32, "cpu"

    wanted: list[Any] = []
    layer = Layer(4, 3)
    form = Form(layer, wanted.append)
    for count in range(2, 24):
        one = torch.ones(1, count, 4)
        assert torch.equal(form(one), layer(one))
        assert torch.equal(form(one), layer(one))
    assert len(wanted) == 16


async def test_what_moves_in_and_out_or_is_quantised_runs_as_it_is(
    weights: Weights, build: Build
) -> None:
    compiling = Compiling(build)
    quantised = make_request(weights("flux-dev"), options={"quantisation": "fp8"})
    await compiling.picture(quantised)
    await compiling.warm()
    assert not build.plans
    compiling.engine._resident.drop_least_used()
    await compiling.picture(make_request(weights("flux-dev")))
    await compiling.warm()
    assert len(compiling.compiler._forms) == 1
    compiling.loaded.offload = "model"
    await compiling.picture(make_request(weights("flux-dev")))
    assert not compiling.compiler._forms

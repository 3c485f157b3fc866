from __future__ import annotations

import asyncio
import gc
import shutil
from pathlib import Path
from threading import Event, Thread
from typing import Any
from weakref import ref

import numpy as np
import pytest

from imgen.engines.protocol import EngineRequest, Lora
from tests.engines.diffusers.conftest import Weights, ignore, make_request

pytestmark = pytest.mark.filterwarnings("ignore")


class Backend:
    """Of `torch.compile`: leaves a graph as it is, and counts."""

    def __init__(self) -> None:
        self.graphs = 0
        self.may_go_on = Event()
        self.may_go_on.set()
        self.begun = Event()

    def __call__(self, graph: Any, _inputs: Any) -> Any:
        self.graphs += 1
        self.begun.set()
        assert self.may_go_on.wait(60)
        return graph.forward


class Compiling:
    """An engine that compiles, with a backend to look at."""

    def __init__(self, backend: Any) -> None:
        from imgen.engines.diffusers.compiled import Compiler
        from imgen.engines.diffusers.engine import DiffusersEngine

        self.engine = DiffusersEngine(device="cpu", batch_window_ms=0, compile=True)
        self.compiler = self.engine._compiler = Compiler(backend)

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
def backend(weights: Weights) -> Any:
    weights("sdxl")
    import torch

    torch._dynamo.reset()
    yield (made := Backend())
    made.may_go_on.set()


async def test_a_compiled_model_paints_what_it_painted(weights: Weights, backend: Backend) -> None:
    """With inductor, as on a GPU; here it needs a C++ compiler."""
    if shutil.which("g++") is None and shutil.which("clang++") is None:
        pytest.skip("inductor needs a C++ compiler on a CPU, and there is none")
    del backend  # only for its clean start
    compiling = Compiling("inductor")
    request = make_request(weights("flux-schnell"), guidance_scale=0.0, steps=2)
    before = await compiling.picture(request)
    await compiling.warm()
    assert len(compiling.ready) == 1
    after = await compiling.picture(request)
    assert len(compiling.ready) == 1  # still there: it did not fail
    assert np.abs(before.astype(int) - after).max() <= 1


async def test_pictures_come_while_their_model_is_compiled(
    weights: Weights, backend: Backend
) -> None:
    compiling = Compiling(backend)
    request = make_request(weights("sdxl"))
    backend.may_go_on.clear()
    first = await compiling.picture(request)
    assert await asyncio.to_thread(backend.begun.wait, 60)
    second = await compiling.picture(request)  # and the compiler is still at work
    assert not compiling.ready
    backend.may_go_on.set()
    await compiling.warm()
    assert len(compiling.ready) == 1
    third = await compiling.picture(request)
    assert np.array_equal(first, second)
    assert np.array_equal(first, third)


async def test_each_shape_is_compiled_once_and_in_its_own_thread(
    weights: Weights, backend: Backend
) -> None:
    compiling = Compiling(backend)
    small, large = (make_request(weights("flux-dev"), width=side) for side in (64, 96))
    others = [make_request(weights("flux-dev"), width=64, seed=seed) for seed in (1, 2)]
    for _ in range(3):
        await compiling.picture(small)
        await compiling.picture(large)
        await compiling.pictures(*others)
        await compiling.warm()
    graphs = backend.graphs
    assert len(compiling.ready) == 3
    for changes in ({"seed": 5}, {"steps": 2}, {"guidance_scale": 2.5}, {"prompt": "a kite"}):
        await compiling.picture(make_request(weights("flux-dev"), width=64, **changes))
    await compiling.warm()
    assert len(compiling.ready) == 3
    assert backend.graphs == graphs


async def test_what_a_compiled_form_fails_at_is_painted_plainly(
    weights: Weights, backend: Backend
) -> None:
    compiling = Compiling(backend)
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

    def broken(_graph: Any, _inputs: Any) -> Any:
        raise RuntimeError("no compiler here")

    compiling = Compiling(broken)
    request = make_request(weights("sdxl"))
    before = await compiling.picture(request)
    await compiling.warm()
    assert not compiling.ready
    assert np.array_equal(before, await compiling.picture(request))


async def test_a_model_that_leaves_while_it_is_compiled_leaves_at_once(
    weights: Weights, backend: Backend
) -> None:
    compiling = Compiling(backend)
    request = make_request(weights("sdxl"))
    backend.may_go_on.clear()
    before = await compiling.picture(request)
    assert await asyncio.to_thread(backend.begun.wait, 60)
    gone, denoiser = ref(compiling.loaded), ref(compiling.loaded.denoiser)
    compiling.engine._resident.drop_others(None)
    gc.collect()
    assert gone() is None
    held = denoiser()
    assert held is None or all(one.is_meta for one in held.parameters())
    del held
    backend.may_go_on.set()
    await compiling.warm()
    assert np.array_equal(before, await compiling.picture(request))


async def test_what_left_before_its_turn_is_not_compiled(
    weights: Weights, backend: Backend
) -> None:
    compiling = Compiling(backend)
    backend.may_go_on.clear()
    await compiling.picture(make_request(weights("sdxl"), width=64))
    assert await asyncio.to_thread(backend.begun.wait, 60)
    await compiling.picture(make_request(weights("sdxl"), width=96))
    compiling.engine._resident.drop_others(None)
    graphs = backend.graphs
    backend.may_go_on.set()
    await compiling.warm()
    assert backend.graphs == graphs


async def test_with_loras_a_model_runs_as_it_is(
    weights: Weights, backend: Backend, tmp_path: Path
) -> None:
    from tests.engines.diffusers.tiny import make_lora

    file = make_lora(weights("sdxl"), tmp_path / "kim.safetensors", seed=1)
    compiling = Compiling(backend)
    bare = await compiling.picture(make_request(weights("sdxl")))
    await compiling.warm()
    lora = Lora("kim", 1.0, str(file))
    adapted = await compiling.picture(make_request(weights("sdxl"), loras=(lora,)))
    assert not np.array_equal(bare, adapted)
    assert np.array_equal(bare, await compiling.picture(make_request(weights("sdxl"))))


def test_after_so_many_shapes_the_others_share_a_form(backend: Backend) -> None:
    import torch

    from imgen.engines.diffusers.compiled import Form

    wanted: list[Any] = []
    layer = torch.nn.Linear(4, 3)
    form = Form(layer, wanted.append)
    inputs = [torch.ones(1, count, 4) for count in range(2, 24)]
    for one in inputs:
        assert torch.equal(form(one), layer(one))
    for _form, kind, given, named in wanted:
        form.compile(kind, backend, given, named)
    assert len(form.ready) == len(inputs)
    assert len(set(form.ready.values())) == 17
    graphs = backend.graphs
    assert graphs == 17
    with torch.no_grad():  # as pipelines run
        for one in inputs:
            assert torch.equal(form(one), layer(one))
    assert backend.graphs == graphs


def test_a_form_that_does_not_fit_after_all_is_not_compiled_in_the_devices_thread(
    backend: Backend,
) -> None:
    import torch

    from imgen.engines.diffusers.compiled import Form, _nothing_compiled_here, kind_of

    layer = torch.nn.Linear(4, 3)
    form = Form(layer, lambda _work: None)
    one, other = torch.ones(1, 2, 4), torch.ones(1, 5, 4)
    form.compile(kind_of(((one,), {})), backend, (one,), {})
    form.ready[kind_of(((other,), {}))] = form.ready[kind_of(((one,), {}))]
    graphs = backend.graphs
    with torch.no_grad(), _nothing_compiled_here():
        assert torch.equal(form(other), layer(other))
        assert torch.equal(form(one), layer(one))
    assert backend.graphs == graphs


async def test_what_compiling_disturbs_is_painted_again_when_it_is_over(
    weights: Weights, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imgen.engines.diffusers.paint import paint as real

    compiling = Compiling(backend)
    request = make_request(weights("sdxl"))
    before = await compiling.picture(request)
    await compiling.warm()
    disturbed = iter([True])

    def paint(*given: Any) -> Any:
        if next(disturbed, False):
            backend.may_go_on.set()
            raise NameError("module is not installed as a submodule")
        return real(*given)

    backend.may_go_on.clear()
    backend.begun.clear()
    await compiling.picture(make_request(weights("sdxl"), width=64))
    assert await asyncio.to_thread(backend.begun.wait, 60)
    monkeypatch.setattr("imgen.engines.diffusers.engine.paint", paint)
    assert np.array_equal(before, await compiling.picture(request))
    disturbed = iter([True])
    await compiling.warm()
    with pytest.raises(NameError):  # nothing is compiled now: it is the request's own fault
        await compiling.picture(request)


def test_a_trace_in_one_thread_leaves_the_modules_of_others_alone(weights: Weights) -> None:
    weights("sdxl")
    import torch

    from imgen.engines.diffusers.apart import apart

    class Slow(torch.nn.Module):
        def __init__(self, layer: torch.nn.Module) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, given: Any) -> Any:
            tracing.set()
            assert go_on.wait(60)
            return self.layer(given)

    tracing, go_on = Event(), Event()
    other = torch.nn.Linear(4, 3)
    found: list[Any] = []

    def compute() -> None:
        assert tracing.wait(60)
        try:
            found.append(other(torch.ones(1, 4)))
        finally:
            go_on.set()

    thread = Thread(target=compute)
    thread.start()
    with apart():
        graph = torch.fx.symbolic_trace(Slow(torch.nn.Linear(4, 3)))
    thread.join()
    assert len(found) == 1
    assert [node.op for node in graph.graph.nodes] == ["placeholder", "call_module", "output"]

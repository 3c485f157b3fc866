from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgen.engines.diffusers.batches import Answer, Batches, Ticket
from imgen.engines.diffusers.prompts.emphasis import plain
from imgen.engines.protocol import Abandoned, EngineRequest, EngineResult, Lora, Progress, Task
from tests.engines.diffusers.conftest import Weights, disc, ignore, make_request, picture

pytestmark = pytest.mark.filterwarnings("ignore")

PROMPTS = ("a lake in the mountains", "a street at night", "a red kite, (wind:1.3)")


_NEVER = 600_000.0
"""Milliseconds: a batch that waits so long goes off because it is full."""


class Engines:
    """One that paints each picture alone, and one that waits until a batch is full."""

    def __init__(self) -> None:
        from imgen.engines.diffusers.engine import DiffusersEngine

        self._alone = DiffusersEngine(device="cpu", batch=1, batch_window_ms=0)

    async def alone(self, requests: Sequence[EngineRequest]) -> list[EngineResult]:
        return [await self._alone.run(request, ignore) for request in requests]

    async def together(
        self, requests: Sequence[EngineRequest], batch: int, *progress: Progress
    ) -> list[Any]:
        from imgen.engines.diffusers.engine import DiffusersEngine

        engine = DiffusersEngine(device="cpu", batch=batch, batch_window_ms=_NEVER)
        told = [*progress, *[ignore] * len(requests)]
        return await asyncio.gather(
            *(engine.run(request, tell) for request, tell in zip(requests, told, strict=False)),
            return_exceptions=True,
        )


@pytest.fixture
def engines(weights: Weights) -> Engines:
    weights("sdxl")
    return Engines()


@pytest.mark.parametrize(
    "name", ["sd15", "sdxl", "flux-dev", "flux2-klein", "qwen-image", "z-image"]
)
async def test_each_of_a_batch_is_what_it_would_be_alone(
    name: str, weights: Weights, engines: Engines
) -> None:
    requests = [
        make_request(
            weights(name),
            seed=seed,
            prompt=prompt + "." * (24 - len(plain(prompt))),
            negative_prompt="fog",
        )
        for seed, prompt in enumerate(PROMPTS)
    ]
    alone = await engines.alone(requests)
    together = await engines.together(requests, 3)
    assert [one.info["batch"] for one in alone] == [1, 1, 1]
    assert [one.info["batch"] for one in together] == [3, 3, 3]
    for one, other in zip(alone, together, strict=True):
        apart = np.abs(one.image.astype(int) - other.image)
        assert apart.max() <= 1  # the order of additions is another in a larger matrix


@pytest.mark.parametrize(
    "name",
    [
        "sd15",
        "lcm",
        "sdxl",
        "flux-schnell",
        "flux-dev",
        "flux2-klein",
        "flux2-dev",
        "qwen-image",
        "z-image",
    ],
)
async def test_prompts_of_any_length_with_and_without_negatives_are_each_right(
    name: str, weights: Weights, engines: Engines
) -> None:
    """They may be painted in groups; nobody's padding may show in another's picture."""
    words = (
        ("a kite", ""),
        ("a lake in the mountains, seen from a boat", "fog"),
        ("a very long road " * 12, ""),
        ("a red kite, (wind:1.3)", "rain, mist, and a crowd of people"),
    )
    requests = [
        make_request(weights(name), seed=seed, prompt=prompt, negative_prompt=negative, steps=2)
        for seed, (prompt, negative) in enumerate(words)
    ]
    alone = await engines.alone(requests)
    together = await engines.together(requests, len(requests))
    for one, other in zip(alone, together, strict=True):
        assert np.abs(one.image.astype(int) - other.image).max() <= 1
        assert one.ignored == other.ignored


def _moved_by_words(weights: Path, folder: Path, part: str) -> Path:
    """The same weights, but for a matrix that brings words in: it is a hundred times larger.

    Those made at random hardly hear the prompt, and would hide a wrong one.
    """
    from safetensors.torch import load_file, save_file

    shutil.copytree(weights, folder)
    file = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    tensors[part] *= 100
    save_file(tensors, file, metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize("guidance", [0.0, 4.0])
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("qwen-image", "transformer_blocks.0.attn.add_v_proj.weight"),
        ("z-image", "cap_embedder.1.weight"),
    ],
)
async def test_prompts_of_other_lengths_share_a_batch_where_padding_is_masked(
    name: str, part: str, guidance: float, weights: Weights, engines: Engines, tmp_path: Path
) -> None:
    folder = _moved_by_words(weights(name), tmp_path / name, part)
    words = (("a lake", "fog"), ("a street in the rain", ""), ("red kites", "a crowd of people"))
    requests = [
        make_request(folder, prompt=prompt, negative_prompt=negative, guidance_scale=guidance)
        for prompt, negative in words
    ]
    alone = await engines.alone(requests)
    together = await engines.together(requests, 3)
    assert [one.info["batch"] for one in together] == [3, 3, 3]
    for one, other in zip(alone, together, strict=True):
        assert np.abs(one.image.astype(int) - other.image).max() <= 1
    for one, other in combinations(alone, 2):  # of one seed: it is the words that differ
        assert np.abs(one.image.astype(int) - other.image).max() > 5


@pytest.mark.parametrize("name", ["sd15", "sdxl", "flux-dev", "qwen-image", "z-image"])
@pytest.mark.parametrize("task", [Task.IMAGE_TO_IMAGE, Task.INPAINT])
async def test_edits_of_different_pictures_in_one_batch_are_each_right(
    name: str, task: Task, weights: Weights, engines: Engines
) -> None:
    inputs = [(picture(), disc()), (picture()[::-1].copy(), 255 - disc())]
    requests = [
        make_request(weights(name), task=task, image=image, mask=mask, seed=seed)
        for seed, (image, mask) in enumerate(inputs)
    ]
    alone = await engines.alone(requests)
    together = await engines.together(requests, 2)
    assert [one.info["batch"] for one in together] == [2, 2]
    for one, other in zip(alone, together, strict=True):
        assert np.abs(one.image.astype(int) - other.image).max() <= 1


async def test_what_differs_in_size_steps_or_guidance_is_not_painted_together(
    weights: Weights,
) -> None:
    weights("sdxl")
    from imgen.engines.diffusers.engine import batch_key
    from imgen.engines.diffusers.families.table import family_of
    from imgen.engines.diffusers.options import read_options
    from imgen.engines.diffusers.prepare import prepare

    def key(**changes: Any) -> Any:
        request = make_request(weights("sdxl"), **changes)
        traits = family_of("StableDiffusionXLPipeline").traits
        return batch_key(prepare(request, read_options(request.options), traits, picture_matte))

    same = key()
    assert key(prompt="a kite", seed=2, negative_prompt="fog") == same
    changes: tuple[dict[str, Any], ...] = (
        {"width": 64},
        {"steps": 2},
        {"guidance_scale": 2.0},
        {"loras": (Lora("kim", 1.0, "kim.safetensors"),)},
        {"options": {"clip_skip": 1}},
        {"task": Task.IMAGE_TO_IMAGE, "image": picture()},
    )
    assert all(key(**change) != same for change in changes)


def picture_matte(colour: Any) -> Any:
    return colour[..., 0]


async def test_a_batch_holds_no_more_than_it_may(weights: Weights, engines: Engines) -> None:
    requests = [make_request(weights("sdxl"), seed=seed) for seed in range(4)]
    results = await engines.together(requests, 2)
    assert [one.info["batch"] for one in results] == [2, 2, 2, 2]


async def test_one_of_a_batch_may_be_abandoned_without_the_others(
    weights: Weights, engines: Engines
) -> None:
    def leave(step: int, _of: int) -> None:
        if step == 1:
            raise Abandoned

    requests = [make_request(weights("sdxl"), seed=seed) for seed in (3, 11)]
    alone = await engines.alone(requests)
    results = await engines.together(requests, 2, leave)
    assert isinstance(results[0], Abandoned)
    assert np.abs(results[1].image.astype(int) - alone[1].image).max() <= 1


async def test_one_of_a_batch_may_be_cancelled_without_the_others(
    weights: Weights, engines: Engines
) -> None:
    from imgen.engines.diffusers.engine import DiffusersEngine

    requests = [make_request(weights("sdxl"), seed=seed) for seed in (3, 11)]
    alone = await engines.alone(requests[1:])
    engine = DiffusersEngine(device="cpu", batch=2, batch_window_ms=_NEVER)
    loop, painting = asyncio.get_running_loop(), asyncio.Event()

    def told(step: int, _of: int) -> None:
        if step:  # it is no longer waiting for the other
            loop.call_soon_threadsafe(painting.set)

    kept = asyncio.create_task(engine.run(requests[1], ignore))
    left = asyncio.create_task(engine.run(requests[0], told))
    await painting.wait()
    left.cancel()
    assert np.abs(alone[0].image.astype(int) - (await kept).image).max() <= 1
    assert left.cancelled()


async def test_a_long_run_of_one_kind_keeps_no_other_waiting() -> None:
    """Without torch: whoever has waited longest decides what is next."""
    begun: list[object] = []
    batches: Batches

    def work(tickets: Sequence[Ticket]) -> list[Answer]:
        begun.append(tickets[0].key)
        return [EngineResult(picture())] * len(tickets)

    async def again(times: int) -> None:
        """Comes back at once, whenever it is served."""
        for _ in range(times):
            await batches.submit("many", None, ignore)

    batches = Batches(work, 2, 0.0)
    crowd = [asyncio.create_task(again(6)) for _ in range(4)]
    await asyncio.sleep(0)
    await batches.submit("rare", None, ignore)
    served = begun.index("rare")
    await asyncio.gather(*crowd)
    assert served <= 3  # four of the others were there before it: two batches, and one under way
    assert begun.count("many") == 12


async def _served(names: str, until: int) -> str:
    """The order in which tickets for two models are served of which only one is in memory.

    Without torch. All come at once; after `until` of them half a minute has passed.
    """
    begun: list[str] = []

    def work(tickets: Sequence[Ticket]) -> list[Answer]:
        begun.append(str(tickets[0].key)[0])
        return [EngineResult(picture())] * len(tickets)

    def at_hand(ticket: Ticket) -> bool:
        return str(ticket.key)[0] == (begun[-1] if begun else names[0])

    batches = Batches(work, 1, 0.0, at_hand, lambda: 30.0 if len(begun) >= until else 0.0)
    await asyncio.gather(
        *(batches.submit(f"{name}{at}", None, ignore) for at, name in enumerate(names))
    )
    return "".join(begun)


async def test_what_needs_no_model_loaded_goes_first() -> None:
    assert await _served("abaabaa", until=7) == "aaaaabb"


async def test_nobody_waits_long_for_that() -> None:
    assert await _served("abaabaa", until=3) == "aaabbaa"


async def test_what_is_left_while_it_waits_is_never_begun() -> None:
    """Without torch: the queue alone."""
    begun: list[object] = []

    def work(tickets: Sequence[Ticket]) -> list[Answer]:
        begun.extend(ticket.key for ticket in tickets)
        return [EngineResult(picture())] * len(tickets)

    batches = Batches(work, 2, 600.0)
    left = asyncio.create_task(batches.submit("left", None, ignore))
    await asyncio.sleep(0)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    await asyncio.gather(*(batches.submit("kept", None, ignore) for _ in range(2)))
    assert begun == ["kept", "kept"]


async def test_a_crash_of_the_work_is_told_to_all_and_the_queue_goes_on() -> None:
    answers = iter([ZeroDivisionError("once"), None])

    def work(tickets: Sequence[Ticket]) -> list[Answer]:
        if error := next(answers):
            raise error
        return [EngineResult(picture())] * len(tickets)

    batches = Batches(work, 1, 0.0)
    with pytest.raises(ZeroDivisionError):
        await batches.submit("one", None, ignore)
    assert (await batches.submit("two", None, ignore)).image.shape == (64, 96, 3)


async def test_one_that_cannot_be_painted_leaves_the_others_of_its_batch_alone(
    weights: Weights, engines: Engines
) -> None:
    """Prompts of other lengths make groups of their own within a batch."""
    long = "a very long road " * 12
    requests = [make_request(weights("sdxl"), prompt=text) for text in (PROMPTS[0], long)]
    alone = await engines.alone(requests)
    together = await engines.together(requests, 2)
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.image, other.image)

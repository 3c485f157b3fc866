"""Jobs with pictures of the client's: from the object store through an engine and back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from imgen.accounts.records import Caller
from imgen.engines.protocol import Task
from imgen.engines.registry import Registry
from imgen.finishing.encode import Format, decode, encode
from imgen.generation import store
from imgen.generation.inputs import Inputs, KeepInput, ReadInputs
from imgen.generation.make import Make
from imgen.generation.outcome import Completed
from imgen.generation.request import GenerationRequest
from imgen.library import store as library
from imgen.library.image import Filters
from imgen.wiring.core import Core
from tests.generation.asking import MakeCaller, make_request


def _picture(width: int = 320, height: int = 256) -> NDArray[np.uint8]:
    """A sunset with a dark boat."""
    rows = np.linspace(40, 220, height, dtype=np.uint8)[:, None]
    image = np.dstack(
        [
            np.repeat(rows, width, 1),
            np.repeat(rows // 2, width, 1),
            np.full((height, width), 90, np.uint8),
        ]
    )
    image[180:210, 120:200] = (30, 20, 20)
    return np.ascontiguousarray(image)


def _sketch(**changes: object) -> GenerationRequest:
    return replace(
        make_request(prompt="a calm sea", model="sketch", style="illustration"),
        **{"width": 320, "height": 256, "format": Format.PNG, **changes},  # type: ignore[arg-type]
    )


def _no_progress(_step: int, _of: int) -> None:
    pass


async def _inputs(core: Core, mask: NDArray[np.uint8] | None = None) -> dict[str, str]:
    keep = KeepInput(core.objects)
    picture = _picture()
    stored = await keep(picture, original=encode(picture, Format.JPEG), format=Format.JPEG)
    keys = {"image_key": stored.key, "original_key": stored.original_key}
    return keys if mask is None else {**keys, "mask_key": (await keep(mask)).key}


async def test_a_stored_input_comes_back_pixel_for_pixel(core: Core) -> None:
    mask = np.zeros((256, 320), np.uint8)
    mask[10:20] = 255
    inputs = await ReadInputs(core.objects)(_sketch(**await _inputs(core, mask)))
    assert inputs.image is not None
    assert inputs.mask is not None
    assert np.array_equal(inputs.image, _picture())
    assert np.array_equal(inputs.mask, mask)
    assert [one.media_type for one in inputs.ingredients] == ["image/jpeg"]


async def test_a_request_without_pictures_reads_none(core: Core) -> None:
    assert await ReadInputs(core.objects)(make_request()) == Inputs()


async def test_inpainting_changes_nothing_outside_the_mask(core: Core) -> None:
    mask = np.zeros((256, 320), np.uint8)
    mask[60:120, 100:200] = 255
    request = _sketch(task=Task.INPAINT, **await _inputs(core, mask))
    inputs = await ReadInputs(core.objects)(request)
    made = await Make(core.catalog, Registry())(request, inputs, _no_progress)
    changed = np.any(made.image[..., :3] != _picture(), axis=2)
    assert changed[60:120, 100:200].any()
    assert not changed[:, :60].any()
    assert not changed[200:].any()


async def test_strength_zero_gives_the_input_back(core: Core) -> None:
    request = _sketch(task=Task.IMAGE_TO_IMAGE, strength=0.0, **await _inputs(core))
    inputs = await ReadInputs(core.objects)(request)
    made = await Make(core.catalog, Registry())(request, inputs, _no_progress)
    assert np.array_equal(made.image, _picture())


async def test_a_size_that_the_model_does_not_render_is_fitted(core: Core) -> None:
    sketch = replace(core.catalog.models["sketch"], sizes=((256, 256),))
    catalog = replace(core.catalog, models={"sketch": sketch})
    request = _sketch(width=301, height=257)
    made = await Make(catalog, Registry())(request, Inputs(), _no_progress)
    assert made.image.shape == (257, 301, 3)


@pytest.mark.usefixtures("worker")
async def test_an_edit_is_completed_and_never_shared(core: Core, make_caller: MakeCaller) -> None:
    caller, stranger = await make_caller(), await make_caller("stranger")
    request = _sketch(task=Task.UPSCALE, width=640, height=512, **await _inputs(core))
    receipt = await core.submit(caller, request, surface="test")
    done = await _completed(core, caller, receipt.id)
    pixels = decode(await core.objects.get(done.image.key))
    assert pixels.shape[:2] == (512, 640)
    async with core.database.connection() as connection:
        seen = await library.count(connection, Filters(account_id=stranger.account_id))
    assert seen == (0, 0)


async def _completed(core: Core, caller: Caller, id: str) -> Completed:
    async with asyncio.timeout(30):
        while True:
            async with core.database.connection() as connection:
                job = await store.find(connection, id, caller.account_id)
            assert job is not None
            if job.state.final:
                assert isinstance(job.outcome, Completed), job.outcome
                return job.outcome
            await asyncio.sleep(0.02)

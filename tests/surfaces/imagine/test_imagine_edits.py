"""What Imagine promises of pixels, kept on photographs."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data
from sklearn.datasets import load_sample_image

from tests.surfaces.imagine.conftest import Calls, Pixels, pixels_of

V1, V2 = "/v1/imagine/api", "/v2/image"


def cat() -> Pixels:
    return np.ascontiguousarray(data.chelsea()[60:156, 120:264], np.uint8)


def cup() -> Pixels:
    return np.ascontiguousarray(data.coffee()[::4, ::4][:96, :144], np.uint8)


def flower() -> Pixels:
    return np.ascontiguousarray(load_sample_image("flower.jpg")[::4, ::4][:96, :144], np.uint8)


def photographs() -> list[Pixels]:
    """All of one size, 144 by 96 pixels."""
    return [cat(), cup(), flower()]


def feathered() -> Pixels:
    """A mask for them: a box with a feather of six pixels."""
    mask = np.zeros((96, 144), np.uint8)
    for step in range(6):
        mask[30 + step : 66 - step, 50 + step : 100 - step] = 255 * (step + 1) // 6
    return mask


@pytest.mark.parametrize("path", [f"{V2}/edits/generative-fill", f"{V1}/edits/inpaint"])
async def test_inpainting_changes_nothing_outside_the_mask(calls: Calls, path: str) -> None:
    mask = feathered()
    for picture in photographs():
        filled = await calls.picture(path, image=picture, mask=mask, prompt="a red ball", seed=3)
        assert filled.shape == picture.shape
        assert (filled[mask == 0] == picture[mask == 0]).all()
        assert (filled[mask == 255] != picture[mask == 255]).any()


async def test_erasing_changes_nothing_outside_the_mask(calls: Calls) -> None:
    mask = feathered()
    for picture in photographs():
        erased = await calls.picture(f"{V2}/edits/remove", image=picture, mask=mask)
        assert (erased[mask == 0] == picture[mask == 0]).all()
        assert (erased[mask == 255] != picture[mask == 255]).any()


async def test_a_mask_of_another_size_is_stretched_over_the_picture(calls: Calls) -> None:
    picture = cat()
    mask = np.zeros((24, 36), np.uint8)
    mask[6:12, 9:18] = 255
    erased = await calls.picture(f"{V2}/edits/remove", image=picture, mask=mask)
    changed = (erased != picture).any(axis=2)
    assert changed[28:44, 40:68].any()
    changed[20:52, 32:76] = False
    assert not changed.any()


@pytest.mark.parametrize(("ratio", "shape"), [("16:9", 16 / 9), ("3:4", 3 / 4)])
async def test_outpainting_keeps_the_original_in_the_middle(
    calls: Calls, ratio: str, shape: float
) -> None:
    for picture in photographs():
        resized = await calls.picture(f"{V2}/edits/ai-resize", image=picture, aspect_ratio=ratio)
        height, width = resized.shape[:2]
        assert abs(width / height - shape) < 0.01
        top, left = (height - picture.shape[0]) // 2, (width - picture.shape[1]) // 2
        kept = resized[top : top + picture.shape[0], left : left + picture.shape[1]]
        assert (kept == picture).all()


async def test_a_resize_with_a_mask_fills_what_the_client_has_framed(calls: Calls) -> None:
    framed = np.full((120, 180, 3), 90, np.uint8)
    framed[12:108, 18:162] = cat()
    mask = np.full((120, 180), 255, np.uint8)
    mask[12:108, 18:162] = 0
    filled = await calls.picture(f"{V2}/edits/ai-resize", image=framed, mask=mask)
    assert (filled[12:108, 18:162] == cat()).all()
    assert (filled[mask == 255] != 90).any()


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (f"{V1}/generations/variations", {"strength": "0"}),
        (f"{V1}/edits/remix", {"strength": "0", "style_id": "29"}),
    ],
)
async def test_no_strength_gives_the_input_back(
    calls: Calls, path: str, fields: dict[str, str]
) -> None:
    for picture in photographs():
        same = await calls.picture(path, image=picture, prompt="a castle", **fields)
        assert (same == picture).all()


async def test_a_variation_in_another_shape_is_made_of_the_middle(calls: Calls) -> None:
    path = f"{V1}/generations/variations"
    made = await calls.picture(path, image=cat(), prompt="a castle", strength=0, aspect_ratio="1:1")
    assert (made == cat()[:, 24:120]).all()


@pytest.mark.parametrize("path", [f"{V2}/background/remover", f"{V1}/background/remover"])
async def test_removing_the_background_keeps_the_size_and_the_subject(
    calls: Calls, path: str
) -> None:
    picture = np.ascontiguousarray(load_sample_image("flower.jpg")[::3, ::3], np.uint8)
    alone = await calls.picture(path, image=picture)
    assert alone.shape == (*picture.shape[:2], 4)
    assert 0.05 < (alone[..., 3] > 127).mean() < 0.8
    solid = alone[..., 3] == 255
    assert np.abs(alone[solid][:, :3].astype(int) - picture[solid]).mean() < 4


async def test_upscaling_gives_exactly_the_factor(calls: Calls) -> None:
    picture = cat()[:81, :113]
    for path, fields, factor in (
        (f"{V2}/enhance", {}, 2),
        (f"{V2}/enhance", {"scale": "3"}, 3),
        (f"{V2}/enhance", {"scale": "4"}, 4),
        (f"{V1}/upscale", {}, 2),
    ):
        large = await calls.picture(path, image=picture, **fields)
        assert large.shape == (81 * factor, 113 * factor, 3)
        small = large.reshape(81, factor, 113, factor, 3).mean(axis=(1, 3))
        assert np.abs(small - picture).mean() < 4


async def test_a_new_background_keeps_the_frame_and_the_subject(calls: Calls) -> None:
    subject = np.zeros((160, 200, 4), np.uint8)
    subject[60:160, 70:130] = (200, 30, 40, 255)
    path = f"{V2}/generations/ai-background"
    placed = await calls.picture(path, image=subject, prompt="a sandy beach", seed=5)
    assert placed.shape == (160, 200, 3)
    inside = placed[90:150, 80:120].reshape(-1, 3).mean(axis=0)
    assert inside[0] > 2 * inside[1]
    assert placed[:50].std() > 1


async def test_a_guided_picture_has_the_shape_that_was_asked_for(calls: Calls) -> None:
    path = f"{V1}/generations/guided"
    made = await calls.picture(path, image=cup(), prompt="a bowl of soup", aspect_ratio="4:5")
    assert made.shape == (96, 77, 3)


async def test_a_remix_with_a_guide_changes_the_picture(calls: Calls) -> None:
    path = f"{V1}/edits/remix"
    made = await calls.picture(
        path, image=cat(), prompt="a cat, watercolour", style_id=21, control="canny", strength=50
    )
    assert made.shape == cat().shape
    assert (made != cat()).any()


async def test_a_transparent_picture_has_its_subject_on_nothing(calls: Calls) -> None:
    path = f"{V2}/generations/transparent"
    reply = await calls(path, prompt="a red apple", aspect_ratio="1:1", seed=4)
    assert reply.json()["format"] == "png"
    picture = pixels_of((await calls.client.get(reply.json()["url"])).content)
    assert picture.shape == (1024, 1024, 4)
    assert (picture[..., 3] == 0).any()
    assert (picture[..., 3] == 255).any()


async def test_an_edit_may_come_back_as_lossless_webp(calls: Calls) -> None:
    path, fields = f"{V1}/generations/variations", {"prompt": "a castle", "strength": "0"}
    reply = await calls(path, accept="image/webp", image=cat(), **fields)
    assert reply.headers["content-type"] == "image/webp"
    assert (pixels_of(reply.content) == cat()).all()

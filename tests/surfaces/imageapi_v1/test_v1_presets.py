"""What the product and logo endpoints bring to a prompt, and that `generate` brings nothing."""

from __future__ import annotations

import base64
import io

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgen.catalog.catalog import Catalog
from imgen.catalog.load import load_catalog
from imgen.surfaces.imageapi_v1.presets import GENERATE, LOGO, PRODUCT, Preset, Wording, worded
from tests.surfaces.imageapi_v1.conftest import Post, data_of


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(())


def _worded(
    catalog: Catalog, preset: Preset, positive: str, *, negative: str = "", model: str = "sketch"
) -> Wording:
    return worded(preset, catalog, catalog.models[model], positive=positive, negative=negative)


@pytest.mark.parametrize(("preset", "style"), [(PRODUCT, "product"), (LOGO, "logo")])
def test_a_preset_brings_its_style_composition_and_negatives(
    catalog: Catalog, preset: Preset, style: str
) -> None:
    words = _worded(catalog, preset, "a red fox")
    assert words.style == style
    assert words.positive.startswith("a red fox, ")
    assert set(preset.composition) <= set(words.positive.split(", "))
    assert set(preset.negatives) <= set(words.negative.split(", "))


def test_what_the_client_says_comes_first_and_once(catalog: Catalog) -> None:
    words = _worded(catalog, LOGO, "a fox, Single emblem", negative="-mockup, rain")
    assert words.positive.lower().count("single emblem") == 1
    assert words.negative.startswith("mockup, rain, ")
    assert words.negative.split(", ").count("mockup") == 1


def test_what_is_asked_for_is_not_kept_out(catalog: Catalog) -> None:
    assert "hands" not in _worded(catalog, PRODUCT, "gloves held by two hands").negative
    assert "hands" in _worded(catalog, PRODUCT, "gloves").negative


def test_a_logo_with_quoted_words_may_have_letters(catalog: Catalog) -> None:
    assert "letters" in _worded(catalog, LOGO, "a fox").negative
    assert "letters" in _worded(catalog, LOGO, "a fox's den and a dog's").negative
    for prompt in ('a fox and the word "REYNARD"', "a bakery named “Crumb”", "'Crumb' bakery"):
        assert "letters" not in _worded(catalog, LOGO, prompt).negative


def test_a_product_with_quoted_words_may_have_text(catalog: Catalog) -> None:
    assert "text" in _worded(catalog, PRODUCT, "a mug").negative.split(", ")
    words = _worded(catalog, PRODUCT, 'a mug that says "HELLO"')
    assert "text" not in words.negative.split(", ")


def test_a_model_without_the_style_is_given_its_words(catalog: Catalog) -> None:
    words = _worded(catalog, LOGO, "a fox", model="dreamshaper-8-lcm")
    assert words.style == "plain"
    assert "flat vector" in words.positive
    assert "busy background" in words.negative


def test_a_long_prompt_is_not_made_too_long(catalog: Catalog) -> None:
    prompt = "word " * 399 + "end"
    words = _worded(catalog, PRODUCT, prompt)
    assert words.positive.startswith(prompt)
    assert len(words.positive) <= 2000


def test_generate_says_what_the_client_said(catalog: Catalog) -> None:
    words = _worded(catalog, GENERATE, "a watercolor of a fox", negative="rain")
    assert words == Wording(style="plain", positive="a watercolor of a fox", negative="rain")
    assert catalog.styles["plain"].positive == ()


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("path", ["/generate/logo", "/logo", "/generate/product", "/product"])
async def test_both_paths_of_each_make_a_large_picture(post: Post, path: str) -> None:
    reply = await post(path, {"prompt": "fox", "model": "instant"})
    assert data_of(reply)["storage"]["stored"] is True


@pytest.mark.usefixtures("worker")
async def test_a_product_stands_whole_in_the_middle_of_a_plain_ground(
    post: Post, v1: httpx.AsyncClient
) -> None:
    body = {
        "prompt": "red leather handbag",
        "model": "sketch",
        "seed": 3,
        "width": 256,
        "height": 256,
    }
    pixels = await _pixels(data_of(await post("/generate/product", body))["image"], v1)
    edge = np.concatenate([pixels[:4].reshape(-1, 3), pixels[:, :4].reshape(-1, 3)])
    assert edge.std(axis=0).max() < 20
    middle = pixels[112:160, 112:144].reshape(-1, 3).mean(axis=0)
    assert middle[0] > 1.5 * middle[1]


@pytest.mark.usefixtures("worker")
async def test_a_logo_on_request_stands_on_transparency(post: Post, v1: httpx.AsyncClient) -> None:
    body = {"prompt": "fox", "model": "sketch", "seed": 3, "width": 256, "height": 256}
    opaque = await _pixels(data_of(await post("/generate/logo", body))["image"], v1)
    data = data_of(await post("/generate/logo", {**body, "transparent": True}))
    cut_out = await _pixels(data["image"], v1)
    assert opaque.shape == (256, 256, 3)
    assert cut_out.shape == (256, 256, 4)
    assert cut_out[:6, :6, 3].max() == 0
    assert cut_out[..., 3].max() == 255
    assert data["ignored"] == []


async def _pixels(link: str, v1: httpx.AsyncClient) -> NDArray[np.uint8]:
    if link.startswith("data:"):
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(link.partition(",")[2]))))
    reply = await v1.get(link)
    return np.asarray(Image.open(io.BytesIO(reply.content)))

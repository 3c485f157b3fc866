"""The prompt tools: richer prompts, prompts from fields, and both count as requests."""

from __future__ import annotations

import httpx
import pytest

from imgen.catalog.load import load_catalog
from imgen.prompts.syntax import format_prompt
from imgen.surfaces.imageapi_v1.translate import read_prompt, shown_prompt
from imgen.wiring.core import Core
from tests.surfaces.imageapi_v1.conftest import Post, data_of


async def test_the_tone_shapes_the_richer_prompt(post: Post) -> None:
    body = {"prompt": "robot reading a book", "tone": "anime, cozy"}
    prompt = data_of(await post("/prompt/enhance", body))["prompt"]
    assert prompt.startswith("robot reading a book, ")
    assert "anime" in prompt
    assert "cozy" in prompt
    assert len(prompt) > len("robot reading a book, anime, cozy")


async def test_without_a_tone_it_is_richer_all_the_same(post: Post) -> None:
    prompt = data_of(await post("/prompt/enhance", {"prompt": "a fox, -hat"}))["prompt"]
    assert prompt.startswith("a fox, ")
    assert prompt.endswith(", -hat")


async def test_fields_become_one_prompt(post: Post) -> None:
    body = {
        "subject": "fox in a scarf",
        "setting": "snowy forest",
        "mood": "cozy",
        "art_style": "watercolor",
    }
    prompt = data_of(await post("/prompt/build", body))["prompt"]
    assert prompt == "fox in a scarf, snowy forest, watercolor painting, cozy mood"


async def test_a_tool_counts_as_a_request_and_not_as_an_image(
    v1: httpx.AsyncClient, post: Post, key: str
) -> None:
    await post("/prompt/enhance", {"prompt": "a fox"})
    await post("/prompt/build", {"subject": "a fox"})
    await post("/prompt/build", {})
    reply = await v1.get("/api/v1/usage", headers={"Authorization": f"Bearer {key}"})
    assert data_of(reply)["usage"]["today"] == {"requestCount": 2, "imageCount": 0}


@pytest.mark.parametrize(
    "text",
    ["write to me@example.com", "seen by @nobody", "@nobody and @noone", r"an escaped \@nobody"],
)
def test_an_at_that_names_no_character_is_text(text: str) -> None:
    catalog = load_catalog(())
    prompt = read_prompt(text, catalog)
    assert prompt.character == ""
    assert shown_prompt(prompt, catalog) == text.replace("\\", "")


def test_a_character_of_the_catalog_works_here_too() -> None:
    catalog = load_catalog(())
    prompt = read_prompt("@Aya reading, seen by @nobody", catalog)
    assert prompt.character == "aya"
    assert shown_prompt(prompt, catalog) == "@aya reading, seen by @nobody"
    assert shown_prompt(read_prompt(r"the sign \@aya", catalog), catalog) == r"the sign \@aya"
    assert format_prompt(read_prompt("@aya", catalog)) == "@aya"


async def test_two_characters_are_refused(core: Core, post: Post) -> None:
    first, second = list(core.catalog.characters)[:2]
    reply = await post("/prompt/enhance", {"prompt": f"@{first} and @{second}"})
    assert reply.status_code == 400

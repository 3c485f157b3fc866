"""The vision captioner against a real HTTP server."""

from __future__ import annotations

import base64
import io
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imgen.errors import Upstream
from imgen.library.caption.captioner import LONGEST
from imgen.library.caption.chat_captioner import LONGER_SIDE, ChatCaptioner
from tests.chat.server import Reply, Waits, chat_server, completion

KEY = "sk-secret-5a6b7c"
WIDE = np.zeros((900, 1800, 4), np.uint8)


async def caption(*replies: Reply, pixels: Any = WIDE, prompt: str = "a fox") -> tuple[str, Any]:
    async with (
        chat_server(*replies) as chat,
        aclosing(ChatCaptioner(chat.url, "eyes", KEY, timeout=5.0, sleep=Waits())) as captioner,
    ):
        return await captioner.caption(pixels, prompt, ("rain",)), chat


async def test_the_picture_is_sent_small_as_a_data_uri_with_its_prompt() -> None:
    text, chat = await caption(completion("A white square."))
    assert text == "A white square."
    line, headers, body = chat.requests[0]
    assert line == "POST /v1/chat/completions HTTP/1.1"
    assert headers["authorization"] == f"Bearer {KEY}"
    words, picture = body["messages"][1]["content"]
    assert words == {"type": "text", "text": "Prompt: a fox"}
    kind, data = picture["image_url"]["url"].split(",")
    assert kind == "data:image/jpeg;base64"
    sent = Image.open(io.BytesIO(base64.b64decode(data)))
    assert sent.size == (LONGER_SIDE, LONGER_SIDE // 2)
    assert sent.convert("RGB").getpixel((5, 5)) == (255, 255, 255)  # transparency is on white


async def test_without_pixels_only_the_prompt_is_sent() -> None:
    _, chat = await caption(completion("A fox."), pixels=None)
    assert len(chat.requests[0][2]["messages"][1]["content"]) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("A fox asleep in snow", "A fox asleep in snow."),
        ('"A fox asleep."', "A fox asleep."),
        ("Caption: A fox\nasleep.", "A fox asleep."),
        ("<think>what is it?</think> A fox asleep.", "A fox asleep."),
        ("A fox\x00 asleep\u2028here.", "A fox asleep here."),
        ("One. " + "word " * 200, "One."),
    ],
)
async def test_an_answer_is_tidied(answer: str, expected: str) -> None:
    assert (await caption(completion(answer)))[0] == expected


async def test_a_long_answer_is_cut_between_words() -> None:
    text, _ = await caption(completion("wonderful " * 100))
    assert len(text) <= LONGEST
    assert text.endswith("wonderful.")


@pytest.mark.parametrize(
    "reply",
    [
        completion("I'm sorry, I can't describe this."),
        completion(""),
        completion("..."),
        completion(None, refusal="no"),
        Reply(status=401),
        Reply(b"x" * 400_000),
    ],
)
async def test_a_refusal_is_an_upstream_failure_at_once(reply: Reply) -> None:
    async with (
        chat_server(reply) as chat,
        aclosing(ChatCaptioner(chat.url, "eyes", KEY, sleep=Waits())) as captioner,
    ):
        with pytest.raises(Upstream) as caught:
            await captioner.caption(WIDE, "", ())
    assert caught.value.code == "captioning_failed"
    assert len(chat.requests) == 1
    assert KEY not in repr(captioner) + str(caught.value)


async def test_a_failure_that_may_pass_is_tried_again() -> None:
    text, chat = await caption(Reply(status=503), completion("A fox."))
    assert (text, len(chat.requests)) == ("A fox.", 2)

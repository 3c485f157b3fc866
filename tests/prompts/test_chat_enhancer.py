"""The chat enhancer against a real HTTP server that speaks the protocol, well and badly."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime

import pytest

from imgen import clock, errors
from imgen.prompts.chat_enhancer import ChatEnhancer
from imgen.prompts.syntax import ParsedPrompt, format_prompt, parse
from tests.chat.server import ChatServer, Reply, Waits, chat_server, completion

KEY = "sk-secret-9f8e7d"
PROMPT = parse("@aya a fox in snow, -red dress, -rain")


@asynccontextmanager
async def talking(
    *replies: Reply, waits: Waits | None = None, **changes: object
) -> AsyncIterator[tuple[ChatEnhancer, ChatServer]]:
    options = {"timeout": 5.0, "sleep": waits or Waits(), **changes}
    async with (
        chat_server(*replies) as chat,
        aclosing(ChatEnhancer(chat.url, "tiny", KEY, **options)) as enhancer,  # type: ignore[arg-type]
    ):
        yield enhancer, chat


async def test_the_models_words_replace_the_users_and_nothing_else() -> None:
    answer = "a red fox leaping through deep snow, low winter sun, crisp breath"
    async with talking(completion(answer)) as (enhancer, chat):
        after = await enhancer.enhance(PROMPT, tone="cosy", seed=2**40)
    assert after == ParsedPrompt("aya", answer, ("red dress", "rain"))
    line, headers, body = chat.requests[0]
    assert line == "POST /v1/chat/completions HTTP/1.1"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body["model"] == "tiny"
    messages = body["messages"]
    assert isinstance(messages, list)
    assert json.loads(messages[-1]["content"]) == {
        "prompt": "a fox in snow",
        "avoid": ["red dress", "rain"],
        "tone": "cosy",
        "character": True,
    }


@pytest.mark.parametrize(
    ("answer", "positive"),
    [
        ('"a fox, soft light"', "a fox, soft light"),
        ("“a fox, soft light”", "a fox, soft light"),
        ("Prompt: a fox, soft light", "a fox, soft light"),
        ("**Enhanced prompt:** a fox, soft light", "a fox, soft light"),
        ('Enhanced Prompt: "a fox, soft light"', "a fox, soft light"),
        ("```\na fox, soft light\n```", "a fox, soft light"),
        ("```text\na fox,\nsoft light\n```\nHope it helps!", "a fox, soft light"),
        ("Here is your improved prompt:\n\na fox, soft light", "a fox, soft light"),
        ("- a fox\n- soft light", "a fox, soft light"),
        ("1. a fox\n2. soft light", "a fox, soft light"),
        ("<think>the user\nwants a fox</think>\na fox, soft light.", "a fox, soft light"),
        ("a fox,\r\n soft\x00 light\ud800", "a fox, soft light"),
        ("@mira a fox, soft light", "a fox, soft light"),
        ("@aya a fox with @noa, soft light, -snow, -cars", "a fox with, soft light"),
        ("a fox, Red Dress, rain, soft light", "a fox, soft light"),
        ("a fox, (warm light, haze:1.2), by \\@home", "a fox, (warm light, haze:1.2), by \\@home"),
        ("sorry-looking fox, soft light", "sorry-looking fox, soft light"),
        ([{"type": "text", "text": "a fox, "}, {"type": "text", "text": "haze"}], "a fox, haze"),
    ],
)
async def test_an_answer_is_cleaned(answer: object, positive: str) -> None:
    async with talking(completion(answer)) as (enhancer, _):
        after = await enhancer.enhance(PROMPT, seed=1)
    assert after == ParsedPrompt("aya", positive, PROMPT.negatives)
    assert parse(format_prompt(after)) == after


async def test_a_long_answer_loses_whole_terms_at_its_end() -> None:
    async with talking(completion(", ".join(f"term {n:04}" for n in range(500)))) as (enhancer, _):
        after = await enhancer.enhance(PROMPT, seed=1)
    assert 1980 < len(format_prompt(after)) <= 2000
    assert after.positive.startswith("term 0000, term 0001, ")


async def test_an_answer_cut_off_for_length_loses_its_last_term() -> None:
    async with talking(completion("a fox, soft light, lon", "length")) as (enhancer, _):
        assert (await enhancer.enhance(PROMPT, seed=1)).positive == "a fox, soft light"


@pytest.mark.parametrize(
    "reply",
    [
        completion("I'm sorry, but I can't help with that."),
        completion("I cannot assist with this request."),
        completion("As an AI language model, I must not"),
        completion(None, refusal="no"),
        completion("a fox", "content_filter"),
        completion(None),
        completion(""),
        completion("..."),
        completion('""'),
        completion("-rain, -snow"),
        completion("word " * 10_000),
        completion("a half ter", "length"),
        Reply(b"x" * 2_000_000),
        Reply(status=400),
        Reply(status=401),
        Reply(status=404),
        Reply(status=302, headers={"Location": "http://127.0.0.1:9/"}),
    ],
)
async def test_an_answer_that_will_not_get_better_fails_at_once(reply: Reply) -> None:
    async with talking(reply) as (enhancer, chat):
        with pytest.raises(errors.Upstream, match=r"^Enhancement failed$") as caught:
            await enhancer.enhance(PROMPT, seed=1)
    assert caught.value.code == "enhancement_failed"
    assert len(chat.requests) == 1


GOOD = completion("a fox, soft light")


@pytest.mark.parametrize(
    "bad",
    [
        Reply(status=429),
        Reply(status=500, body=b"<html>"),
        Reply(status=503),
        Reply(b"not json"),
        Reply(b"[]"),
        Reply(b'{"choices": []}'),
        Reply(b'{"choices": [{"message": null}]}'),
        Reply(b"[" * 100_000),
        Reply(b'{"choices": [{"mess', cut=True),
    ],
)
async def test_a_failure_that_may_pass_is_tried_again(bad: Reply) -> None:
    waits = Waits()
    async with talking(bad, bad, GOOD, waits=waits) as (enhancer, chat):
        assert (await enhancer.enhance(PROMPT, seed=1)).positive == "a fox, soft light"
    assert len(chat.requests) == 3
    assert 0.5 <= waits.seconds[0] <= 1.0 <= waits.seconds[1] <= 2.0


@pytest.mark.parametrize("slow", [Reply(hang=True), Reply(b'{"cho', drip=True)])
async def test_a_slow_server_is_tried_again(slow: Reply) -> None:
    async with talking(slow, GOOD, timeout=0.2) as (enhancer, chat):
        assert (await enhancer.enhance(PROMPT, seed=1)).positive == "a fox, soft light"
    assert len(chat.requests) == 2


async def test_it_gives_up_after_so_many_tries() -> None:
    waits = Waits()
    async with talking(Reply(status=500), waits=waits) as (enhancer, chat):
        with pytest.raises(errors.Upstream, match=r"^Enhancement failed$"):
            await enhancer.enhance(PROMPT, seed=1)
    assert (len(chat.requests), len(waits.seconds)) == (3, 2)


async def test_a_server_that_is_not_there_is_an_upstream_failure() -> None:
    async with aclosing(
        ChatEnhancer("http://127.0.0.1:9/v1", "tiny", KEY, sleep=Waits())
    ) as enhancer:
        with pytest.raises(errors.Upstream, match=r"^Enhancement failed$"):
            await enhancer.enhance(PROMPT, seed=1)


async def test_retry_after_in_seconds_is_honoured() -> None:
    waits = Waits()
    busy = Reply(status=429, headers={"Retry-After": "7"})
    async with talking(busy, GOOD, waits=waits) as (enhancer, _):
        await enhancer.enhance(PROMPT, seed=1)
    assert 7 <= waits.seconds[0] < 7.2


async def test_retry_after_as_a_date_is_honoured() -> None:
    waits = Waits()
    moment = format_datetime(clock.now() + timedelta(seconds=9), usegmt=True)
    busy = Reply(status=503, headers={"Retry-After": moment})
    async with talking(busy, GOOD, waits=waits) as (enhancer, _):
        await enhancer.enhance(PROMPT, seed=1)
    assert 1 < waits.seconds[0] <= 9.2


async def test_a_server_that_wants_a_long_pause_is_not_waited_for() -> None:
    waits = Waits()
    busy = Reply(status=429, headers={"Retry-After": "3600"})
    async with talking(busy, GOOD, waits=waits) as (enhancer, chat):
        with pytest.raises(errors.Upstream) as caught:
            await enhancer.enhance(PROMPT, seed=1)
    assert caught.value.retry_after == 3600
    assert (len(chat.requests), waits.seconds) == (1, [])


@pytest.mark.parametrize("value", ["soon", "-5", "²", "", "9" * 500])
async def test_nonsense_in_retry_after_does_no_harm(value: str) -> None:
    busy = Reply(status=429, headers={"Retry-After": value.encode().decode("latin-1")})
    async with talking(busy, GOOD, longest_wait=100_000) as (enhancer, chat):
        assert (await enhancer.enhance(PROMPT, seed=1)).positive == "a fox, soft light"
    assert len(chat.requests) == 2


@pytest.mark.parametrize(
    "bad",
    [
        Reply(status=401),
        Reply(status=500),
        Reply(hang=True),
        Reply(b"x"),
        Reply(b"{", cut=True),
        completion("Sorry, no"),
    ],
)
async def test_the_key_is_nowhere_to_be_seen(
    bad: Reply, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    async with talking(bad, timeout=0.2) as (enhancer, _):
        with pytest.raises(errors.Upstream) as caught:
            await enhancer.enhance(PROMPT, seed=1)
        shown = repr(enhancer) + str(enhancer)
    printed = capsys.readouterr()
    error: BaseException | None = caught.value
    while error is not None:
        shown += repr(error) + str(error.args)
        error = error.__cause__
    assert "enhancement failed" in caplog.text + printed.out + printed.err
    assert KEY not in caplog.text + printed.out + printed.err + shown


async def test_no_key_means_no_header() -> None:
    async with talking(GOOD) as (_, chat), aclosing(ChatEnhancer(chat.url, "tiny")) as enhancer:
        await enhancer.enhance(PROMPT, seed=1)
    assert "authorization" not in chat.requests[0][1]


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        ChatEnhancer("http://localhost/v1", "tiny", key)
    assert key not in caught.value.message


@pytest.mark.parametrize("url", ["", "localhost/v1", "ftp://host/v1", "http://", "http://a b:x/"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(errors.Invalid, match="must look like"):
        ChatEnhancer(url, "tiny")

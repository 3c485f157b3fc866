"""The client of an external reviewer, against a real HTTP server, which answers well and badly."""

from __future__ import annotations

import base64
import io
import json
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imgen.compliance.detectors.acs import AcsDetector, _signals
from imgen.compliance.signal import SIGNALS
from imgen.compliance.subject import Subject
from imgen.errors import Invalid, Upstream
from tests.chat.server import ChatServer, Reply, chat_server

TOKEN = "imgen-secret-7f6e"
PICTURE = np.full((300, 400, 4), 128, np.uint8)


def verdict(said: object = "safe", **fields: object) -> Reply:
    return Reply(json.dumps({"verdict": said, **fields}).encode())


async def ask(reply: Reply, **fields: Any) -> tuple[dict[str, float], ChatServer]:
    async with (
        chat_server(reply) as server,
        aclosing(AcsDetector(server.url, TOKEN, timeout=5.0)) as detector,
    ):
        seen = await detector.detect(Subject("generated", PICTURE, **fields))
    assert {one.detector for one in seen} <= {"acs"}
    assert {one.name for one in seen} <= set(SIGNALS)
    return {one.name: one.score for one in seen}, server


async def test_picture_and_context_are_sent_with_the_token() -> None:
    _, server = await ask(
        verdict(),
        prompt="a fox",
        negative="rain",
        precompliance="p" * 3000,
        ruleset="strict",
        job_id="run_x",
    )
    _, headers, body = server.requests[0]
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["content-type"] == "application/json"
    picture = Image.open(io.BytesIO(base64.b64decode(str(body.pop("image")))))
    assert (picture.format, picture.size) == ("JPEG", (400, 300))
    assert body == {
        "kind": "generated",
        "prompt": "a fox",
        "negative": "rain",
        "precompliance": "p" * 2000,
        "ruleset": "strict",
        "reference": "run_x",
    }


async def test_its_ruleset_can_be_fixed() -> None:
    async with (
        chat_server(verdict()) as server,
        aclosing(AcsDetector(server.url, ruleset="ours")) as one,
    ):
        await one.detect(Subject("generated", PICTURE, ruleset="strict"))
    assert server.requests[0][2]["ruleset"] == "ours"
    assert "authorization" not in server.requests[0][1]


async def test_its_verdict_and_its_signals_become_ours() -> None:
    rows = [
        {"name": "image.exposed_buttocks", "score": 0.7, "detector": "nudity", "detail": ""},
        {"name": "mood.gloomy", "score": 1, "detector": "of another version"},
    ]
    seen, _ = await ask(verdict("unsafe", signals=rows, filter_categories=["n1"]))
    assert seen == {"image.exposed_buttocks": 0.7, "acs.unsafe": 1.0}


async def test_its_words_are_kept_short_and_printable() -> None:
    row = {"name": "hash.listed", "score": 1, "detail": "a\x00b\x1b[31m\ud800" + "c" * 900}
    (seen, blocked) = _signals(
        json.dumps({"verdict": "unsafe", "signals": [row], "filter_categories": ["\0"]}).encode()
    )
    assert seen.detail.startswith("a b [31m c")
    assert len(seen.detail) <= 200
    assert blocked.detail.isprintable()


async def test_what_its_floor_blocked_ours_blocks_too() -> None:
    seen, _ = await ask(verdict("unsafe", floor=True))
    assert seen == {"acs.unsafe": 1.0, "acs.floor": 1.0}


@pytest.mark.parametrize("said", ["safe", "flagged"])
async def test_a_pass_is_no_signal(said: str) -> None:
    assert (await ask(verdict(said)))[0] == {}


FAULTS = {
    "no verdict": Reply(b"{}"),
    "another verdict": verdict("maybe"),
    "a verdict of another type": verdict(["safe"]),
    "not JSON": Reply(b"<html>safe</html>"),
    "a list": Reply(b'["safe"]'),
    "score out of range": verdict(signals=[{"name": "hash.listed", "score": 2}]),
    "score not a number": verdict(signals=[{"name": "hash.listed", "score": "high"}]),
    "nameless signal": verdict(signals=[{"score": 1}]),
    "signals of another type": verdict(signals="none"),
    "a safe floor": verdict("safe", floor=True),
    "error": Reply(status=500),
    "unauthorised": Reply(b'{"verdict": "safe"}', status=401),
    "too many": Reply(b'{"verdict": "safe"}', status=429),
    "created": Reply(b'{"verdict": "safe"}', status=201),
    "cut off": Reply(b'{"verdict": "safe"}', cut=True),
    "huge": Reply(b'{"verdict": "safe", "x": "' + b"x" * 300_000 + b'"}'),
}


@pytest.mark.parametrize("reply", FAULTS.values(), ids=FAULTS)
async def test_faults_and_garbage_are_failures_and_never_a_clean_bill(reply: Reply) -> None:
    with pytest.raises(Upstream) as caught:
        await ask(reply)
    assert TOKEN not in str(caught.value)


async def test_a_redirect_is_not_followed() -> None:
    async with chat_server(verdict()) as elsewhere:
        moved = Reply(status=307, headers={"Location": elsewhere.url})
        with pytest.raises(Upstream, match="answered 307"):
            await ask(moved)
    assert elsewhere.requests == []


@pytest.mark.parametrize("reply", [Reply(hang=True), Reply(drip=True)], ids=["silent", "slow"])
async def test_a_reviewer_that_takes_for_ever_is_given_up(reply: Reply) -> None:
    async with (
        chat_server(reply) as server,
        aclosing(AcsDetector(server.url, timeout=0.15)) as detector,
    ):
        with pytest.raises(Upstream, match="in time"):
            await detector.detect(Subject("generated", PICTURE))


async def test_a_reviewer_that_is_not_there_is_a_failure() -> None:
    async with chat_server(verdict()) as server:
        url = server.url
    async with aclosing(AcsDetector(url)) as detector:
        with pytest.raises(Upstream, match="ConnectError"):
            await detector.detect(Subject("generated", PICTURE))


@pytest.mark.parametrize(
    ("url", "token"),
    [("", ""), ("ftp://host/acs", ""), ("not a url", ""), ("https://host/x", "line\nbreak")],
)
def test_a_url_or_token_that_cannot_work_is_refused_at_once(url: str, token: str) -> None:
    with pytest.raises(Invalid):
        AcsDetector(url, token)


@given(st.one_of(st.binary(), st.text(alphabet='{}[]":,verdictsafe0 ').map(str.encode)))
def test_no_answer_breaks_the_reading(content: bytes) -> None:
    with pytest.raises(Upstream):
        _signals(content)

"""`POST /acs/review` on a real socket, asked by hand and by our own client."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import numpy as np
import pytest
from PIL import Image

from imgen.accounts.administer import Administer
from imgen.accounts.authenticate import Authenticate
from imgen.compliance.audit import store
from imgen.compliance.detectors.acs import AcsDetector
from imgen.compliance.review import Review
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.database.pool import Database
from imgen.errors import Upstream
from imgen.http.acs import PATH, acs_route
from imgen.http.gate import Gate
from imgen.http.root import make_app
from tests.compliance.reviewing import Seeing, review_with, seeing
from tests.serving import serving

BARE = "image.exposed_female_genitalia"
PICTURE = np.full((60, 80, 3), 90, np.uint8)


def file(kind: str = "PNG") -> str:
    buffer = io.BytesIO()
    Image.fromarray(PICTURE).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.fixture
async def token(database: Database) -> str:
    return await Administer(database).create_key("asker")


@contextlib.asynccontextmanager
async def reviewing(database: Database, review: Review) -> AsyncIterator[str]:
    """A real server; yields the URL."""
    gate = Gate(authenticate=Authenticate(database), database=database)
    app = make_app([], [acs_route(gate, review)], max_header_bytes=32_768)
    async with serving(app) as port:
        yield f"http://127.0.0.1:{port}{PATH}"


async def post(url: str, token: str, **body: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient() as client:
        return await client.post(url, json=body, headers=headers)


@pytest.mark.parametrize("image", [file(), file("JPEG"), f"data:image/png;base64,{file()}"])
async def test_a_safe_picture(database: Database, token: str, image: str) -> None:
    detector = seeing("image.face_female", 0.81)
    async with reviewing(database, review_with(database, detector)) as url:
        reply = await post(url, token, image=image, prompt="a portrait")
    assert reply.status_code == 200
    answer = reply.json()
    assert answer.pop("ruleset_version") >= 1
    assert answer == {
        "verdict": "safe",
        "reason": "",
        "filter_categories": [],
        "compliance_codes": [],
        "floor": False,
        "ruleset": "default",
        "detectors": ["nudity 9"],
        "findings": [],
        "signals": [
            {"name": "image.face_female", "score": 0.81, "detector": "nudity", "detail": ""}
        ],
    }
    subject = detector.subjects[0]
    assert (subject.prompt, subject.kind) == ("a portrait", "generated")
    assert subject.image is not None
    assert subject.image.shape == PICTURE.shape


async def test_an_unsafe_picture_says_by_which_rules(database: Database, token: str) -> None:
    async with reviewing(database, review_with(database, seeing(BARE, 0.9))) as url:
        answer = (await post(url, token, image=file(), ruleset="strict")).json()
    assert (answer["verdict"], answer["ruleset"]) == ("unsafe", "strict")
    assert answer["reason"].startswith("Content blocked")
    blocking = [one["rule"] for one in answer["findings"] if one["action"] == "block"]
    assert answer["filter_categories"] == blocking != []


async def test_the_reviewers_log_names_the_asker_and_its_reference(
    database: Database, token: str
) -> None:
    async with reviewing(database, review_with(database, Seeing())) as url:
        await post(url, token, image=file(), reference="run_theirs", kind="edited")
    async with database.connection() as connection:
        (entry,) = await store.entries(connection, limit=5)
    (account,) = await Administer(database).list_accounts()
    assert (entry.job_id, entry.kind) == ("acs/run_theirs", "edited")
    assert entry.account_id == account.id


async def test_of_a_known_picture_no_distance_is_told(database: Database, token: str) -> None:
    known = Signal("hash.known_bad", 0.91, "hashes", "list victims, distance 23")
    detector = Seeing("hashes", signals=(known,))
    async with reviewing(database, review_with(database, detector)) as url:
        reply = await post(url, token, image=file())
    assert (reply.json()["verdict"], reply.json()["floor"]) == ("unsafe", True)
    assert reply.json()["signals"][0]["score"] == 1.0
    assert "victims" not in reply.text


async def test_our_client_hears_what_our_server_says(database: Database, token: str) -> None:
    async with (
        reviewing(database, review_with(database, seeing(BARE, 0.9))) as url,
        aclosing(AcsDetector(url, token)) as client,
    ):
        seen = await client.detect(Subject("generated", PICTURE, ruleset="default"))
    assert {one.name: one.score for one in seen} == {BARE: 0.9, "acs.unsafe": 1.0}


async def test_two_that_name_each_other_do_not_ask_for_ever(database: Database, token: str) -> None:
    asked = Seeing("acs")
    async with reviewing(database, review_with(database, asked, Seeing())) as url:
        answer = (await post(url, token, image=file())).json()
    assert (answer["detectors"], asked.subjects) == (["nudity 9"], [])


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "image"),
        ({"image": ""}, "image"),
        ({"image": "%%%"}, "base64"),
        ({"image": base64.b64encode(b"no picture").decode()}, "picture"),
        ({"image": 7}, "image"),
        ({"image": file(), "kind": "stolen"}, "kind"),
        ({"image": file(), "ruleset": "nowhere"}, "Unknown compliance ruleset"),
    ],
)
async def test_a_bad_request_is_told_what_is_wrong(
    database: Database, token: str, body: dict[str, object], word: str
) -> None:
    async with reviewing(database, review_with(database, Seeing())) as url:
        reply = await post(url, token, **body)
    assert reply.status_code == 400
    assert word in reply.json()["error"]


@pytest.mark.parametrize("key", ["", "imgen_nonsense"])
async def test_without_a_good_key_nothing_is_looked_at(database: Database, key: str) -> None:
    detector = Seeing()
    async with reviewing(database, review_with(database, detector)) as url:
        reply = await post(url, key, image=file())
    assert (reply.status_code, detector.subjects) == (401, [])


async def test_a_key_for_some_surfaces_is_none_for_reviews(database: Database) -> None:
    key = await Administer(database).create_key("asker", scopes=["cache-api"])
    detector = Seeing()
    async with reviewing(database, review_with(database, detector)) as url:
        reply = await post(url, key, image=file())
    assert (reply.status_code, detector.subjects) == (403, [])
    assert "cache-api" in reply.json()["error"]


async def test_only_some_pictures_are_open_at_once(database: Database, token: str) -> None:
    class Crowded(Seeing):
        inside = most = 0

        async def aclose(self) -> None:
            """Holds nothing."""

        async def detect(self, subject: Subject) -> tuple[Signal, ...]:
            self.inside += 1
            self.most = max(self.most, self.inside)
            await asyncio.sleep(0.05)
            self.inside -= 1
            return ()

    detector = Crowded()
    async with reviewing(database, review_with(database, detector)) as url:
        replies = await asyncio.gather(*(post(url, token, image=file()) for _ in range(12)))
    assert [one.status_code for one in replies] == [200] * 12
    assert 1 <= detector.most <= 4


async def test_a_body_over_the_limit_is_not_read(database: Database, token: str) -> None:
    async with reviewing(database, review_with(database, Seeing())) as url:
        reply = await post(url, token, image="A" * 17 * 1024 * 1024)
    assert reply.status_code == 413


async def test_a_review_that_fails_there_fails_here(database: Database, token: str) -> None:
    failing = Seeing(failures=[Upstream("down"), Upstream("down")])
    async with (
        reviewing(database, review_with(database, failing)) as url,
        aclosing(AcsDetector(url, token)) as client,
    ):
        with pytest.raises(Upstream, match="503"):
            await client.detect(Subject("generated", PICTURE))

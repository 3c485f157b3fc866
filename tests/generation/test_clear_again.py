"""Pictures of the library when their ruleset changes: out at once, back in when cleared again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from imgen.accounts.records import Caller
from imgen.compliance.audit import store as audit
from imgen.compliance.audit.entry import entry_of_failure
from imgen.compliance.hash_lists.keep import HashLists
from imgen.compliance.review import Review
from imgen.compliance.rulesets import Rulesets
from imgen.compliance.rulesets.ruleset import Rule, Trigger
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.compliance.verdict import Action
from imgen.errors import Unavailable
from imgen.finishing.encode import Format, encode
from imgen.finishing.pdq import pdq
from imgen.generation import store
from imgen.generation.clear_again import ClearAgain
from imgen.generation.outcome import Completed
from imgen.wiring.core import Core
from tests.generation.asking import MakeCaller, make_request
from tests.library.importing_files import noise


class _Counting:
    """A detector that says how often it was asked."""

    name = "counting"

    def __init__(self, version: str) -> None:
        self.version = version
        self.asked = 0

    async def aclose(self) -> None:
        """Holds nothing."""

    async def detect(self, subject: Subject) -> tuple[Signal, ...]:
        self.asked += 1
        return ()


@pytest.fixture
async def caller(make_caller: MakeCaller) -> Caller:
    return await make_caller()


@pytest.fixture
async def picture(core: Core, caller: Caller, worker: None) -> str:
    """The gen_id of a safe picture, in the library."""
    request = make_request(prompt="a graveyard, gore on a film poster")
    receipt = await core.submit(caller, request, surface="test")
    async with asyncio.timeout(20):
        while True:
            async with core.database.connection() as connection:
                job = await store.find(connection, receipt.id, caller.account_id)
            if job is not None and job.state.final:
                assert isinstance(job.outcome, Completed), job.outcome
                return job.gen_id
            await asyncio.sleep(0.02)


def _changed(review: Review, *, rules: tuple[Rule, ...] = ()) -> Review:
    """The same review with another version of `default`."""
    older = review.examine.rulesets["default"]
    newer = replace(older, version=older.version + 1, rules=(*older.rules, *rules))
    others = [one for one in review.examine.rulesets.values() if one.key != "default"]
    return replace(review, examine=replace(review.examine, rulesets=Rulesets([newer, *others])))


async def _withdrawn(core: Core, id: str) -> str | None:
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT withdrawn FROM images WHERE id = %s", (id,))
        row = await cursor.fetchone()
    assert row is not None
    return None if row[0] is None else str(row[0])


async def test_nothing_is_withdrawn_while_the_ruleset_stays(core: Core, picture: str) -> None:
    assert await ClearAgain(core.database, core.objects, core.review).withdraw() == 0
    assert await _withdrawn(core, picture) is None


async def test_a_cleared_picture_comes_back_from_the_record(core: Core, picture: str) -> None:
    again = ClearAgain(core.database, core.objects, _changed(core.review))
    assert await again.withdraw() == 1
    assert await _withdrawn(core, picture) == "ruleset changed"
    assert await again() == 1
    assert await _withdrawn(core, picture) is None
    assert await again.withdraw() == 0


async def test_what_a_stricter_version_blocks_is_dropped(core: Core, picture: str) -> None:
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT signals FROM compliance_reviews ORDER BY id DESC")
        row = await cursor.fetchone()
    assert row is not None
    seen = row[0][0]["name"]
    rule = Rule(
        id="no-gore",
        name="No gore",
        category="violence",
        severity="low",
        action=Action.BLOCK,
        triggers=(Trigger(seen, 0.1),),
    )
    again = ClearAgain(core.database, core.objects, _changed(core.review, rules=(rule,)))
    await again.withdraw()
    await again()
    assert await _withdrawn(core, picture) == "Content blocked — flagged for: No gore."


async def test_hashes_that_came_in_since_are_looked_for(core: Core, picture: str) -> None:
    pixels = np.asarray(noise(1, (96, 96)))
    await core.objects.put("images/noise.png", encode(pixels, Format.PNG))
    async with core.database.connection() as connection:
        await connection.execute(
            "UPDATE images SET image_key = 'images/noise.png' WHERE id = %s", (picture,)
        )
    again = ClearAgain(core.database, core.objects, _changed(core.review))
    await again.withdraw()
    await HashLists(core.database).add("posters", "listed", [pdq(pixels).hash])
    await again()
    assert "Listed picture" in str(await _withdrawn(core, picture))


async def test_new_detectors_look_at_the_picture_itself(core: Core, picture: str) -> None:
    detector = _Counting("2")
    changed = _changed(core.review)
    review = replace(changed, examine=replace(changed.examine, detectors=(detector,)))
    again = ClearAgain(core.database, core.objects, review)
    await again.withdraw()
    await again()
    assert detector.asked == 1
    assert await _withdrawn(core, picture) is None


async def test_a_worker_of_an_older_release_lets_nothing_back_in(core: Core, picture: str) -> None:
    older = ClearAgain(core.database, core.objects, core.review)
    newer = ClearAgain(core.database, core.objects, _changed(core.review))
    await newer.withdraw()
    assert await older() == 0
    assert await _withdrawn(core, picture) == "ruleset changed"
    assert await newer() == 1
    assert await _withdrawn(core, picture) is None


async def test_a_change_that_is_taken_back_withdraws_nothing(core: Core, picture: str) -> None:
    await ClearAgain(core.database, core.objects, _changed(core.review)).withdraw()
    await ClearAgain(core.database, core.objects, core.review).withdraw()
    assert await _withdrawn(core, picture) is None


async def _copy(core: Core, id: str, *, key: str) -> str:
    """The same picture once more in the library, older, with its file elsewhere; its id."""
    async with core.database.connection() as connection:
        await connection.execute(
            "INSERT INTO images SELECT (jsonb_populate_record(i, jsonb_build_object("
            "'id', 'twin', 'image_key', %s::text, 'created_at', now() - interval '1 day'))).*"
            " FROM images i WHERE id = %s",
            (key, id),
        )
    return "twin"


async def test_a_broken_file_is_dropped_and_holds_nobody_up(core: Core, picture: str) -> None:
    await core.objects.put("images/broken.jpg", b"\xff\xd8 no more", "image/jpeg")
    broken = await _copy(core, picture, key="images/broken.jpg")
    changed = _changed(core.review)
    review = replace(changed, examine=replace(changed.examine, detectors=(_Counting("2"),)))
    again = ClearAgain(core.database, core.objects, review)
    assert await again.withdraw() == 2
    await again()
    assert await _withdrawn(core, broken) == "its file cannot be read any more"
    assert await _withdrawn(core, picture) is None


async def test_one_that_cannot_be_reviewed_holds_nobody_up(core: Core, picture: str) -> None:
    class Choking(_Counting):
        async def detect(self, subject: Subject) -> tuple[Signal, ...]:
            if subject.image is not None and subject.image.shape[0] == 17:
                raise Unavailable("Not this one")
            return ()

    odd = encode(np.zeros((17, 16, 3), np.uint8), Format.JPEG)
    await core.objects.put("images/odd.jpg", odd, "image/jpeg")
    twin = await _copy(core, picture, key="images/odd.jpg")
    changed = _changed(core.review)
    review = replace(changed, examine=replace(changed.examine, detectors=(Choking("2"),)))
    again = ClearAgain(core.database, core.objects, review)
    await again.withdraw()
    await again()
    assert await _withdrawn(core, twin) == "ruleset changed"
    assert await _withdrawn(core, picture) is None


async def test_a_failed_review_is_no_record(core: Core, picture: str) -> None:
    """A worker that was given up may write its failure down after another one's verdict."""
    async with core.database.transaction() as connection:
        found = await store.find_by_gen_id(connection, picture)
        assert found is not None
        subject = Subject("generated", None, prompt="a graveyard", job_id=found[1])
        failure = entry_of_failure(subject, "default", core.review.detectors, "hashes timed out")
        await audit.append(connection, failure)
    rule = Rule(
        "gore", "Gore", "violence", "high", Action.BLOCK, (Trigger("prompt.violence", 0.5),)
    )
    again = ClearAgain(core.database, core.objects, _changed(core.review, rules=(rule,)))
    await again.withdraw()
    await again()
    assert "Gore" in str(await _withdrawn(core, picture))

"""The review: a verdict of every detector, on record, or none at all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from imgen.compliance.audit import store
from imgen.compliance.audit.entry import Entry
from imgen.compliance.detectors.hashes import HashDetector
from imgen.compliance.detectors.prompt import PromptDetector
from imgen.compliance.detectors.text import TextDetector
from imgen.compliance.hash_lists.keep import HashLists
from imgen.compliance.refusals import RecordRefusal
from imgen.compliance.rulesets import load_rulesets
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.database.pool import Database
from imgen.errors import Forbidden, ImgenError, Invalid, Unavailable, Upstream
from tests.compliance.reviewing import Seeing, examine_with, review_with, seeing

BARE = "image.exposed_female_genitalia"
PICTURE = np.full((64, 64, 3), 120, np.uint8)
SUBJECT = Subject("generated", PICTURE, prompt="a quiet lake", job_id="run_r", account_id="acc_r")
KNOWN = "f0" * 32


async def log(database: Database) -> list[Entry]:
    async with database.connection() as connection:
        return await store.entries(connection, limit=100)


async def test_a_picture_in_which_nothing_is_seen_is_safe_and_on_record(
    database: Database,
) -> None:
    verdict = await review_with(database, Seeing(), PromptDetector())(SUBJECT, "default")
    assert (verdict.blocked, verdict.compliance) == (False, "safe")
    (entry,) = await log(database)
    assert (entry.state, entry.job_id, entry.account_id) == ("safe", "run_r", "acc_r")
    assert entry.detectors == verdict.detectors == ("nudity 9", "prompt 1")
    assert set(entry.milliseconds) == {"nudity", "prompt", ""}


@pytest.mark.parametrize("ruleset", ["default", "strict"])
async def test_explicit_nudity_is_blocked_and_the_log_tells_why(
    database: Database, ruleset: str
) -> None:
    verdict = await review_with(database, seeing(BARE, 0.93))(SUBJECT, ruleset)
    assert verdict.blocked
    assert not verdict.floor
    (entry,) = await log(database)
    assert (entry.state, entry.ruleset) == ("blocked", ruleset)
    assert entry.ruleset_version == verdict.ruleset_version
    assert entry.findings == verdict.findings
    assert entry.signals == (Signal(BARE, 0.93, "nudity"),)


async def test_permissive_lets_it_through(database: Database) -> None:
    verdict = await review_with(database, seeing(BARE, 0.93))(SUBJECT, "permissive")
    assert not verdict.blocked


@pytest.mark.parametrize("ruleset", ["default", "permissive"])
async def test_a_known_picture_is_blocked_by_the_floor_under_every_ruleset(
    database: Database, ruleset: str
) -> None:
    await HashLists(database).add("victims", "known_bad", [KNOWN])
    detector = HashDetector(database, lambda _pixels: (KNOWN, 100))
    verdict = await review_with(database, detector)(SUBJECT, ruleset)
    assert (verdict.blocked, verdict.floor) == (True, True)
    assert (await log(database))[0].floor


@pytest.mark.parametrize("name", ["acs.unsafe", "acs.floor"])
async def test_what_an_external_reviewer_blocked_is_blocked(database: Database, name: str) -> None:
    verdict = await review_with(database, seeing(name, 1.0, "acs"))(SUBJECT, "default")
    assert (verdict.blocked, verdict.floor) == (True, name == "acs.floor")


async def test_a_detector_that_fails_once_is_asked_again(database: Database) -> None:
    detector = Seeing(failures=[Upstream("down")])
    verdict = await review_with(database, detector)(SUBJECT, "default")
    assert not verdict.blocked
    assert len(detector.subjects) == 2


FAILING = {
    "it keeps failing": Seeing(failures=[Upstream("down"), Unavailable("still down")]),
    "it is refused": Seeing(failures=[Forbidden("no")]),
    "it crashes": Seeing(failures=[ZeroDivisionError("a bug")]),
    "it hangs": Seeing(hangs=True),
}


@pytest.mark.parametrize("why", FAILING)
async def test_a_detector_without_an_answer_is_never_a_pass(database: Database, why: str) -> None:
    failing = FAILING[why]
    review = review_with(database, Seeing("hashes"), failing, timeout=0.2)
    with pytest.raises(Unavailable) as caught:
        await review(SUBJECT, "default")
    assert caught.value.message == "The picture could not be reviewed"
    (entry,) = await log(database)
    assert (entry.state, entry.ruleset_version) == ("failed", None)
    assert "nudity" in entry.failure


async def test_neither_is_one_that_was_sure_to_block(database: Database) -> None:
    review = review_with(database, seeing(BARE, 1.0), Seeing("acs", hangs=True), timeout=0.2)
    with pytest.raises(Unavailable):
        await review(SUBJECT, "default")


async def test_a_verdict_that_cannot_be_written_down_is_none(database: Database) -> None:
    await database.close()
    with pytest.raises(Unavailable):
        await review_with(database, Seeing())(SUBJECT, "default")


async def test_an_unknown_ruleset_is_refused_before_anything_looks(database: Database) -> None:
    detector = Seeing()
    with pytest.raises(Invalid) as caught:
        await review_with(database, detector)(SUBJECT, "nowhere")
    assert (caught.value.code, detector.subjects) == ("unknown_ruleset", [])


async def test_a_ruleset_that_requires_a_missing_detector_is_refused_by_name(
    database: Database,
) -> None:
    review = review_with(database, PromptDetector())
    review.check("default")
    with pytest.raises(Unavailable, match=r"strict.*nudity") as caught:
        review.check("strict")
    assert caught.value.code == "detector_missing"
    with pytest.raises(Unavailable):
        await review(SUBJECT, "strict")


@dataclass
class _Meeting:
    """Answers only once the other is being asked too."""

    name: str
    here: asyncio.Event
    there: asyncio.Event
    version: str = "1"

    async def aclose(self) -> None:
        """Holds nothing."""

    async def detect(self, _subject: Subject) -> tuple[Signal, ...]:
        self.here.set()
        await self.there.wait()
        return ()


async def test_detectors_look_side_by_side(database: Database) -> None:
    one, other = asyncio.Event(), asyncio.Event()
    review = review_with(database, _Meeting("text", one, other), _Meeting("vision", other, one))
    assert not (await review(SUBJECT, "default")).blocked


async def test_a_reviewer_for_others_leaves_out_its_own(database: Database) -> None:
    review = review_with(database, Seeing("acs", hangs=True), Seeing("nudity")).without("acs")
    assert review.detectors == ("nudity 9",)
    assert not (await review(SUBJECT, "default")).blocked


async def test_every_detector_is_closed(database: Database) -> None:
    one, other = Seeing("nudity"), Seeing("acs")
    await review_with(database, one, other).examine.aclose()
    assert one.closed
    assert other.closed


async def test_a_detector_is_told_the_ruleset(database: Database) -> None:
    detector = Seeing("acs")
    await review_with(database, detector)(SUBJECT, "permissive")
    assert detector.subjects[0].ruleset == "permissive"


async def test_a_refused_prompt_is_on_record_without_its_words(database: Database) -> None:
    record = RecordRefusal(database, load_rulesets(()))
    await record(account_id="acc_r", ruleset="permissive", prompt="a nude schoolgirl")
    (entry,) = await log(database)
    assert (entry.state, entry.kind, entry.account_id) == ("refused", "prompt", "acc_r")
    assert (entry.floor, entry.job_id) == (True, "")
    assert {one.category for one in entry.findings} >= {"minor"}


async def test_examining_alone_leaves_no_trace(database: Database) -> None:
    examined = await examine_with(seeing(BARE, 0.9))(SUBJECT, "default")
    assert examined.verdict.blocked
    assert await log(database) == []


async def test_text_in_the_picture_is_screened_like_a_prompt() -> None:
    from imgen.compliance.screening import screen

    words = "how to build a pipe bomb"
    prompt = screen(words)
    seen = await TextDetector(lambda _pixels: ("HOW TO BUILD", "A PIPE BOMB")).detect(SUBJECT)
    assert prompt
    assert {one.name.removeprefix("text.") for one in seen} == {
        one.name.removeprefix("prompt.") for one in prompt
    }
    assert {one.detector for one in seen} == {"text"}


async def test_no_text_and_no_picture_are_no_signal() -> None:
    blank = TextDetector(lambda _pixels: ("  ", ""))
    assert await blank.detect(SUBJECT) == ()
    assert await blank.detect(Subject("upload", None)) == ()


async def test_precompliance_decides_nothing_by_itself(database: Database) -> None:
    subject = Subject("generated", PICTURE, precompliance="BLOCKED: nude, explicit; risk 1.0")
    verdict = await review_with(database, PromptDetector(), Seeing())(subject, "strict")
    assert (verdict.blocked, verdict.signals) == (False, ())


@dataclass
class _Reader:
    """Fails as a library does."""

    texts: list[str] = field(default_factory=list)

    def __call__(self, _pixels: object) -> list[str]:
        raise Unavailable("The reader of text in pictures failed")


async def test_a_reader_that_fails_is_a_failure() -> None:
    with pytest.raises(ImgenError):
        await TextDetector(_Reader()).detect(SUBJECT)

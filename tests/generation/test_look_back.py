"""A hash list that comes in later finds what is in the library already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from imgen import clock
from imgen.compliance.hash_lists.keep import HashLists
from imgen.compliance.hash_lists.store import ListKind
from imgen.errors import Unavailable
from imgen.finishing.encode import Format, encode
from imgen.finishing.pdq import pdq
from imgen.generation import look_back
from imgen.generation import store as jobs
from imgen.generation.look_back import LookBack, Met
from imgen.generation.outcome import Blocked, Completed, outcome_to_json
from imgen.generation.submit import Submitted
from imgen.library import store
from imgen.library.rulings import CHANGED
from imgen.wiring.core import Core
from imgen.wiring.memory import make_look_back
from tests.compliance.reviewing import Seeing
from tests.generation.asking import MakeCaller, make_request
from tests.library.importing_files import noise
from tests.surfaces.test_cache_api import make_image


async def keep(core: Core, id: str, seed: int, **changes: Any) -> str:
    """A picture in the library; its hash."""
    pixels = np.asarray(noise(seed, (96, 96)))
    looks = pdq(pixels)
    key = f"images/{id}.png"
    await core.objects.put(key, encode(pixels, Format.PNG))
    image = make_image(
        **{
            **{"id": id, "image_key": key, "pdq": looks.hash, "pdq_quality": looks.quality},
            **{"ruleset": "default", **changes},
        },
    )
    async with core.database.transaction() as connection:
        await store.add(connection, [image])
    return looks.hash


async def look(core: Core, kind: ListKind, hashes: Sequence[str], run: LookBack) -> list[Met]:
    await HashLists(core.database).add("late", kind, hashes)
    told: list[int] = []
    met = await run(hashes, expect=told.append, step=told.append)
    assert told[0] == sum(told[1:])
    return sorted(met, key=lambda one: one.id)


async def served(core: Core) -> dict[str, str | None]:
    async with core.database.connection() as connection:
        rows = await connection.execute("SELECT id, withdrawn FROM images ORDER BY id")
        return {row[0]: row[1] for row in await rows.fetchall()}


async def recorded(core: Core) -> int:
    async with core.database.connection() as connection:
        rows = await connection.execute(
            "SELECT count(*) FROM compliance_reviews WHERE state = 'blocked' AND job_id = ''"
        )
        return int((await rows.fetchone() or (0,))[0])


@pytest.mark.parametrize("ruleset", ["default", "permissive", "", "gone"])
async def test_a_known_bad_picture_is_withdrawn_whatever_cleared_it(
    core: Core, ruleset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_back, "_AT_ONCE", 2)
    bad = await keep(core, "a", 1, ruleset=ruleset)
    for seed, id in enumerate("bcde", 2):
        await keep(core, id, seed)
    before = await recorded(core)
    near = f"{int(bad, 16) ^ 0b10110:064x}"
    (met,) = await look(core, "known_bad", [near], make_look_back(core))
    assert (met.id, met.unjudged) == ("a", "")
    assert "Known illegal picture" in met.dropped
    assert await served(core) == {"a": met.dropped, **dict.fromkeys("bcde")}
    assert await recorded(core) == before + 1
    assert await make_look_back(core)([near], expect=print, step=print) == []


@pytest.mark.parametrize(("kind", "state"), [("known_bad", "blocked"), ("listed", "completed")])
async def test_no_job_hands_out_what_the_floor_forbids(
    core: Core, make_caller: MakeCaller, kind: ListKind, state: str
) -> None:
    made = Completed(positive="a lake", negative="", fingerprint="", engine="instant")
    hashes = [await keep(core, "a", 1, source="generated"), await keep(core, "b", 2)]
    caller = await make_caller()
    receipt = Submitted("run_a", "a")
    await core.submit(caller, make_request(), surface="test", receipt=receipt)
    async with core.database.transaction() as connection:
        await connection.execute(
            "UPDATE jobs SET state = 'completed', outcome = %s::text::jsonb",
            (outcome_to_json(made).decode(),),
        )
        await jobs.insert_repeat(
            connection,
            id="cache_a",
            gen_id="a",
            account_id=caller.account_id,
            key_id=caller.key_id,
            surface="test",
            request=make_request(),
            outcome=made,
            deadline=clock.now(),
        )
    await look(core, kind, hashes, make_look_back(core))
    async with core.database.connection() as connection:
        both = [await jobs.find_any(connection, id) for id in ("run_a", "cache_a")]
    assert [job and job.state for job in both] == [state, state]
    withheld = [isinstance(job and job.outcome, Blocked) for job in both]
    assert withheld == [state == "blocked"] * 2


async def test_what_waits_to_be_judged_again_is_looked_at_too(core: Core) -> None:
    bad = await keep(core, "a", 1)
    async with core.database.connection() as connection:
        await connection.execute("UPDATE images SET withdrawn = %s", (CHANGED,))
    (met,) = await look(core, "known_bad", [bad], make_look_back(core))
    assert await served(core) == {"a": met.dropped}


async def test_rulesets_decide_over_pictures_on_other_lists(core: Core) -> None:
    listed = [
        await keep(core, "a", 1),
        await keep(core, "b", 2, ruleset=""),
        await keep(core, "c", 3, ruleset="gone"),
    ]
    met = await look(core, "listed", listed, make_look_back(core))
    assert [bool(one.dropped) for one in met] == [True, False, False]
    assert await served(core) == {"a": met[0].dropped, "b": None, "c": None}


async def test_a_picture_that_cannot_be_judged_stays_and_is_told_of(core: Core) -> None:
    listed = [await keep(core, "a", 1), await keep(core, "b", 2)]
    await core.objects.delete("images/a.png")
    broken = Seeing(failures=[Unavailable("The model is gone")] * 9)
    examine = core.review.examine
    review = replace(core.review, examine=replace(examine, detectors=(*examine.detectors, broken)))
    met = await look(
        core, "listed", listed, LookBack(core.database, core.objects, review, distance=31)
    )
    assert [one.unjudged for one in met] == [
        *("There is no such object.", "The picture could not be reviewed"),
    ]
    assert await served(core) == {"a": None, "b": None}


async def test_a_picture_with_little_in_it_is_like_no_other(core: Core) -> None:
    plain = await keep(core, "a", 1, pdq_quality=49)
    assert await look(core, "known_bad", [plain], make_look_back(core)) == []

"""Accepting jobs: all or nothing, strict about names, fair between accounts."""

from __future__ import annotations

from typing import Any

import pytest

from imgen.errors import Invalid, Unavailable
from imgen.generation.submit import Submit
from imgen.wiring.core import Core
from tests.generation.asking import MakeCaller, make_request


@pytest.fixture
def submit(core: Core) -> Submit:
    return core.submit


async def _rows(core: Core, query: Any) -> list[Any]:
    async with core.database.connection() as connection:
        return await (await connection.execute(query)).fetchall()


async def test_a_job_and_its_task_are_kept_together(
    core: Core, submit: Submit, make_caller: MakeCaller
) -> None:
    receipt = await submit(await make_caller(), make_request(), surface="test")
    assert await _rows(core, "SELECT id, gen_id, state::text FROM jobs") == [
        (receipt.id, receipt.gen_id, "queued")
    ]
    assert await _rows(
        core,
        "SELECT args->>'job_id', queue_name FROM procrastinate_jobs task"
        " JOIN jobs ON jobs.queue_entry = task.id",
    ) == [(receipt.id, "generate.instant")]


async def test_a_job_that_cannot_be_enqueued_is_not_kept(
    core: Core, submit: Submit, make_caller: MakeCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_arguments: object, **_named: object) -> int:
        raise Unavailable("no queue")

    caller = await make_caller()
    monkeypatch.setattr(core.queue, "put", fail)
    with pytest.raises(Unavailable):
        await submit(caller, make_request(), surface="test")
    assert await _rows(core, "SELECT id FROM jobs") == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"model": "nothing"}, "model"),
        ({"style": "boudoir"}, "style"),
        ({"prompt": "@nobody in a garden"}, "prompt"),
        ({"compliance_ruleset": "lax"}, "compliance_ruleset"),
        ({"task": "upscale"}, "model"),
    ],
)
async def test_what_the_catalog_does_not_know_is_refused_by_field(
    core: Core, submit: Submit, make_caller: MakeCaller, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await submit(await make_caller(), make_request(**changes), surface="test")
    assert caught.value.field == field
    assert await _rows(core, "SELECT id FROM jobs") == []


async def test_a_task_that_a_model_cannot_do_is_refused_with_those_that_can_do_it_here(
    core: Core, submit: Submit, make_caller: MakeCaller
) -> None:
    with pytest.raises(Invalid, match=r"instant cannot do inpaint; these can: sketch$") as caught:
        await submit(await make_caller(), make_request(task="inpaint"), surface="test")
    assert caught.value.code == "model_cannot"


async def test_a_model_that_cannot_run_here_is_refused_with_the_reason(
    submit: Submit, make_caller: MakeCaller
) -> None:
    with pytest.raises(Unavailable, match="no engine diffusers"):
        await submit(await make_caller(), make_request(model="eros"), surface="test")


async def test_one_job_of_a_small_account_does_not_wait_behind_a_hundred_of_another(
    core: Core, submit: Submit, make_caller: MakeCaller
) -> None:
    big, small = await make_caller("big"), await make_caller("small")
    for _ in range(100):
        await submit(big, make_request(), surface="test")
    receipts = [await submit(small, make_request(), surface="test") for _ in range(3)]
    order = await _rows(
        core, "SELECT args->>'job_id' FROM procrastinate_jobs ORDER BY priority DESC, id"
    )
    places = [order.index((receipt.id,)) for receipt in receipts]
    assert places == [1, 3, 5]

"""The openai engine in trouble: slow, refused, abandoned, without a key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from imgen.engines.protocol import Abandoned
from imgen.errors import ImgenError, Invalid, Unavailable, Upstream
from tests.engines.remote.local import Fault, Told, make_request, noise, serving, until
from tests.engines.remote.openai_calls import VLLM, make, make_engine
from tests.engines.remote.openai_server import KEY, FakeOpenAi


async def test_a_server_that_has_no_time_is_asked_again(vendor: FakeOpenAi) -> None:
    vendor.local.faults.append(Fault("/images", status=429, headers=((b"retry-after", b"0"),)))
    assert np.array_equal((await make(vendor)).image, noise(11, 96, 64))
    assert vendor.local.faults == []


@pytest.mark.parametrize("fault", [Fault("/images", hang=True), Fault("/images", drip=True)])
async def test_slowness_has_an_end(vendor: FakeOpenAi, fault: Fault) -> None:
    vendor.local.faults.append(fault)
    with pytest.raises(Upstream, match="in time"):
        await make(vendor, settings={"timeout_seconds": 0.2})
    assert len(vendor.local.calls) == 1


async def test_an_answer_without_end_is_not_read(
    vendor: FakeOpenAi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgen.engines.openai.engine._LARGEST_ANSWER", 1000)
    with pytest.raises(Upstream, match="too large"):
        await make(vendor)


async def test_a_server_that_keeps_failing_is_left_alone(vendor: FakeOpenAi) -> None:
    engine = make_engine(vendor, tries=1)
    vendor.local.faults += [Fault("/images", status=500)] * 10
    for _ in range(5):
        with pytest.raises(Upstream):
            await engine.run(make_request(options=VLLM), Told())
    with pytest.raises(Unavailable, match="left alone") as caught:
        await engine.run(make_request(options=VLLM), Told())
    assert caught.value.retry_after is not None
    assert len(vendor.local.calls) == 5


@pytest.mark.parametrize(
    ("status", "error", "kind", "said"),
    [
        (400, {"code": "moderation_blocked"}, Invalid, "content rules"),
        (400, {"code": "content_policy_violation"}, Invalid, "content rules"),
        (400, {"code": "contentFilter"}, Invalid, "content rules"),
        (400, {"message": "Rejected by our safety system"}, Invalid, "content rules"),
        (403, {"message": "Content violates usage guidelines."}, Invalid, "content rules"),
        (400, {"innererror": {"code": "ResponsibleAIPolicy"}}, Invalid, "content rules"),
        (400, {"type": "invalid_request_error", "param": "prompt"}, Invalid, "not take"),
        (400, {"param": "model", "code": "invalid_value"}, Unavailable, "not take"),
        (400, {"code": "billing_hard_limit_reached"}, Unavailable, "not take"),
        (422, {"param": "size"}, Unavailable, "not take"),
        (401, {}, Unavailable, "accept the key"),
        (403, {"message": "organization org-secret"}, Unavailable, "let us"),
        (404, {"code": "model_not_found"}, Unavailable, "have the model"),
        (413, {}, Invalid, "too large"),
        (418, {}, Upstream, "answered 418"),
    ],
)
async def test_each_refusal_means_something(
    vendor: FakeOpenAi,
    status: int,
    error: dict[str, str],
    kind: type[ImgenError],
    said: str,
) -> None:
    vendor.refusal = status, {"error": {"message": "a secret detail", **error}}
    with pytest.raises(kind, match=said) as caught:
        await make(vendor)
    assert "secret" not in caught.value.message
    if kind is Invalid:
        assert caught.value.field == ("image" if status == 413 else "prompt")


async def test_an_abandoned_picture_is_not_waited_for(vendor: FakeOpenAi) -> None:
    vendor.local.faults.append(Fault("/images", hang=True))
    told = Told()
    task = asyncio.create_task(make(vendor, told=told))
    await until(lambda: vendor.local.calls)
    told.abandoned = True
    with pytest.raises(Abandoned):
        await task


async def test_a_key_goes_to_its_own_server_alone(vendor: FakeOpenAi) -> None:
    other = FakeOpenAi()
    async with serving(other.local) as other.origin:
        with pytest.raises(Unavailable):
            await make(vendor, {**VLLM, "url": other.url})
        assert "authorization" not in other.local.calls[0].headers
        keys = {"keys": {other.origin.removeprefix("http://"): KEY}}
        await make(vendor, {**VLLM, "url": other.url}, settings=keys)


async def test_the_key_is_nowhere_to_be_seen(vendor: FakeOpenAi, logged: Callable[[], str]) -> None:
    vendor.local.faults += [Fault("/images", status=500)] * 3
    with pytest.raises(Upstream) as caught:
        await make(vendor)
    engine = make_engine(vendor)
    assert KEY not in f"{caught.value!r} {caught.value.__context__!r} {engine!r}"
    assert KEY not in logged()

"""The runpod engine, against a server that speaks as RunPod does, also in trouble."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen.engines.protocol import Abandoned, Control, EngineResult, Progress, Task
from imgen.engines.runpod.engine import RunPodEngine
from imgen.engines.runpod.job import RunPodJob
from imgen.engines.runpod.obstacle import obstacle
from imgen.errors import ImgenError, Invalid, Unavailable, Upstream
from tests.engines.remote.local import Fault, Told, disc, make_request, noise, serving, until
from tests.engines.remote.runpod_server import KEY, FakeRunPod

POD = {"endpoint": "pictures", "checkpoint": "meadow.safetensors"}


def make_engine(pod: FakeRunPod, **changes: Any) -> RunPodEngine:
    quick: dict[str, Any] = {
        "key": KEY,
        "url": pod.url,
        "first_poll_seconds": 0.005,
        "longest_poll_seconds": 0.01,
        "patience_seconds": 0.2,
        "timeout_seconds": 2.0,
        "output_hosts": [pod.origin.removeprefix("http://")],
    }
    return RunPodEngine(**{**quick, **changes})


async def make(
    pod: FakeRunPod,
    options: Mapping[str, object] = POD,
    told: Told | None = None,
    settings: Mapping[str, Any] | None = None,
    **changes: Any,
) -> EngineResult:
    engine = make_engine(pod, **(settings or {}))
    return await engine.run(make_request(options=options, **changes), told or Told())


async def test_a_picture_comes_back_as_base64(pod: FakeRunPod) -> None:
    result = await make(pod)
    assert np.array_equal(result.image, noise(11, 96, 64))
    assert result.ignored == ()


async def test_a_picture_comes_back_from_a_bucket_whose_signature_nobody_sees(
    pod: FakeRunPod, logged: Callable[[], str]
) -> None:
    pod.by_url = True
    assert np.array_equal((await make(pod)).image, noise(11, 96, 64))
    fetched = next(call for call in pod.local.calls if call.path.startswith("/bucket"))
    assert "authorization" not in fetched.headers
    assert "s3cr3t" not in logged()


async def test_a_bucket_inside_the_network_is_not_called(pod: FakeRunPod) -> None:
    pod.by_url = True
    with pytest.raises(Upstream, match="not public"):
        await make(pod, settings={"output_hosts": []})


async def test_progress_is_told_where_the_worker_tells_it(pod: FakeRunPod) -> None:
    pod.states = ["IN_QUEUE", *["IN_PROGRESS"] * 3, "COMPLETED"]
    pod.progress = {"type": "progress", "value": 5, "max": 8, "percent": 62.5, "node": "sampler"}
    told = Told()
    await make(pod, told=told)
    assert (5, 8) in told.steps
    assert told.steps[-1] == (8, 8)
    shares = [step / of for step, of in told.steps]
    assert shares == sorted(shares)


@pytest.mark.parametrize("output", ["text", {"type": "progress"}, {"type": "progress", "max": 0}])
async def test_progress_that_makes_no_sense_is_passed_over(pod: FakeRunPod, output: Any) -> None:
    pod.progress = output
    assert (await make(pod)).image.shape == (64, 96, 3)


async def test_of_several_saved_pictures_the_titled_one_counts(
    pod: FakeRunPod, tmp_path: Path
) -> None:
    """Also where its node only shows it: worker-comfyui sends what is saved."""
    load = {"class_type": "LoadImage", "inputs": {"image": "{{image}}"}}
    cut = {"class_type": "CutOut", "inputs": {"image": ["1", 0]}}
    first = {"class_type": "SaveOwn", "inputs": {"images": ["1", 0]}}
    shown = {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}}
    graph = {"1": load, "2": cut, "3": first, "4": {**shown, "_meta": {"title": "imgen output"}}}
    (tmp_path / "cut.json").write_text(json.dumps(graph))
    options = {"endpoint": "pictures", "workflow": "cut.json"}
    image, _ = disc()
    fields: dict[str, Any] = {"task": Task.REMOVE_BACKGROUND, "image": image}
    result = await make(pod, options, settings={"workflows": tmp_path}, **fields)
    assert result.image.shape == (64, 96, 4)


async def test_a_worker_without_the_weights_fails_the_job(pod: FakeRunPod) -> None:
    with pytest.raises(Upstream, match="RunPod failed"):
        await make(pod, {**POD, "checkpoint": "other.safetensors"})


async def test_an_edit_sends_its_pictures_along(pod: FakeRunPod) -> None:
    image, mask = disc()
    result = await make(pod, task=Task.INPAINT, image=image, mask=mask)
    body = next(iter(pod.jobs.values()))["body"]
    assert len(body["input"]["images"]) == 2
    assert body["input"]["workflow"]["save"]["class_type"] == "SaveImage"
    assert np.array_equal(result.image[mask == 0], image[mask == 0])
    assert np.array_equal(result.image[mask == 255], noise(11, 96, 64)[mask == 255])


async def test_a_hint_is_drawn_here_and_sent_along(pod: FakeRunPod) -> None:
    image, _ = disc()
    guided = {**POD, "controlnet": {"scribble": "meadow.safetensors"}}
    fields: dict[str, Any] = {"task": Task.IMAGE_TO_IMAGE, "image": image}
    result = await make(pod, guided, control=Control("scribble", 0.5), **fields)
    body = next(iter(pod.jobs.values()))["body"]
    assert len(body["input"]["images"]) == 2
    assert result.ignored == ()


async def test_the_job_may_wait_and_work_as_long_as_is_set(pod: FakeRunPod) -> None:
    times = {"execution_seconds": 90, "queue_seconds": 200, "patience_seconds": 10}
    await make(pod, settings=times)
    body = next(iter(pod.jobs.values()))["body"]
    assert body["policy"] == {"executionTimeout": 90_000, "ttl": 300_000}
    assert "webhook" not in body


@pytest.mark.parametrize("states", [["IN_QUEUE", "RUNNING", "COMPLETED"], ["COMPLETED"]])
async def test_every_way_to_the_end(pod: FakeRunPod, states: list[str]) -> None:
    pod.states = states
    assert (await make(pod)).image.shape == (64, 96, 3)
    assert pod.looks == len(states)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("FAILED", "RunPod failed"),
        ("CANCELLED", "told by somebody else to stop"),
        ("TIMED_OUT", "took too long"),
        ("GONE", "no longer has the job"),
        ("SOMETHING_NEW", "RunPod failed"),
    ],
)
async def test_every_bad_end(pod: FakeRunPod, state: str, said: str) -> None:
    pod.states, pod.error = ["IN_QUEUE", state], "a secret detail"
    with pytest.raises(Upstream, match=said) as caught:
        await make(pod)
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "output",
    [
        {"error": "no such node"},
        {"images": []},
        {"images": [{"type": "base64", "data": 3}]},
        {"images": [{"type": "base64", "data": "%%%"}]},
        {"images": [{"type": "base64", "data": "aGVsbG8="}]},
        {"images": [{"type": "s3_url", "data": "ftp://bucket/x"}]},
        {"images": [{"type": "s3_url", "data": "http://[oops"}]},
        ["text"],
        "text",
    ],
)
async def test_an_output_that_is_no_picture(pod: FakeRunPod, output: Any) -> None:
    pod.output = output
    with pytest.raises(Upstream):
        await make(pod)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/status", status=500),
        Fault("/status", status=429, headers=((b"retry-after", b"0"),)),
        Fault("/status", cut=True),
        Fault("/status", body=b"[]"),
        Fault("/status", body=b"{}"),
        Fault("/run", status=429, headers=((b"retry-after", b"0"),)),
    ],
)
async def test_a_passing_fault_is_got_over(pod: FakeRunPod, fault: Fault) -> None:
    pod.local.faults.append(fault)
    assert np.array_equal((await make(pod)).image, noise(11, 96, 64))
    assert pod.local.faults == []
    assert len(pod.jobs) == 1


async def test_a_job_under_way_is_asked_after_however_often_that_fails(pod: FakeRunPod) -> None:
    pod.local.faults += [Fault("/status", status=502)] * 8
    assert (await make(pod, settings={"patience_seconds": 30.0})).image.shape == (64, 96, 3)
    assert len(pod.jobs) == 1


@pytest.mark.parametrize("how", [{"cut": True}, {"status": 503}, {"status": 502}])
async def test_a_job_that_may_have_begun_is_not_paid_for_twice(
    pod: FakeRunPod, how: Mapping[str, Any]
) -> None:
    pod.local.faults.append(Fault("/run", after=True, **how))
    with pytest.raises(Upstream):
        await make(pod)
    assert len(pod.jobs) == 1


async def test_a_lasting_silence_ends_the_job_and_cancels_it(pod: FakeRunPod) -> None:
    pod.local.faults += [Fault("/status", status=500)] * 400
    with pytest.raises(ImgenError):
        await make(pod, settings={"patience_seconds": 0.05})
    assert pod.cancelled == list(pod.jobs)


async def test_a_job_that_finds_no_worker_is_cancelled_and_given_up(pod: FakeRunPod) -> None:
    pod.states = ["IN_QUEUE"]
    with pytest.raises(Upstream, match="no worker free"):
        await make(pod, settings={"queue_seconds": 0.05})
    assert pod.cancelled == list(pod.jobs)


async def test_a_queue_is_looked_at_when_its_time_is_over_however_rare_looks_are(
    pod: FakeRunPod, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def pause(_job: RunPodJob, seconds: float, _progress: Progress) -> None:
        waits.append(seconds)

    clock = SimpleNamespace(monotonic=lambda: sum(waits))
    monkeypatch.setattr("imgen.engines.runpod.job.time", clock)
    monkeypatch.setattr(RunPodJob, "_pause", pause)
    pod.states = ["IN_QUEUE"]
    with pytest.raises(Upstream, match="no worker free"):
        await make(
            pod,
            settings={
                "first_poll_seconds": 0.5,
                "longest_poll_seconds": 50,
                "queue_seconds": 120,
            },
        )
    assert 120 <= sum(waits) <= 120.5


async def test_work_is_no_waiting(pod: FakeRunPod) -> None:
    pod.states = [*["IN_PROGRESS"] * 30, "IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    assert (await make(pod, settings={"queue_seconds": 0.1})).image.shape == (64, 96, 3)


async def test_an_abandoned_job_is_cancelled(pod: FakeRunPod) -> None:
    pod.states, told = ["IN_PROGRESS"], Told()
    task = asyncio.create_task(make(pod, told=told))
    await until(lambda: pod.looks)
    told.abandoned = True
    with pytest.raises(Abandoned):
        await task
    assert pod.cancelled == list(pod.jobs)


async def test_a_cancelled_task_cancels_its_job(pod: FakeRunPod) -> None:
    pod.states = ["IN_QUEUE"]
    task = asyncio.create_task(make(pod))
    await until(lambda: pod.looks)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pod.cancelled == list(pod.jobs)


async def test_a_job_whose_id_is_not_known_yet_is_cancelled_too(pod: FakeRunPod) -> None:
    pod.hold.clear()
    task = asyncio.create_task(make(pod))
    await until(lambda: pod.jobs)
    task.cancel()
    await asyncio.sleep(0)
    pod.hold.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pod.cancelled == list(pod.jobs)


async def test_a_wrong_key_is_said_and_not_shown(
    pod: FakeRunPod, logged: Callable[[], str]
) -> None:
    with pytest.raises(Unavailable, match="does not accept the key") as caught:
        await make(pod, settings={"key": "rp-wrong-secret"})
    assert "rp-wrong" not in caught.value.message
    assert "rp-wrong" not in repr(make_engine(pod, key="rp-wrong-secret"))
    assert "rp-wrong" not in logged()


async def test_an_unknown_endpoint(pod: FakeRunPod) -> None:
    with pytest.raises(Unavailable, match="does not know the endpoint"):
        await make(pod, {**POD, "endpoint": "other"})


async def test_a_picture_over_its_limit_is_refused_before_it_is_sent(
    pod: FakeRunPod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgen.engines.runpod.body._LARGEST", 10_000)
    image = noise(1, 96, 64)
    with pytest.raises(Invalid, match="too large for this model's server"):
        await make(pod, task=Task.IMAGE_TO_IMAGE, image=image)
    assert pod.local.calls == []


async def test_what_it_cannot_do_is_refused_before_anything_is_sent(pod: FakeRunPod) -> None:
    image, _ = disc()
    with pytest.raises(Invalid, match="cannot do remove background"):
        await make(pod, task=Task.REMOVE_BACKGROUND, image=image)
    assert pod.local.calls == []


class Bell:
    """Where webhooks arrive."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()
        self.url = ""
        self.app = Starlette(routes=[Route("/done", self._ring, methods=["POST"])])

    async def _ring(self, _request: Request) -> Response:
        self.rung.set()
        return Response()

    @asynccontextmanager
    async def expect(self) -> AsyncIterator[tuple[str, asyncio.Event]]:
        yield f"{self.url}/done", self.rung


async def test_a_webhook_saves_the_wait_and_is_not_believed(pod: FakeRunPod) -> None:
    pod.states, pod.calls_back = ["COMPLETED"], True
    bell = Bell()
    async with serving(bell.app) as bell.url:
        settings = {"nudges": bell, "first_poll_seconds": 600, "longest_poll_seconds": 600}
        result = await make(pod, settings=settings)
    assert np.array_equal(result.image, noise(11, 96, 64))
    assert pod.looks == 1


class TestObstacle:
    def test_nothing_is_in_the_way(self) -> None:
        assert obstacle(POD, {"key": KEY}) == ""

    @pytest.mark.parametrize(
        ("options", "settings", "reason"),
        [
            (POD, {}, "no RunPod key is configured"),
            ({"checkpoint": "a"}, {"key": KEY}, "names no RunPod endpoint"),
            ({**POD, "endpoint": "../run"}, {"key": KEY}, "names no RunPod endpoint"),
            ({"endpoint": "pictures"}, {"key": KEY}, "names no checkpoint"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, options: Mapping[str, object], settings: Mapping[str, object], reason: str
    ) -> None:
        assert reason in obstacle(options, settings)

"""The comfyui engine, against servers that speak as ComfyUI does, also in trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import numpy as np
import pytest

from imgen.engines.comfyui.engine import ComfyUiEngine
from imgen.engines.protocol import Abandoned, Task
from imgen.errors import Unavailable, Upstream
from tests.engines.remote.comfy import ERAS, FakeComfy, comfy
from tests.engines.remote.comfy_calls import SDXL, make, make_engine, nodes
from tests.engines.remote.local import Fault, Told, disc, make_request, noise, until

_IDLE = Fault("/prompt", body=b'{"exec_info": {"queue_remaining": 0}}')


class TestWatching:
    async def test_progress_is_told_step_by_step_and_only_goes_up(self, fleet: FakeComfy) -> None:
        told = Told()
        fleet.foreign = [
            {"type": "progress", "data": {"value": 8, "max": 8, "prompt_id": "another"}},
            {"type": "progress", "data": {"value": 99, "max": 8, "prompt_id": "x"}},
        ]
        fleet.hold.clear()
        making = asyncio.create_task(make(fleet, told=told))
        await until(lambda: (7, 8) in told.steps)
        fleet.hold.set()
        await making
        shares = [step / of for step, of in told.steps]
        assert shares == sorted(shares)
        assert told.steps[-1] == (8, 8)

    @pytest.mark.parametrize("era", ERAS)
    async def test_no_preview_is_wanted_and_those_that_come_are_passed_over(self, era: int) -> None:
        async with comfy(era=era) as fake:
            assert (await make(fake)).image.shape == (64, 96, 3)
            assert fake.previews_sent == (0 if era == 2026 else 8)

    async def test_a_cancelled_job_is_not_in_the_history_either(self, fleet: FakeComfy) -> None:
        """What runs gets there only when its step has ended."""
        fleet.hold.clear()
        task = asyncio.create_task(make(fleet))
        await until(lambda: fleet.running)
        fleet.deafened = True
        task.cancel()
        await until(lambda: fleet.stopped)
        await asyncio.wait({task}, timeout=0.3)  # for the step to end
        fleet.deafened = False
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: fleet.running is None)
        assert fleet.history == {}

    async def test_a_job_that_is_cancelled_while_it_is_sent_does_not_run(
        self, fleet: FakeComfy
    ) -> None:
        fleet.hold.clear()
        fleet.slow_to_queue.clear()
        task = asyncio.create_task(make(fleet))
        await until(lambda: "/prompt" in fleet.local.paths())
        task.cancel()
        await asyncio.wait({task}, timeout=0.3)  # for what it cancels to be there
        fleet.slow_to_queue.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(fleet.prompts) == 1
        assert (fleet.painted, fleet.waiting) == ([], 0)

    async def test_a_workflow_whose_picture_would_not_be_made_is_not_waited_for(
        self, fleet: FakeComfy
    ) -> None:
        """A server queues what is left of a workflow when a part of it is not sound."""
        fleet.spoils_prompt = True
        with pytest.raises(Unavailable, match="does not take"):
            await make(fleet)
        assert fleet.waiting == 0

    async def test_a_websocket_that_is_closed_is_opened_again(
        self, fleet: FakeComfy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("imgen.engines.comfyui.listen._AGAIN_SECONDS", 0.01)
        told = Told()
        fleet.hangs_up = True
        fleet.hold.clear()
        task = asyncio.create_task(make(fleet, told=told))
        await until(lambda: fleet.running)
        client = fleet.prompts[0]["extra_data"]["client_id"]
        fleet.hangs_up = False
        await until(lambda: fleet.listening(client))
        fleet.hold.set()
        await task
        assert told.steps[-1] == (8, 8)

    async def test_without_a_websocket_it_is_polled(self, fleet: FakeComfy) -> None:
        fleet.deaf = True
        assert (await make(fleet)).image.shape == (64, 96, 3)

    async def test_our_id_is_the_prompt_s_and_nothing_stays_behind(self, fleet: FakeComfy) -> None:
        image, _ = disc()
        await make(fleet, task=Task.IMAGE_TO_IMAGE, image=image)
        sent = fleet.prompts[0]["prompt_id"]
        assert nodes(fleet)["LoadImage"]["image"] == f"imgen/{sent}_image.png [temp]"
        assert {kind for kind, _ in fleet.files} == {"temp"}
        assert fleet.history == {}

    async def test_a_server_that_gives_its_own_ids(self) -> None:
        async with comfy(era=2024) as old:
            assert (await make(old)).image.shape == (64, 96, 3)

    @pytest.mark.parametrize("era", ERAS)
    async def test_an_abandoned_job_is_cancelled_and_no_other(self, era: int) -> None:
        async with comfy(era=era) as fake:
            fake.hold.clear()
            ours, theirs = Told(), Told()
            engine = make_engine(fake)
            first = asyncio.create_task(engine.run(make_request(options=SDXL), theirs))
            await until(lambda: fake.running)
            second = asyncio.create_task(engine.run(make_request(options=SDXL), ours))
            await until(lambda: fake.queue)
            ours.abandoned = True
            with pytest.raises(Abandoned):
                await second
            assert fake.stopped == [fake.prompts[1]["prompt_id"]]
            fake.hold.set()
            assert (await first).image.shape == (64, 96, 3)

    @pytest.mark.parametrize("era", ERAS)
    async def test_a_running_job_is_stopped_when_its_task_is_cancelled(self, era: int) -> None:
        async with comfy(era=era) as fake:
            fake.hold.clear()
            task = asyncio.create_task(make(fake))
            await until(lambda: fake.running)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert fake.stopped == [fake.prompts[0]["prompt_id"]]

    async def test_a_restart_loses_the_queue_and_the_job_is_sent_again(
        self, fleet: FakeComfy
    ) -> None:
        image, _ = disc()
        fleet.hold.clear()
        task = asyncio.create_task(make(fleet, task=Task.IMAGE_TO_IMAGE, image=image))
        await until(lambda: fleet.running)
        fleet.restart()
        fleet.hold.set()
        assert np.array_equal((await task).image, noise(11, 96, 64))
        assert len(fleet.prompts) == 2

    async def test_a_server_that_always_loses_it_is_given_up(self, fleet: FakeComfy) -> None:
        fleet.hold.clear()

        async def keep_restarting() -> None:
            while True:
                await until(lambda: fleet.running)
                fleet.restart()

        restarting = asyncio.create_task(keep_restarting())
        with pytest.raises(Upstream, match="again and again"):
            await make(fleet)
        restarting.cancel()

    async def test_a_failed_node_is_named_in_the_log_alone(
        self, fleet: FakeComfy, logged: Callable[[], str]
    ) -> None:
        fleet.fails = "VAEDecode"
        with pytest.raises(Upstream) as caught:
            await make(fleet)
        assert caught.value.message == "ComfyUI failed at making the picture"
        assert "VAEDecode" in logged()

    async def test_a_picture_that_the_server_has_kept_is_fetched_all_the_same(
        self, fleet: FakeComfy
    ) -> None:
        """Nothing runs then, and no step is told."""
        first = await make(fleet)
        told = Told()
        assert np.array_equal((await make(fleet, told=told)).image, first.image)
        assert told.steps[-1] == (1, 1)

    async def test_a_node_that_the_server_does_not_have_is_named_in_the_log(
        self, logged: Callable[[], str]
    ) -> None:
        async with comfy(era=2025) as old:
            image, _ = disc()
            cutter = {"matting": "meadow.safetensors"}
            with pytest.raises(Unavailable, match="does not take"):
                await make(old, cutter, task=Task.REMOVE_BACKGROUND, image=image)
            assert "missing_node_type (LoadBackgroundRemoval" in logged()

    async def test_weights_that_are_not_there_are_the_deployment_s_fault(
        self, fleet: FakeComfy, logged: Callable[[], str]
    ) -> None:
        with pytest.raises(Unavailable, match="does not take"):
            await make(fleet, {"checkpoint": "other.safetensors"})
        assert "value_not_in_list (CheckpointLoaderSimple" in logged()


class TestFaults:
    @pytest.mark.parametrize(
        "fault",
        [
            Fault("/view", status=503),
            Fault("/view", cut=True),
            Fault("/history/", status=500),
            Fault("/history/", body=b"[]"),
            Fault("/history/", cut=True),
            Fault("/queue", body=b'{"queue_running": 3}'),
            Fault("/upload", status=429, headers=((b"retry-after", b"0"),)),
            Fault("/upload", status=500),
            Fault("/prompt", status=502, after=True),
            Fault("/prompt", cut=True, after=True),
        ],
    )
    async def test_a_passing_fault_is_got_over(self, fleet: FakeComfy, fault: Fault) -> None:
        image, _ = disc()
        if fault.path == "/prompt":  # the second such call: the first asks how much there is to do
            fleet.local.faults.append(
                Fault("/prompt", body=b'{"exec_info": {"queue_remaining": 0}}')
            )
        fleet.local.faults.append(fault)
        result = await make(fleet, task=Task.IMAGE_TO_IMAGE, image=image)
        assert np.array_equal(result.image, noise(11, 96, 64))
        assert fleet.local.faults == [] or fault.path == "/queue"

    async def test_a_prompt_whose_answer_was_lost_is_not_made_twice(self, fleet: FakeComfy) -> None:
        fleet.local.faults += [
            _IDLE,
            Fault("/prompt", cut=True, after=True),
        ]
        await make(fleet)
        assert len(fleet.prompts) == 1

    @pytest.mark.parametrize("body", [b"GIF89a", b"\x89PNG\r\n\x1a\n broken", b""])
    async def test_a_result_that_is_no_picture(self, fleet: FakeComfy, body: bytes) -> None:
        fleet.local.faults.append(Fault("/view", body=body))
        with pytest.raises(Upstream, match="came back"):
            await make(fleet)

    async def test_a_server_that_hangs_is_not_waited_for(self, fleet: FakeComfy) -> None:
        fleet.local.faults.append(Fault("/prompt", hang=True))
        engine = make_engine(fleet, timeout_seconds=0.3)
        with pytest.raises(Unavailable, match="No ComfyUI server answers"):
            await engine.run(make_request(options=SDXL), Told())


class TestFleet:
    async def test_the_least_loaded_server_is_taken(self) -> None:
        """Whoever it was that gave it its load."""
        async with comfy() as busy, comfy() as idle:
            busy.hold.clear()
            held = asyncio.create_task(make(busy))
            await until(lambda: busy.running)
            for _ in range(4):
                await make_engine(busy, idle).run(make_request(options=SDXL), Told())
            assert (len(busy.prompts), len(idle.prompts)) == (1, 4)
            busy.hold.set()
            await held

    async def test_on_an_idle_fleet_a_model_stays_where_it_was(self) -> None:
        """So that it finds its weights loaded; other models and processes lean elsewhere."""
        async with comfy() as one, comfy() as two:

            async def server(engine: ComfyUiEngine, model: str) -> object:
                request = make_request(options=SDXL, model=model)
                return (await engine.run(request, Told())).info["server"]

            engine = make_engine(one, two)
            first = {model: await server(engine, model) for model in "abcdefghijklmnop"}
            assert len(set(first.values())) == 2
            assert {await server(engine, "a") for _ in range(4)} == {first["a"]}
            assert len({await server(make_engine(one, two), "a") for _ in range(16)}) == 2

    async def test_jobs_at_one_moment_are_spread(self) -> None:
        async with comfy() as one, comfy() as two:
            engine = make_engine(one, two)
            await asyncio.gather(
                *(engine.run(make_request(options=SDXL, seed=seed), Told()) for seed in range(6))
            )
            assert len(one.prompts) + len(two.prompts) == 6
            assert min(len(one.prompts), len(two.prompts)) >= 1

    async def test_a_server_without_the_weights_is_passed_over(self) -> None:
        async with comfy(models={"other.safetensors"}) as poor, comfy() as rich:
            engine = make_engine(poor, rich)
            result = await engine.run(make_request(options=SDXL), Told())
            assert result.info["server"] == rich.url.removeprefix("http://")
            with pytest.raises(Unavailable, match="does not take"):
                await engine.run(make_request(options={"checkpoint": "none"}), Told())

    async def test_a_dead_server_is_passed_over(self) -> None:
        async with comfy() as dead:
            pass
        async with comfy() as alive:
            result = await make_engine(dead, alive).run(make_request(options=SDXL), Told())
            assert result.info["server"] == alive.url.removeprefix("http://")

    async def test_a_job_moves_on_when_its_server_dies(self) -> None:
        async with AsyncExitStack() as one, AsyncExitStack() as two:
            fleet = {one: await one.enter_async_context(comfy())}
            fleet[two] = await two.enter_async_context(comfy())
            for server in fleet.values():
                server.hold.clear()
            engine = make_engine(*fleet.values())
            task = asyncio.create_task(engine.run(make_request(options=SDXL), Told()))
            await until(lambda: any(server.running for server in fleet.values()))
            # Which of two idle servers it takes is chance.
            dying, living = (one, two) if fleet[one].running else (two, one)
            fleet[living].hold.set()
            await dying.aclose()
            assert (await task).image.shape == (64, 96, 3)
            assert [len(fleet[stack].prompts) for stack in (dying, living)] == [1, 1]

    async def test_when_none_answers_it_says_so(self) -> None:
        async with comfy() as dead:
            pass
        with pytest.raises(Unavailable, match="No ComfyUI server answers"):
            await make(dead)

    async def test_a_key_goes_to_its_own_server_alone(self) -> None:
        async with comfy() as ours, comfy() as other:
            host = ours.url.removeprefix("http://")
            engine = make_engine(ours, keys={host: "proxy-secret"})
            await engine.run(make_request(options=SDXL), Told())
            await engine.run(make_request(options={**SDXL, "url": other.url}), Told())
            sent = {call.headers.get("authorization") for call in ours.local.calls}
            assert sent == {"Bearer proxy-secret"}
            assert all("authorization" not in call.headers for call in other.local.calls)

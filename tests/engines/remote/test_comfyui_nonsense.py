"""ComfyUI servers, or what poses as one, that answer late, with nonsense, or with a redirect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from imgen.engines.comfyui.listen import Heard, listening
from imgen.engines.comfyui.prompt import prompt_id
from imgen.engines.remote.server import Server
from imgen.errors import ImgenError, Unavailable, Upstream
from tests.engines.remote.comfy import FakeComfy
from tests.engines.remote.comfy_calls import SDXL, make, make_engine
from tests.engines.remote.local import Fault, Told, make_request, serving, until

_IDLE = Fault("/prompt", body=b'{"exec_info": {"queue_remaining": 0}}')


def answered(body: object, status: int = 200) -> list[Fault]:
    """To `POST /prompt`, after the look how much there is to do."""
    return [_IDLE, Fault("/prompt", status=status, body=json.dumps(body).encode())]


@pytest.mark.parametrize("outputs", [None, 3, {}, "save", [["save"]]])
async def test_faults_that_name_no_nodes(fleet: FakeComfy, outputs: object) -> None:
    body = {"prompt_id": "x", "node_errors": {"9": {"dependent_outputs": outputs}}}
    fleet.local.faults = answered(body) * 4
    with pytest.raises(ImgenError):
        await make(fleet)


@pytest.mark.parametrize("name", ["x\ny", "../queue", "", "a" * 400, "é", "\ud800"])
async def test_an_id_that_is_none_is_not_asked_for(fleet: FakeComfy, name: str) -> None:
    fleet.local.faults = [_IDLE, *answered({"prompt_id": name, "node_errors": {}})[1:]]
    await make(fleet)
    asked = {call.path for call in fleet.local.calls if call.path.startswith("/history/")}
    assert asked == {f"/history/{fleet.prompts[0]['prompt_id']}"}


@pytest.mark.parametrize("name", ["\ud800", "x" * 5000])
async def test_a_picture_whose_name_cannot_be_asked_for(fleet: FakeComfy, name: str) -> None:
    images = {"images": [{"filename": name, "subfolder": "", "type": "temp"}]}
    record = {"outputs": dict.fromkeys(("save", "end"), images)}
    body = json.dumps({prompt_id("run_1"): record}).encode()
    fleet.local.faults = [Fault("/history/", body=body)] * 50
    with pytest.raises(Upstream, match="made no picture"):
        await make(fleet, job="run_1")


async def test_a_client_that_cannot_be_named_is_not(fleet: FakeComfy) -> None:
    """What an entry says of who sent it goes into addresses."""
    fleet.hold.clear()
    first = asyncio.create_task(make(fleet, job="run_1"))
    await until(lambda: fleet.running)
    fleet.prompts[0]["extra_data"]["client_id"] = odd = "x y&a=../b"
    second = asyncio.create_task(make(fleet, job="run_1"))
    await until(lambda: fleet.files)
    assert not fleet.listening(odd)
    fleet.hold.set()
    await asyncio.gather(first, second)
    assert {name for _, name in fleet.files if "watched" in name} == {
        f"imgen/{prompt_id('run_1')}_watched.txt"
    }


@pytest.mark.parametrize("kind", [[], {}, None, 3])
def test_a_message_of_no_kind_is_passed_over(kind: object) -> None:
    heard = Heard("p")
    heard.hear(json.dumps({"type": kind, "data": {"prompt_id": "p"}}))
    assert not heard.over


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_websocket_follows_no_redirect(status: int) -> None:
    async def refuse(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    asked: list[str] = []

    async def elsewhere(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["type"])
        await refuse(scope, receive, send)

    async with serving(elsewhere) as other:

        async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            place = f"Location: ws{other.removeprefix('http')}/admin\r\nContent-Length: 0\r\n\r\n"
            writer.write(f"HTTP/1.1 {status} Found\r\n{place}".encode())
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(redirect, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        heard = Heard("p")
        async with listening(Server(f"http://127.0.0.1:{port}", "ComfyUI"), "c", heard):
            await asyncio.wait_for(heard.ready.wait(), 10)
        server.close()
        assert asked == []


async def test_a_prompt_that_arrives_late_is_not_made_twice(fleet: FakeComfy) -> None:
    fleet.slow_to_queue.clear()
    engine = make_engine(fleet, timeout_seconds=0.3, patience_seconds=30.0)
    task = asyncio.create_task(engine.run(make_request(options=SDXL, job="run_1"), Told()))
    await until(lambda: "/prompt" in fleet.local.paths())
    before = fleet.looks
    await until(lambda: fleet.looks > before + 4)  # it has been looked for, and is not there
    fleet.slow_to_queue.set()
    assert (await task).image.shape == (64, 96, 3)
    assert len(fleet.prompts) == 1


async def test_a_prompt_that_arrives_when_nobody_wants_it_any_more_is_not_made(
    fleet: FakeComfy,
) -> None:
    fleet.hold.clear()
    fleet.slow_to_queue.clear()
    engine = make_engine(fleet, timeout_seconds=0.3, patience_seconds=30.0)
    task = asyncio.create_task(engine.run(make_request(options=SDXL, job="run_1"), Told()))
    await until(lambda: "/prompt" in fleet.local.paths())
    before = fleet.looks
    await until(lambda: fleet.looks > before + 4)
    task.cancel()
    before = fleet.looks
    await until(lambda: fleet.looks > before + 4)  # to stop it; it is not there
    fleet.slow_to_queue.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(fleet.prompts) == 1
    assert (fleet.painted, fleet.waiting, fleet.history) == ([], 0, {})


async def test_what_a_server_says_is_logged_and_not_shown(
    fleet: FakeComfy, logged: Callable[[], str]
) -> None:
    error = {"type": "words of its own", "extra_info": {"class_type": "AndMore" * 500}}
    faults = {"9": {"errors": [{"type": "x", "extra_info": {"input_name": "InputName"}}]}}
    fleet.local.faults = [
        *answered({"error": error}, 400),
        *answered({"error": error, "node_errors": faults}, 400),
    ]
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            await make(fleet)
        assert caught.value.message == "ComfyUI does not take the model's workflow"
    lines = logged()
    assert "words of its own" in lines
    assert "InputName" in lines
    assert "AndMore" * 100 not in lines

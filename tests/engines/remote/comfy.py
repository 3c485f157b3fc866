"""A ComfyUI as its server.py and execution.py have it: queue, history, uploads, websocket."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests.engines.remote.comfy_nodes import NODES, Check, Checked, in_order, paint
from tests.engines.remote.local import Local, Pixels, serving

ERAS = (2026, 2025, 2024)
"""2026: `/api/jobs/…/cancel` (June), backgrounds taken away (May), previews as a prompt wants them
(December before). 2025: takes prompt ids (July) and stops one prompt alone (September). 2024: none
of it."""
MODELS = {f"{name}.safetensors" for name in ("meadow", "kim", "ink", "clip_l", "t5xxl")}
_FOLDERS = ("input", "output", "temp")


class Interrupted(Exception):
    """The running prompt was told to stop."""


class FakeComfy:
    """One server: its state is what a test looks at."""

    def __init__(self, *, models: set[str] | None = None, era: int = 2026) -> None:
        self.models = models or set(MODELS)
        self.era = era
        self.queue: list[dict[str, Any]] = []
        self.running: dict[str, Any] | None = None
        self.history: dict[str, Any] = {}
        self.files: dict[tuple[str, str], bytes] = {}
        self.prompts: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.painted: list[str] = []
        """Prompts whose picture was finished."""
        self.hold = asyncio.Event()
        """Cleared: a job waits before its last step."""
        self.hold.set()
        self.fails = ""
        """A node type whose execution fails."""
        self.foreign: list[dict[str, Any]] = []
        """Messages that a websocket gets before a job's own."""
        self.deaf = False
        """No websocket."""
        self.mute = False
        """A websocket that never comes about."""
        self.hangs_up = False
        """A websocket that is closed in the middle of each job."""
        self.deafened = False
        """In the middle of a long step: does not notice that it is to stop."""
        self.slow_to_queue = asyncio.Event()
        """Cleared: a prompt that came is queued later."""
        self.slow_to_queue.set()
        self.spoils_prompt = False
        """Something between puts another end to each prompt, and a fault into its own."""
        self.previews = True
        """Started with `--preview-method auto`."""
        self.previews_sent = 0
        self._sockets: dict[str, WebSocket] = {}
        self._numbers = itertools.count()
        self._wake = asyncio.Event()
        self._interrupt = False
        self._node = ""
        """That runs now."""
        self._cache: dict[str, dict[str, Any]] = {}
        """Prompts that ran, and what came of them: nodes that did not change do not run again."""
        self.local = Local(Starlette(routes=self._routes()))
        self.url = ""

    def _routes(self) -> list[Any]:
        routes: list[Any] = [
            Route("/prompt", self._load, methods=["GET"]),
            Route("/prompt", self._post, methods=["POST"]),
            Route("/queue", self._queue, methods=["GET"]),
            Route("/queue", self._delete, methods=["POST"]),
            Route("/history", self._forget, methods=["POST"]),
            Route("/history/{name}", self._history, methods=["GET"]),
            Route("/interrupt", self._stop, methods=["POST"]),
            Route("/upload/image", self._upload, methods=["POST"]),
            Route("/view", self._view, methods=["GET"]),
            WebSocketRoute("/ws", self._socket),
        ]
        if self.era >= 2026:
            routes.append(Route("/api/jobs/{name}/cancel", self._cancel, methods=["POST"]))
        # What it does not know is looked for among its web page's files, with GET alone.
        return [*routes, Route("/{path:path}", _no_such_file, methods=["GET"])]

    @property
    def waiting(self) -> int:
        """Jobs that wait or run."""
        return len(self.queue) + (self.running is not None)

    def listening(self, client: str) -> bool:
        """Whether somebody does, in the name of that client."""
        return client in self._sockets

    @property
    def looks(self) -> int:
        """How often somebody asked for a prompt's history."""
        return len([path for path in self.local.paths("GET") if path.startswith("/history/")])

    def looked_up(self, prompt_id: str) -> bool:
        """Whether somebody has asked for its history since it was sent."""
        sent = max(n for n, call in enumerate(self.local.calls) if call.path == "/prompt")
        return any(prompt_id in call.path for call in self.local.calls[sent:])

    def loaded(self, reference: str) -> Pixels:
        """What a `LoadImage` node with that name sees."""
        return np.asarray(self._read(reference).convert("RGB"))

    def interrupt(self) -> None:
        """As its own page does it."""
        self._halt()

    def restart(self) -> None:
        """As a crash does it: queue, history and temporary files are gone."""
        self.queue.clear()
        self.history.clear()
        self.files.clear()
        self._cache.clear()
        self._interrupt = True
        self.running = None
        self._wake.set()

    async def work(self) -> None:
        """Run one job after another, for ever."""
        while True:
            while self.queue:
                self.running, self._interrupt = self.queue.pop(0), False
                await self._execute(self.running)
            self._wake.clear()
            await self._wake.wait()

    async def _execute(self, job: dict[str, Any]) -> None:
        outputs: dict[str, Any] = {}
        messages: list[list[Any]] = []
        for message in self.foreign:
            await self._tell(job, **message)
        await self._event(job, messages, "execution_start")
        cached = self._cache.get(json.dumps(job["prompt"]), {})
        done = list(job["prompt"]) if cached else []
        outputs.update(cached)
        await self._event(job, messages, "execution_cached", nodes=done)
        try:
            for end in job["outputs"]:
                for name in in_order(job["prompt"], end):
                    if name not in done:
                        await self._node_runs(job, name, outputs)
                        done.append(name)
        except Interrupted:
            await self._event(job, messages, "execution_interrupted", **self._where(job))
        except RuntimeError as error:
            fault = {"exception_type": "E", "exception_message": str(error), "traceback": []}
            await self._event(job, messages, "execution_error", **self._where(job), **fault)
        else:
            await self._event(job, messages, "execution_success")
            self._cache[json.dumps(job["prompt"])] = outputs
            self.painted.append(job["prompt_id"])
        await self._done(job, messages, outputs)

    async def _node_runs(self, job: dict[str, Any], name: str, outputs: dict[str, Any]) -> None:
        node, self._node = job["prompt"][name], name
        told = {"node": name, "display_node": name, "prompt_id": job["prompt_id"]}
        await self._tell(job, "executing", told)
        if node["class_type"] == self.fails:
            raise RuntimeError("secret detail")
        for step in range(1, int(node["inputs"].get("steps", 0)) + 1):
            await self._step(job, name, step, int(node["inputs"]["steps"]))
        if self._interrupt:
            raise Interrupted
        if folder := NODES[node["class_type"]].output:
            file = f"ComfyUI_{folder}_{uuid.uuid4().hex[:5]}_00001_.png"
            self.files[folder, file] = paint(job["prompt"], name, self._read)
            images = [{"filename": file, "subfolder": "", "type": folder}]
            outputs[name] = {"images": images}
            await self._tell(job, "executed", {**told, "output": outputs[name]})

    async def _step(self, job: dict[str, Any], name: str, step: int, of: int) -> None:
        if step == of:
            while not self.hold.is_set() and (self.deafened or not self._interrupt):
                await asyncio.sleep(0.005)
        if self._interrupt:
            raise Interrupted
        if self.hangs_up and (socket := self._sockets.pop(job["extra_data"]["client_id"], None)):
            await socket.close(1012)
        place = {"prompt_id": job["prompt_id"], "node": name}
        await self._tell(job, "progress", {"value": step, "max": of, **place})
        state = {"value": float(step), "max": float(of), "state": "running", "node_id": name}
        nodes = {"prompt_id": job["prompt_id"], "nodes": {name: state}}
        await self._tell(job, "progress_state", nodes)
        wanted = job["extra_data"].get("preview_method") if self.era >= 2026 else None
        if self.previews and wanted != "none":
            self.previews_sent += 1
            await self._send(job, b"\0\0\0\1\0\0\0\1\xff\xd8\xffpreview")
        await asyncio.sleep(0)

    def _where(self, job: dict[str, Any]) -> dict[str, Any]:
        kind = job["prompt"][self._node]["class_type"]
        return {"node_id": self._node, "node_type": kind, "executed": []}

    async def _event(
        self, job: dict[str, Any], messages: list[list[Any]], kind: str, **said: Any
    ) -> None:
        data = {"prompt_id": job["prompt_id"], **said, "timestamp": int(time.time() * 1000)}
        messages.append([kind, data])
        await self._tell(job, kind, data)

    async def _done(
        self, job: dict[str, Any], messages: list[list[Any]], outputs: dict[str, Any]
    ) -> None:
        if self.running is not job:  # restarted meanwhile
            return
        well = messages[-1][0] == "execution_success"
        self.running = None
        self.history[job["prompt_id"]] = {
            "prompt": self._row(job),
            "outputs": outputs,
            "meta": {},
            "status": {
                "status_str": "success" if well else "error",
                "completed": well,
                "messages": messages,
            },
        }
        await self._tell(job, "executing", {"node": None, "prompt_id": job["prompt_id"]})

    def _row(self, job: dict[str, Any]) -> list[Any]:
        names = ("number", "prompt_id", "prompt", "extra_data", "outputs")
        return [job[name] for name in names]

    def _read(self, reference: str) -> Image.Image:
        return Image.open(io.BytesIO(self.files[_place(reference)]))

    async def _tell(self, job: dict[str, Any], type: str, data: Mapping[str, Any]) -> None:  # noqa: A002
        await self._send(job, json.dumps({"type": type, "data": data}))

    async def _send(self, job: dict[str, Any], message: str | bytes) -> None:
        """To whoever listens in the name of the client that sent the prompt."""
        socket = self._sockets.get(job["extra_data"].get("client_id", ""))
        if socket is not None:
            with suppress(Exception):
                kind = "text" if isinstance(message, str) else "bytes"
                await socket.send({"type": "websocket.send", kind: message})

    async def _socket(self, socket: WebSocket) -> None:
        if self.deaf:
            await socket.close()
            return
        if self.mute:
            await socket.receive()
            await socket.receive()  # until the client is gone
            return
        await socket.accept()
        client = socket.query_params["clientId"]
        self._sockets[client] = socket
        await socket.send_text("no json")
        status = {"exec_info": {"queue_remaining": self.waiting}}
        await socket.send_json({"type": "status", "data": {"status": status, "sid": client}})
        if self.running and self.running["extra_data"].get("client_id") == client:
            await socket.send_json({"type": "executing", "data": {"node": self._node}})
        with suppress(Exception):
            while True:
                await socket.receive_text()
        self._sockets.pop(client, None)  # whoever listens in that name by now

    async def _load(self, _request: Request) -> Response:
        return JSONResponse({"exec_info": {"queue_remaining": self.waiting}})

    async def _post(self, request: Request) -> Response:
        body = await request.json()
        name = body.get("prompt_id") if self.era >= 2025 else None
        if name is not None and str(uuid.UUID(name)) != name:
            error = {"type": "invalid_prompt_id", "message": "prompt_id must be a valid UUID"}
            return JSONResponse({"error": error, "node_errors": {}}, 400)
        await self.slow_to_queue.wait()
        if self.spoils_prompt:
            _spoil(body["prompt"])
        checked = self._checked(body["prompt"])
        if checked.error:
            said = {"error": checked.error, "node_errors": checked.node_errors}
            return JSONResponse(said, 400)
        extra = {**body.get("extra_data", {}), "create_time": int(time.time() * 1000)}
        job = {
            "number": next(self._numbers),
            "prompt_id": name or str(uuid.uuid4()),
            "prompt": body["prompt"],
            "extra_data": {**extra, "client_id": body["client_id"]},
            "outputs": checked.outputs,
        }
        self.prompts.append(job)
        self.queue.append(job)
        self._wake.set()
        said = {name: job[name] for name in ("prompt_id", "number")}
        return JSONResponse({**said, "node_errors": checked.node_errors})

    def _checked(self, prompt: dict[str, Any]) -> Checked:
        without = () if self.era >= 2026 else ("RemoveBackground", "LoadBackgroundRemovalModel")
        return Check(prompt, self.models, lambda file: _place(file) in self.files, without)()

    async def _queue(self, _request: Request) -> Response:
        running = [self._row(self.running)] if self.running else []
        rows = [self._row(job) for job in self.queue]
        return JSONResponse({"queue_running": running, "queue_pending": rows})

    async def _delete(self, request: Request) -> Response:
        for name in (await request.json()).get("delete", []):
            self._dequeue(name)
        return Response()

    def _dequeue(self, name: str) -> bool:
        found = next((job for job in self.queue if job["prompt_id"] == name), None)
        if found:
            self.queue.remove(found)
            self.stopped.append(name)
        return found is not None

    async def _history(self, request: Request) -> Response:
        name = request.path_params["name"]
        return JSONResponse({name: self.history[name]} if name in self.history else {})

    async def _forget(self, request: Request) -> Response:
        for name in (await request.json()).get("delete", []):
            self.history.pop(name, None)
        return Response()

    async def _stop(self, request: Request) -> Response:
        """One from before `prompt_id` stops whoever runs."""
        name = (await request.json()).get("prompt_id")
        if self.running and (self.era < 2025 or self.running["prompt_id"] == name):
            self._halt()
        return Response()

    def _halt(self) -> None:
        """What runs notices at its next step."""
        assert self.running is not None
        if not self._interrupt:
            self.stopped.append(self.running["prompt_id"])
        self._interrupt = True

    async def _cancel(self, request: Request) -> Response:
        """True as long as there is something to stop."""
        name = request.path_params["name"]
        if self.running and self.running["prompt_id"] == name:
            self._halt()
            return JSONResponse({"cancelled": True})
        return JSONResponse({"cancelled": self._dequeue(name)})

    async def _upload(self, request: Request) -> Response:
        async with request.form() as form:
            file: Any = form.get("image")
            folder, below = str(form.get("type", "input")), str(form.get("subfolder", ""))
            if not file or ".." in below or folder not in _FOLDERS:
                return Response(status_code=400)
            name = file.filename
            if form.get("overwrite") not in ("true", "1") and (folder, name) in self.files:
                name = f"{uuid.uuid4().hex} (1).png"
            self.files[folder, f"{below}/{name}" if below else name] = await file.read()
        return JSONResponse({"name": name, "subfolder": below, "type": folder})

    async def _view(self, request: Request) -> Response:
        asked = request.query_params
        below, name = asked.get("subfolder", ""), asked["filename"]
        data = self.files.get((asked.get("type", "output"), f"{below}/{name}" if below else name))
        return Response(data, media_type="image/png") if data else Response(status_code=404)


def _spoil(prompt: dict[str, Any]) -> None:
    size = {"width": 64, "height": 64, "batch_size": 1}
    prompt["other"] = {"class_type": "EmptyLatentImage", "inputs": size}
    link = {"samples": ["other", 0], "vae": ["weights", 2]}
    prompt["another"] = {"class_type": "VAEDecode", "inputs": link}
    prompt["end"] = {"class_type": "PreviewImage", "inputs": {"images": ["another", 0]}}
    prompt["sampler"]["inputs"]["scheduler"] = "no such"


async def _no_such_file(_request: Request) -> Response:
    return Response(status_code=404)


def _place(reference: str) -> tuple[str, str]:
    """`name [temp]`: folder and name."""
    name, _, kind = reference.partition(" [")
    return (kind.rstrip("]") or "input", name)


@asynccontextmanager
async def comfy(**options: Any) -> AsyncIterator[FakeComfy]:
    """A running one."""
    fake = FakeComfy(**options)
    working = asyncio.create_task(fake.work())
    try:
        async with serving(fake.local) as fake.url:
            yield fake
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

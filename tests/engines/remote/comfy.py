"""A ComfyUI as its server describes itself: queue, history, uploads, websocket, cancelling."""

from __future__ import annotations

import asyncio
import io
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests.engines.remote.local import Local, noise, serving

_LOADERS = {"ckpt_name", "unet_name", "lora_name", "vae_name", "model_name", "control_net_name"}
_SAVES = {"SaveImage": "output", "PreviewImage": "temp", "SaveOwn": "output"}


class FakeComfy:
    """One server: its state is what a test looks at."""

    def __init__(self, *, models: set[str] | None = None, modern: bool = True) -> None:
        self.models = models or {"meadow.safetensors", "kim.safetensors", "ink.safetensors"}
        self.modern = modern
        """Whether it has `/api/jobs` and takes prompt ids from clients."""
        self.queue: list[dict[str, Any]] = []
        self.running: dict[str, Any] | None = None
        self.history: dict[str, Any] = {}
        self.files: dict[tuple[str, str], bytes] = {}
        self.prompts: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.hold = asyncio.Event()
        """Cleared: a job waits before its last step."""
        self.hold.set()
        self.fails = ""
        """A node type whose execution fails."""
        self.foreign: list[dict[str, Any]] = []
        """Messages that a websocket gets before a job's own."""
        self.deaf = False
        """No websocket."""
        self._sockets: dict[str, WebSocket] = {}
        self._wake = asyncio.Event()
        self._interrupt = False
        self.local = Local(Starlette(routes=self._routes()))
        self.url = ""

    def _routes(self) -> list[Any]:
        routes: list[Any] = [
            Route("/prompt", self._load, methods=["GET"]),
            Route("/prompt", self._post, methods=["POST"]),
            Route("/queue", self._queue, methods=["GET"]),
            Route("/queue", self._delete, methods=["POST"]),
            Route("/history", self._forget, methods=["POST"]),
            Route("/history/{name}", self._history),
            Route("/interrupt", self._stop, methods=["POST"]),
            Route("/upload/image", self._upload, methods=["POST"]),
            Route("/view", self._view),
            WebSocketRoute("/ws", self._socket),
        ]
        if self.modern:
            routes.append(Route("/api/jobs/{name}/cancel", self._cancel, methods=["POST"]))
        return routes

    @property
    def waiting(self) -> int:
        """Jobs that wait or run."""
        return len(self.queue) + (self.running is not None)

    def restart(self) -> None:
        """As a crash does it: queue, history and temporary files are gone."""
        self.queue.clear()
        self.history.clear()
        self.files.clear()
        self._interrupt = True
        self.running = None
        self._wake.set()

    async def work(self) -> None:
        """Run one job after another, for ever."""
        while True:
            while self.queue:
                self.running, self._interrupt = self.queue.pop(0), False
                await self._execute(self.running)
                self.running = None
            self._wake.clear()
            await self._wake.wait()

    async def _execute(self, job: dict[str, Any]) -> None:
        name, prompt = job["prompt_id"], job["prompt"]
        for message in self.foreign:
            await self._tell(job, **message)
        sampler = next((one for one, node in prompt.items() if "steps" in node["inputs"]), "")
        steps = int(prompt[sampler]["inputs"]["steps"]) if sampler else 1
        for step in range(1, steps + 1):
            if step == steps:
                await self._held()
            if self._interrupt:
                await self._ended(job, "execution_interrupted")
                return
            data = {"value": step, "max": steps, "prompt_id": name, "node": sampler}
            await self._tell(job, "progress", data)
            await asyncio.sleep(0)
        if any(node["class_type"] == self.fails for node in prompt.values()):
            await self._ended(job, "execution_error")
            return
        outputs = self._paint(prompt)
        if self.running is job:  # not restarted meanwhile
            status = {"status_str": "success", "completed": True, "messages": []}
            self.history[name] = {"outputs": outputs, "status": status}
            await self._tell(job, "execution_success", {"prompt_id": name})

    async def _held(self) -> None:
        while not self.hold.is_set() and not self._interrupt:
            await asyncio.sleep(0.005)

    async def _ended(self, job: dict[str, Any], how: str) -> None:
        if self.running is not job:
            return
        data = {"prompt_id": job["prompt_id"], "node_type": self.fails, "exception_type": "E"}
        data["exception_message"] = "secret detail"
        status = {"status_str": "error", "completed": False, "messages": [[how, data]]}
        self.history[job["prompt_id"]] = {"outputs": {}, "status": status}
        await self._tell(job, how, data)

    def _paint(self, prompt: dict[str, Any]) -> dict[str, Any]:
        outputs = {}
        for name, node in prompt.items():
            if node["class_type"] in _SAVES:
                kind, file = _SAVES[node["class_type"]], f"{uuid.uuid4().hex}.png"
                self.files[kind, file] = paint(prompt, self._read)
                outputs[name] = {"images": [{"filename": file, "subfolder": "", "type": kind}]}
        return outputs

    def _read(self, reference: str) -> Image.Image:
        return Image.open(io.BytesIO(self.files[_place(reference)]))

    async def _tell(self, job: dict[str, Any], type: str, data: dict[str, Any]) -> None:  # noqa: A002
        socket = self._sockets.get(job["client_id"])
        if socket is not None:
            with suppress(Exception):
                await socket.send_bytes(b"\0\0\0\1\0\0\0\1preview")
                await socket.send_text(json.dumps({"type": type, "data": data}))

    async def _socket(self, socket: WebSocket) -> None:
        if self.deaf:
            await socket.close()
            return
        await socket.accept()
        client = socket.query_params["clientId"]
        self._sockets[client] = socket
        await socket.send_text("no json")
        await socket.send_text(json.dumps({"type": "status", "data": {"status": {}}}))
        with suppress(Exception):
            while True:
                await socket.receive_text()
        self._sockets.pop(client, None)

    async def _load(self, _request: Request) -> Response:
        return JSONResponse({"exec_info": {"queue_remaining": self.waiting}})

    async def _post(self, request: Request) -> Response:
        body = await request.json()
        name = body.get("prompt_id") if self.modern else None
        if name is not None and str(uuid.UUID(name)) != name:
            return JSONResponse({"error": {"type": "invalid_prompt_id"}}, 400)
        if errors := self._problems(body["prompt"]):
            kind = "prompt_outputs_failed_validation"
            return JSONResponse({"error": {"type": kind}, "node_errors": errors}, 400)
        job = {**body, "prompt_id": name or str(uuid.uuid4())}
        self.prompts.append(job)
        self.queue.append(job)
        self._wake.set()
        return JSONResponse({"prompt_id": job["prompt_id"], "number": 1, "node_errors": {}})

    def _problems(self, prompt: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, node in prompt.items():
            for key, value in node["inputs"].items():
                if isinstance(value, list) and value[0] not in prompt:
                    found[name] = _problem(node, "bad_linked_input", key)
                if key in _LOADERS and value not in self.models:
                    found[name] = _problem(node, "value_not_in_list", key)
                loads = "LoadImage" in node["class_type"] and key == "image"
                if loads and _place(value) not in self.files:
                    found[name] = _problem(node, "custom_validation_failed", key)
        return found

    async def _queue(self, _request: Request) -> Response:
        rows = [[0, job["prompt_id"], {}, {}, []] for job in self.queue]
        running = [[0, self.running["prompt_id"], {}, {}, []]] if self.running else []
        return JSONResponse({"queue_running": running, "queue_pending": rows})

    async def _delete(self, request: Request) -> Response:
        for name in (await request.json()).get("delete", []):
            self._dequeue(name)
        return Response()

    def _dequeue(self, name: str) -> bool:
        before = len(self.queue)
        self.queue = [job for job in self.queue if job["prompt_id"] != name]
        if len(self.queue) < before:
            self.stopped.append(name)
        return len(self.queue) < before

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
        if self.running and (not self.modern or self.running["prompt_id"] == name):
            self._halt()
        return Response()

    def _halt(self) -> None:
        assert self.running is not None
        self.stopped.append(self.running["prompt_id"])
        self._interrupt = True

    async def _cancel(self, request: Request) -> Response:
        name = request.path_params["name"]
        if self.running and self.running["prompt_id"] == name:
            self._halt()
            return JSONResponse({"cancelled": True})
        return JSONResponse({"cancelled": self._dequeue(name)})

    async def _upload(self, request: Request) -> Response:
        async with request.form() as form:
            file: Any = form["image"]
            place = str(form["type"]), f"{form['subfolder']}/{file.filename}"
            self.files[place] = await file.read()
        return JSONResponse({"name": file.filename, "subfolder": "imgen", "type": place[0]})

    async def _view(self, request: Request) -> Response:
        asked = request.query_params
        data = self.files.get((asked["type"], asked["filename"]))
        return Response(data, media_type="image/png") if data else Response(status_code=404)


def _problem(node: dict[str, Any], kind: str, key: str) -> dict[str, Any]:
    error = {"type": kind, "message": "Value not in list", "extra_info": {"input_name": key}}
    return {"errors": [error], "class_type": node["class_type"], "dependent_outputs": []}


def _place(reference: str) -> tuple[str, str]:
    name, _, kind = reference.partition(" [")
    return (kind.rstrip("]") or "input", name)


def paint(prompt: dict[str, Any], read: Any) -> bytes:
    """The picture of a graph: noise by its seed, of the size of its latent or its input."""
    inputs = {node["class_type"]: node["inputs"] for node in prompt.values()}
    seeds = [node["inputs"]["seed"] for node in prompt.values() if "seed" in node["inputs"]]
    sizes = [one["inputs"] for one in prompt.values() if "Latent" in one["class_type"]]
    if "LoadImage" in inputs:
        width, height = read(inputs["LoadImage"]["image"]).size
    else:
        size = next(one for one in sizes if "width" in one)
        width, height = size["width"], size["height"]
    if "ImageUpscaleWithModel" in inputs:
        width, height = width * 4, height * 4
    pixels = noise(seeds[0] if seeds else 0, width, height)
    if "CutOut" in inputs:
        pixels = np.dstack([pixels, np.full((height, width), 40, np.uint8)])
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return data.getvalue()


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

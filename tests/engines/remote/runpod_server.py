"""RunPod's serverless API with a worker-comfyui behind it, as their pages describe them."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.engines.remote.comfy_nodes import NODES, Check, paint
from tests.engines.remote.local import Local, serving

KEY = "rp-secret-5b1f"


class FakeRunPod:
    """One endpoint, `pictures`. Each look at a job moves it on by one of `states`."""

    def __init__(self) -> None:
        self.states = ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
        self.output: Any = None
        """In place of a painted picture."""
        self.error = ""
        self.progress: dict[str, Any] | None = None
        """What a newer worker says while it works."""
        self.models = {"meadow.safetensors", "kim.safetensors"}
        self.by_url = False
        """Whether pictures come as `s3_url`."""
        self.calls_back = False
        """Whether the webhook is called, at once."""
        self.hold = asyncio.Event()
        """Cleared: `/run` queues the job, and answers later."""
        self.hold.set()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.cancelled: list[str] = []
        self.looks = 0
        self.bucket: dict[str, bytes] = {}
        self._calling: set[asyncio.Task[None]] = set()
        self.local = Local(
            Starlette(
                routes=[
                    Route("/v2/pictures/run", self._run, methods=["POST"]),
                    Route("/v2/pictures/status/{name}", self._status),
                    Route("/v2/pictures/cancel/{name}", self._cancel, methods=["POST"]),
                    Route("/bucket/{name}", self._file),
                ]
            )
        )
        self.origin = ""

    @property
    def url(self) -> str:
        return f"{self.origin}/v2"

    async def _run(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return Response(status_code=401)
        body = await request.json()
        name = f"{len(self.jobs):08d}-0000-u1"
        self.jobs[name] = {"body": body, "states": list(self.states)}
        await self.hold.wait()
        if self.calls_back and (url := body.get("webhook")):
            task = asyncio.create_task(self._call(url))
            self._calling.add(task)
        return JSONResponse({"id": name, "status": "IN_QUEUE"})

    async def _call(self, url: str) -> None:
        async with httpx.AsyncClient() as client:
            await client.post(url, json={"status": "COMPLETED"})

    async def _status(self, request: Request) -> Response:
        self.looks += 1
        name = request.path_params["name"]
        job = self.jobs[name]
        state = job["states"].pop(0) if len(job["states"]) > 1 else job["states"][0]
        if state == "GONE":
            return JSONResponse({"error": "request does not exist"}, 404)
        said: dict[str, Any] = {"id": name, "status": state, "delayTime": 3}
        if state == "COMPLETED":
            said["output"] = self.output or self._painted(job["body"]["input"])
            if not self.output and "error" in said["output"]:  # as its SDK hands that on
                said |= {"status": "FAILED", "error": said.pop("output")["error"]}
        if state == "IN_PROGRESS" and self.progress:
            said["output"] = self.progress
        if state == "FAILED":
            said["error"] = self.error
        return JSONResponse(said)

    def _painted(self, given: dict[str, Any]) -> dict[str, Any]:
        """As worker-comfyui's handler: what every node saved, but nothing temporary."""
        files = {one["name"]: base64.b64decode(one["image"]) for one in given.get("images", [])}
        workflow = given["workflow"]
        checked = Check(workflow, self.models, files.__contains__)()
        if checked.error:
            return {"error": f"Workflow validation failed: {checked.node_errors}"}
        images = [
            self._image(
                f"{workflow[end]['inputs'].get('filename_prefix', 'own')}_00001_.png",
                paint(workflow, end, lambda name: Image.open(io.BytesIO(files[name]))),
            )
            for end in checked.outputs
            if NODES[workflow[end]["class_type"]].output == "output"
        ]
        return {"images": images}

    def _image(self, name: str, data: bytes) -> dict[str, str]:
        if not self.by_url:
            return {"filename": name, "type": "base64", "data": base64.b64encode(data).decode()}
        self.bucket[name] = data
        place = f"{self.origin}/bucket/{name}?X-Amz-Signature=s3cr3t"
        return {"filename": name, "type": "s3_url", "data": place}

    async def _cancel(self, request: Request) -> Response:
        name = request.path_params["name"]
        self.cancelled.append(name)
        self.jobs[name]["states"] = ["CANCELLED"]
        return JSONResponse({"id": name, "status": "CANCELLED"})

    async def _file(self, request: Request) -> Response:
        return Response(self.bucket[request.path_params["name"]], media_type="image/png")


@asynccontextmanager
async def runpod_server() -> AsyncIterator[FakeRunPod]:
    """A running one."""
    fake = FakeRunPod()
    async with serving(fake.local) as fake.origin:
        yield fake
    for task in fake._calling:
        await task

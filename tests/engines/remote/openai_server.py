"""A server with OpenAI's image calls, as the reference describes them."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.engines.remote.local import Local, noise_png, serving

KEY = "sk-secret-9a3c"


class FakeOpenAi:
    """Paints noise of the size asked for."""

    def __init__(self) -> None:
        self.sizes: set[str] = set()
        """Those that it takes; empty: any."""
        self.place = ""
        """Where pictures are, in place of in the answer; `{}` stands for a file's name."""
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.asked: list[dict[str, Any]] = []
        self.pictures: list[dict[str, Image.Image]] = []
        self.files: dict[str, bytes] = {}
        self.local = Local(
            Starlette(
                routes=[
                    Route("/v1/images/generations", self._generate, methods=["POST"]),
                    Route("/v1/images/edits", self._edit, methods=["POST"]),
                    Route("/files/{name}", self._file),
                ]
            )
        )
        self.origin = ""

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    async def _generate(self, request: Request) -> Response:
        return self._answer(request, await request.json())

    async def _edit(self, request: Request) -> Response:
        fields: dict[str, Any] = {}
        pictures: dict[str, Image.Image] = {}
        async with request.form() as form:
            for name, value in form.items():
                if isinstance(value, str):
                    fields[name] = value
                else:
                    pictures[name] = Image.open(io.BytesIO(await value.read()))
        self.pictures.append(pictures)
        return self._answer(request, fields)

    def _answer(self, request: Request, fields: dict[str, Any]) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": {"code": "invalid_api_key", "message": KEY}}, 401)
        self.asked.append(fields)
        if self.refusal is not None:
            return JSONResponse(self.refusal[1], self.refusal[0])
        if self.sizes and fields["size"] not in self.sizes:
            return JSONResponse({"error": {"code": "invalid_size", "param": "size"}}, 400)
        match = re.fullmatch(r"(\d+)x(\d+)", fields["size"])
        assert match
        data = noise_png(int(fields.get("seed", 5)), int(match[1]), int(match[2]))
        if fields.get("background") == "transparent":
            data = _clear(data)
        if not self.place:
            return JSONResponse({"created": 1, "data": [{"b64_json": _text(data)}]})
        self.files["one.png"] = data
        return JSONResponse({"created": 1, "data": [{"url": self.place.format("one.png")}]})

    async def _file(self, request: Request) -> Response:
        return Response(self.files[request.path_params["name"]], media_type="image/png")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _clear(data: bytes) -> bytes:
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    alpha = np.zeros(pixels.shape[:2], np.uint8)
    alpha[pixels.shape[0] // 4 :] = 255
    out = io.BytesIO()
    Image.fromarray(np.dstack([pixels, alpha])).save(out, "PNG")
    return out.getvalue()


@asynccontextmanager
async def openai_server() -> AsyncIterator[FakeOpenAi]:
    """A running one."""
    fake = FakeOpenAi()
    async with serving(fake.local) as fake.origin:
        yield fake

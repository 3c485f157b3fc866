"""Servers with OpenAI's image calls: the vendor, as its reference describes it, and others as their
sources have them."""

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
_SHARED = {"prompt", "model", "n", "size", "user"}
_DIFFUSION = {"negative_prompt", "num_inference_steps", "guidance_scale", "seed"}
_GPT = {"output_format", "quality", "background", "moderation", "output_compression"}
_KNOWN = {
    "vllm-omni": _SHARED | _DIFFUSION | {"response_format", "strength"},
    "sglang": _SHARED | _DIFFUSION | {"response_format"},
    "localai": _SHARED | {"response_format", "step", "steps", "seed", "file", "mode"},
    "gpt-image": _SHARED | _GPT,
    "dall-e": _SHARED | {"response_format", "quality", "style"},
    "plain": _SHARED | {"response_format"},
}
"""Kind of server, or of model → the fields that it takes."""
_THREE = {"1024x1024", "1536x1024", "1024x1536"}
_MASK_BYTES = 4 * 1024 * 1024


class FakeOpenAi:
    """Paints noise of the size asked for."""

    def __init__(self) -> None:
        self.kind = ""
        """`vllm-omni`, `sglang` or `localai`; empty: what the model's name says."""
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
                    Route("/v1/images/inpainting", self._inpaint, methods=["POST"]),
                    Route("/files/{name}", self._file),
                    Route("/generated-images/{name}", self._file),
                ]
            )
        )
        self.origin = ""

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    async def _generate(self, request: Request) -> Response:
        fields = await request.json()
        if file := fields.get("file"):  # LocalAI's way to change a picture
            picture = Image.open(io.BytesIO(base64.b64decode(file, validate=True)))
            self.pictures.append({"file": picture})
        return self._answer(request, fields)

    async def _edit(self, request: Request) -> Response:
        if self.kind == "localai":
            return JSONResponse({"message": "Not Found"}, 404)
        fields, pictures, sizes = await _form(request)
        self.pictures.append(pictures)
        mask = pictures.get("mask")
        if mask and (mask.size != pictures["image"].size or sizes["mask"] >= _MASK_BYTES):
            return _refused("invalid_mask", "mask")
        if "dall-e-2" in fields.get("model", "") and not mask and pictures["image"].mode != "RGBA":
            return _refused("missing_transparency", "image")
        return self._answer(request, fields)

    async def _inpaint(self, request: Request) -> Response:
        """LocalAI's: 512 by 512, whatever the picture's shape, and at an address."""
        fields, pictures, _ = await _form(request)
        if self.kind != "localai" or {"image", "mask"} - set(pictures) or not fields.get("model"):
            return JSONResponse({"error": {"message": "Bad Request"}}, 400)
        self.asked.append(fields)
        self.pictures.append(pictures)
        self.files["one.png"] = noise_png(0, 512, 512)
        place = f"{self.origin}/generated-images/one.png"
        return JSONResponse({"created": 1, "id": "x", "data": [{"url": place}]})

    def _answer(self, request: Request, fields: dict[str, Any]) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": {"code": "invalid_api_key", "message": KEY}}, 401)
        self.asked.append(fields)
        if self.refusal is not None:
            return JSONResponse(self.refusal[1], self.refusal[0])
        model = str(fields.get("model", ""))
        if fault := self._fault(model, fields):
            return _refused(*fault)
        match = re.fullmatch(r"(\d+)x(\d+)", fields["size"])
        assert match
        data = noise_png(int(fields.get("seed", 5)), int(match[1]), int(match[2]))
        if fields.get("background") == "transparent":
            data = _clear(data)
        if not self.place:
            return JSONResponse({"created": 1, "data": [{"b64_json": _text(data)}]})
        self.files["one.png"] = data
        return JSONResponse({"created": 1, "data": [{"url": self.place.format("one.png")}]})

    def _fault(self, model: str, fields: dict[str, Any]) -> tuple[str, str] | None:
        """Code and field of what is wrong with a request; None where nothing is."""
        kind = self.kind or next((one for one in ("gpt-image", "dall-e") if one in model), "plain")
        if not self.kind and kind == "plain" and set(fields) & _DIFFUSION:
            kind = "vllm-omni"  # a server of somebody's own takes what it takes
        if others := set(fields) - _KNOWN[kind]:
            return "unknown_parameter", sorted(others)[0]
        if "gpt-image-2" in model:
            return _two(fields)
        if self.sizes and fields["size"] not in self.sizes:
            return "invalid_size", "size"
        if kind == "gpt-image" and fields["size"] not in _THREE:
            return "invalid_size", "size"
        return None

    async def _file(self, request: Request) -> Response:
        return Response(self.files[request.path_params["name"]], media_type="image/png")


def _two(fields: dict[str, Any]) -> tuple[str, str] | None:
    """What gpt-image-2 has against a request."""
    width, height = map(int, fields["size"].split("x"))
    sound = (
        width % 16 == height % 16 == 0
        and max(width, height) <= 3840
        and max(width, height) <= 3 * min(width, height)
        and 655_360 <= width * height <= 8_294_400
    )
    if fields.get("background") == "transparent":
        return "invalid_value", "background"
    return None if sound else ("invalid_size", "size")


async def _form(
    request: Request,
) -> tuple[dict[str, Any], dict[str, Image.Image], dict[str, int]]:
    """Fields, pictures, and how large their files are."""
    fields: dict[str, Any] = {}
    pictures: dict[str, Image.Image] = {}
    sizes: dict[str, int] = {}
    async with request.form() as form:
        for name, value in form.items():
            if isinstance(value, str):
                fields[name] = value
            else:
                data = await value.read()
                pictures[name], sizes[name] = Image.open(io.BytesIO(data)), len(data)
    return fields, pictures, sizes


def _refused(code: str, field: str) -> Response:
    error = {"code": code, "param": field, "type": "invalid_request_error", "message": "In words"}
    return JSONResponse({"error": error}, 400)


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

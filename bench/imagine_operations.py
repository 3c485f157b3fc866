"""Every Imagine operation on a picture of one megapixel by `sketch`, beside the engine alone.

`over HTTP` is what a client waits for: upload, checks, credits, queue, review, engine, marks,
credentials, storage, and the finished PNG or JPEG. `the engine alone` is the same engine called as
a function. `CPU ms` is processor time: of the server, worker and PostgreSQL, or of the engine.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from bench.rounds import Row, alternate, cpu_seconds, noise, table, write
from imgen.database.embedded import EmbeddedPostgres
from imgen.engines.protocol import EngineRequest, Task
from imgen.engines.sketch.edits.registry import EDITS
from imgen.engines.sketch.paint import paint, paint_cutout
from tests.live import Deployment, deployed

_SIDE = 1024
_PROMPT = "a lighthouse by the sea"
_SEED = 5
Pixels = NDArray[np.uint8]

OPERATIONS: dict[str, tuple[str, dict[str, str], Task]] = {
    "generations": ("/v2/image/generations", {"prompt": _PROMPT}, Task.TEXT_TO_IMAGE),
    "transparent": ("/v2/image/generations/transparent", {"prompt": _PROMPT}, Task.TEXT_TO_IMAGE),
    "ai-background": (
        "/v2/image/generations/ai-background", {"prompt": _PROMPT}, Task.REPLACE_BACKGROUND),
    "remover": ("/v2/image/background/remover", {}, Task.REMOVE_BACKGROUND),
    "enhance 2×": ("/v2/image/enhance", {}, Task.UPSCALE),
    "generative-fill": (
        "/v2/image/edits/generative-fill", {"prompt": "a red boat"}, Task.INPAINT),
    "ai-resize to 4:3": ("/v2/image/edits/ai-resize", {"aspect_ratio": "4:3"}, Task.OUTPAINT),
    "remove": ("/v2/image/edits/remove", {}, Task.ERASE),
    "variations": (
        "/v1/imagine/api/generations/variations",
        {"prompt": _PROMPT, "strength": "0.5"},
        Task.IMAGE_TO_IMAGE,
    ),
}  # fmt: skip


def main() -> None:
    """Measure, print a table, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    rounds = 1 if parser.parse_args().quick else 3
    picture, mask = _picture(), _mask()
    rows: dict[str, dict[str, Row]] = {}
    with (
        TemporaryDirectory(prefix="imgen-bench-") as folder,
        deployed(Path(folder) / "data", IMGEN_WORKER__STALLED_SECONDS="60") as deployment,
    ):
        key = deployment.run("keys", "create", "bench").strip()
        for name in OPERATIONS:
            contenders: dict[str, Callable[[], Mapping[str, float]]] = {
                "over HTTP": partial(_called, deployment, key, name, picture, mask),
                "the engine alone": partial(_engine, name, picture, mask),
            }
            rows[name] = alternate(contenders, rounds)
            print(f"\n{name}\n{table(rows[name])}", flush=True)
    print(f"median (min–max) of {rounds} rounds; {_SIDE}×{_SIDE} pixels; {noise()}")
    print(write("imagine_operations", {"rounds": rounds, "rows": rows}))


def _picture() -> Pixels:
    cat = data.chelsea()[:300, :300]
    return np.asarray(cv2.resize(cat, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)


def _mask() -> Pixels:
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    mask[600:860, 600:860] = 255
    return mask


def _needs(name: str) -> tuple[str, ...]:
    task = OPERATIONS[name][2]
    if task is Task.TEXT_TO_IMAGE:
        return ()
    return ("image", "mask") if task in (Task.INPAINT, Task.ERASE) else ("image",)


def _called(
    deployment: Deployment, key: str, name: str, picture: Pixels, mask: Pixels
) -> Mapping[str, float]:
    path, fields, _ = OPERATIONS[name]
    files: dict[str, Any] = {field: (None, value) for field, value in fields.items()}
    files["seed"] = (None, str(_SEED))
    for field in _needs(name):
        buffer = io.BytesIO()
        Image.fromarray({"image": picture, "mask": mask}[field]).save(
            buffer, format="JPEG" if field == "image" else "PNG", quality=92
        )
        files[field] = (field, buffer.getvalue())
    pids = _pids(deployment)
    with httpx.Client(timeout=120) as client:
        used, began = cpu_seconds(pids), time.perf_counter()
        reply = client.post(
            deployment.url + path,
            headers={"Authorization": f"Bearer {key}", "Accept": "image/*"},
            files=files,
        )
        took = time.perf_counter() - began
    if reply.status_code != 200:
        raise RuntimeError(reply.text)
    return {"ms": took * 1000, "CPU ms": (cpu_seconds(pids) - used) * 1000}


def _pids(deployment: Deployment) -> list[int]:
    """The server, below which its worker runs, and PostgreSQL."""
    assert deployment.process is not None
    postgres = EmbeddedPostgres(deployment.folder).pid()
    assert postgres is not None
    return [deployment.process.pid, postgres]


def _engine(name: str, picture: Pixels, mask: Pixels) -> Mapping[str, float]:
    _, fields, task = OPERATIONS[name]
    size = {"enhance 2×": (2 * _SIDE, 2 * _SIDE), "ai-resize to 4:3": (1365, _SIDE)}
    width, height = size.get(name, (_SIDE, _SIDE))
    prompt = fields.get("prompt", "")
    used, began = time.process_time(), time.perf_counter()
    if task is Task.TEXT_TO_IMAGE:
        painter = paint_cutout if name == "transparent" else paint
        painter(prompt, width=width, height=height, seed=_SEED)
    else:
        request = EngineRequest(
            task=task, model="sketch", prompt=prompt, negative_prompt="", width=width,
            height=height, seed=_SEED, image=picture, mask=mask, strength=0.5,
        )  # fmt: skip
        EDITS[task](request, lambda step, of: None)
    took = time.perf_counter() - began
    return {"ms": took * 1000, "CPU ms": (time.process_time() - used) * 1000}


if __name__ == "__main__":
    main()

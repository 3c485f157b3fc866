"""A folder of weights, `imgen serve`, and the v2 client gets a picture made by diffusers."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from tests.engines.diffusers.conftest import Weights
from tests.live import deployed

_CATALOG = """
[models.meadow]
label = "Meadow"
engine = "diffusers"
family = "sdxl"
styles = ["photoreal"]
default_style = "photoreal"
base_negatives = ["blurry"]
tasks = ["text_to_image", "image_to_image", "inpaint"]
sizes = [[256, 256]]
steps = 3
options = {{ weights = "sdxl", scheduler = "DPMSolverMultistepScheduler" }}

[characters.kim]
label = "Kim"
trigger = "photo of kim"
lora = {{ reference = "{lora}", weight = 0.8, family = "sdxl" }}
"""


def _call(client: httpx.Client, **body: Any) -> dict[str, Any]:
    reply = client.post("/api/v2", json=body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def _picture(client: httpx.Client, prompt: str) -> tuple[Any, dict[str, Any]]:
    """Submit, poll and fetch, as the document's client does."""
    job = _call(client, action="generate", prompt=prompt, model="meadow", seed=5, format="png")
    named = {name: job[name] for name in ("id", "prompt", "model")}
    until = time.monotonic() + 120
    while (said := _call(client, action="status", **named))["status"] not in {
        "COMPLETED",
        "FAILED",
    }:
        assert time.monotonic() < until, said
        time.sleep(0.05)
    assert said["status"] == "COMPLETED", said
    fetched = httpx.get(said["meta"]["images"][0]["url"], timeout=20)
    return np.asarray(Image.open(io.BytesIO(fetched.content)).convert("RGB")), said


def test_a_folder_of_weights_serves_the_v2_client(weights: Weights, tmp_path: Path) -> None:
    folder = weights("sdxl")
    from tests.engines.diffusers.tiny import make_lora

    lora = make_lora(folder, tmp_path / "kim.safetensors", seed=1)
    catalog = tmp_path / "own.toml"
    catalog.write_text(_CATALOG.format(lora=lora))
    variables = {
        "IMGEN_DIFFUSERS__MODELS": str(folder.parent),
        "IMGEN_DIFFUSERS__DEVICE": "cpu",
        "IMGEN_CATALOG__PATHS": json.dumps([str(catalog)]),
        "IMGEN_FINISHING__INVISIMARK": "false",
        "IMGEN_GENERATION__TRIES": "1",
        "OMP_NUM_THREADS": "1",
    }
    with deployed(tmp_path / "data", **variables) as deployment:
        key = deployment.run("keys", "create", "me").split()[-1]
        with deployment.client(key) as client:
            plain, said = _picture(client, "a lake in the mountains, -fog")
            with_kim, _ = _picture(client, "@kim a lake in the mountains, -fog")
    assert plain.std() > 5
    assert said["meta"]["engine"] == "diffusers"
    assert not np.array_equal(plain, with_kim)

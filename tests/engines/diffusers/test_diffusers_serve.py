"""A folder of weights, `imgen serve`, and clients get pictures made by diffusers."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.engines.diffusers.conftest import Weights, picture
from tests.live import deployed

_CATALOG = """
[models.flux-schnell] # every surface's default
label = "Meadow"
engine = "diffusers"
family = "sdxl"
styles = ["photoreal"]
default_style = "photoreal"
base_negatives = ["blurry"]
tasks = ["text_to_image", "image_to_image", "inpaint"]
sizes = [[256, 256]]
steps = 3
[models.flux-schnell.options]
weights = "sdxl"
scheduler = "DPMSolverMultistepScheduler"
controlnets = {{ openpose = "{net}", canny = "{net}", lineart = "{net}", depth = "{net}" }}
hint_models = {{ openpose = "{pose}", depth = "{depth}" }}

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
    job = _call(
        client, action="generate", prompt=prompt, model="flux-schnell", seed=5, format="png"
    )
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


@pytest.fixture(scope="module")
def client(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Of a deployment with one model, its LoRA, its ControlNet and what draws hints."""
    folder = weights("sdxl")
    from tests.engines.diffusers.networks import make_depth, make_pose, make_union
    from tests.engines.diffusers.tiny import make_lora

    root = tmp_path_factory.mktemp("deployment")
    catalog = root / "own.toml"
    catalog.write_text(
        _CATALOG.format(
            lora=make_lora(folder, root / "kim.safetensors", seed=1),
            net=make_union(folder, root / "net"),
            pose=make_pose(root / "pose"),
            depth=make_depth(root / "depth"),
        )
    )
    variables = {
        "IMGEN_DIFFUSERS__MODELS": str(folder.parent),
        "IMGEN_DIFFUSERS__DEVICE": "cpu",
        "IMGEN_CATALOG__PATHS": json.dumps([str(catalog)]),
        "IMGEN_FINISHING__INVISIMARK": "false",
        "IMGEN_GENERATION__TRIES": "1",
        "OMP_NUM_THREADS": "1",
    }
    with deployed(root / "data", **variables) as deployment:
        key = deployment.run("keys", "create", "me").split()[-1]
        with deployment.client(key) as client:
            yield client


def test_a_folder_of_weights_serves_the_v2_client(client: httpx.Client) -> None:
    plain, said = _picture(client, "a lake in the mountains, -fog")
    with_kim, _ = _picture(client, "@kim a lake in the mountains, -fog")
    assert plain.std() > 5
    assert said["meta"]["engine"] == "diffusers"
    assert not np.array_equal(plain, with_kim)


def test_imagines_remix_is_guided_by_each_kind_that_the_model_has(client: httpx.Client) -> None:
    png = io.BytesIO()
    Image.fromarray(picture(256, 256)).save(png, "PNG")
    pictures = {}
    for kind in ("openpose", "scribble", "canny", "lineart", "depth"):
        reply = client.post(
            "/v1/imagine/api/edits/remix",
            data={"prompt": "a lake", "style_id": "27", "control": kind, "seed": "5"},
            files={"image": ("disc.png", png.getvalue(), "image/png")},
            timeout=120,
        )
        said = reply.json()
        assert reply.status_code == 200, said
        assert ("control" in said["ignored"]) is (kind == "scribble")
        pictures[kind] = httpx.get(said["url"], timeout=20).content
    assert len(set(pictures.values())) == 5

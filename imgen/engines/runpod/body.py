"""The body of `/run`: what worker-comfyui takes."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

from imgen.engines.comfyui.order import Order
from imgen.engines.protocol import MODEL_CANNOT
from imgen.engines.runpod.job import Pace
from imgen.errors import Invalid

_LARGEST = 10 * 1024 * 1024
"""Bytes that `/run` takes."""
_SAVES = frozenset({"SaveImage", "PreviewImage"})


def under_a_name(order: Order, name: str) -> tuple[Order, str]:
    """The order with the picture that counts saved under a name: that is how it is told from
    others, since a worker-comfyui says of no picture which node made it.

    Returns:
        The order, and how the picture's file begins; empty where no node of ComfyUI's own saves it.
    """
    node = order.workflow.get(order.output)
    if node is None or node.get("class_type") not in _SAVES:
        return order, ""
    inputs = node["inputs"]
    assert isinstance(inputs, dict)
    # What is only shown is temporary, and left out by worker-comfyui.
    saved = {**node, "class_type": "SaveImage", "inputs": {**inputs, "filename_prefix": name}}
    return replace(order, workflow={**order.workflow, order.output: saved}), name


def request_body(order: Order, pace: Pace, webhook: str) -> bytes:
    """The JSON body, encoded. Blocking.

    Raises:
        imgen.errors.Invalid: RunPod would not take it; another engine may.
    """
    files = [
        {"name": name, "image": base64.b64encode(data).decode()}
        for name, data in order.files.items()
    ]
    body: dict[str, object] = {
        "input": {"workflow": order.workflow, **({"images": files} if files else {})},
        "policy": {
            "executionTimeout": round(pace.execution * 1000),
            "ttl": round(pace.alive * 1000),
        },
    }
    if webhook:
        body["webhook"] = webhook
    data = json.dumps(body).encode()
    if len(data) > _LARGEST:
        message = "The picture is too large for this model's server"
        raise Invalid(message, code=MODEL_CANNOT, field="image")
    return data

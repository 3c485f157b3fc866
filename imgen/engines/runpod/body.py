"""The body of `/run`: what worker-comfyui takes."""

from __future__ import annotations

import base64
import json

from imgen.engines.comfyui.order import Order
from imgen.engines.runpod.job import Pace
from imgen.errors import TooLarge

_LARGEST = 10 * 1024 * 1024
"""Bytes that `/run` takes."""


def request_body(order: Order, pace: Pace, webhook: str) -> bytes:
    """The JSON body, encoded. Blocking.

    Raises:
        imgen.errors.TooLarge: RunPod would not take it.
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
        raise TooLarge("The picture is too large for this model's server", field="image")
    return data

"""Where people are in a picture, so that each one's pose is looked at by itself."""

from __future__ import annotations

from pathlib import Path

import transformers

from imgen.engines.diffusers.device import Device
from imgen.engines.diffusers.networks.pose import Box
from imgen.engines.diffusers.networks.vision import Vision, read
from imgen.engines.diffusers.order import Pixels
from imgen.errors import Unavailable

_SURE = 0.3
"""Least score of a person."""
_MOST = 16
"""People that are looked at, the surest first."""


class People:
    """RT-DETR, YOLOS, DETR: what transformers has for finding objects, among them people.

    Args:
        folder: its configuration, safetensors and `preprocessor_config.json`.

    Raises:
        imgen.errors.Unavailable: it cannot be read, or does not know people.
    """

    def __init__(self, folder: Path, device: Device) -> None:
        self._network = Vision(transformers.AutoModelForObjectDetection, folder, device)
        self._scale = read(transformers.AutoImageProcessor, folder, backend="pil")
        labels = self._network.config.id2label
        self._person = {number for number, name in labels.items() if name.lower() == "person"}
        if not self._person:
            raise Unavailable(f"{folder.name} does not know people among the objects it finds")

    def boxes(self, colour: Pixels) -> list[Box]:
        """Round each person, within the picture. Blocking.

        Args:
            colour: (height, width, 3).
        """
        height, width = colour.shape[:2]
        fed = self._scale(images=colour, return_tensors="pt")
        found = self._network(**fed)
        result = self._scale.post_process_object_detection(
            found, threshold=_SURE, target_sizes=[(height, width)]
        )[0]
        sure = sorted(
            zip(
                result["scores"].tolist(),
                result["labels"].tolist(),
                result["boxes"].tolist(),
                strict=True,
            ),
            key=lambda one: -one[0],
        )
        corners = [corner for _, label, corner in sure if label in self._person][:_MOST]
        return [box for corner in corners if (box := _within(corner, width, height))]


def _within(corners: list[float], width: int, height: int) -> Box | None:
    """(left, top, right, bottom) cut at the picture's edges; None where nothing is left."""
    left, top = max(0.0, corners[0]), max(0.0, corners[1])
    right, low = min(float(width), corners[2]), min(float(height), corners[3])
    if right - left < 1 or low - top < 1:
        return None
    return left, top, right - left, low - top

"""Where people's joints are in a picture: the hint of the control `openpose`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from imgen.engines.diffusers.device import Device
from imgen.engines.diffusers.networks.skeleton import Person
from imgen.engines.diffusers.networks.vision import Vision
from imgen.engines.diffusers.order import Pixels
from imgen.errors import Unavailable

_COCO = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)
"""The points that networks trained on COCO find, in their order."""
_SEEN = 0.3
"""A heat map that rises no higher has not found its point."""
_ROOM = 1.25
"""How much more than a person's box is looked at, each way."""
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)

Box = tuple[float, float, float, float]
"""(left, top, width, height) in pixels."""


@dataclass(frozen=True, slots=True)
class View:
    """The part of a picture that the network is shown: round a box, of the network's shape."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def around(cls, box: Box, aspect: float) -> View:
        """Args: aspect: width by height."""
        left, top, width, height = box
        middle = left + width / 2, top + height / 2
        width, height = max(width, height * aspect), max(height, width / aspect)
        width, height = width * _ROOM, height * _ROOM
        return cls(middle[0] - width / 2, middle[1] - height / 2, width, height)

    def shown(self, colour: Pixels, width: int, height: int) -> Pixels:
        """It at the network's size; black beyond the picture's edges."""
        across, down = (width - 1) / self.width, (height - 1) / self.height
        moved = np.array([[across, 0, -across * self.left], [0, down, -down * self.top]])
        return np.asarray(cv2.warpAffine(colour, moved, (width, height)), np.uint8)

    def back(self, place: tuple[float, float], width: int, height: int) -> tuple[float, float]:
        """A place on a map of that size → in the picture."""
        across, down = self.width / (width - 1), self.height / (height - 1)
        return place[0] * across + self.left, place[1] * down + self.top


class Pose:
    """VitPose, trained on COCO's 17 points (https://arxiv.org/abs/2204.12484).

    Args:
        folder: its configuration, safetensors and `preprocessor_config.json`.

    Raises:
        imgen.errors.Unavailable: it cannot be read, or finds other points.
    """

    def __init__(self, folder: Path, device: Device) -> None:
        self._network = Vision(transformers.VitPoseForPoseEstimation, folder, device)
        config = self._network.config
        if config.num_labels != len(_COCO):
            raise Unavailable(f"{folder.name} does not find COCO's {len(_COCO)} points of a body")
        self._height, self._width = config.backbone_config.image_size
        self._mean, self._deviation = _normal(folder)
        self._experts = int(config.backbone_config.num_experts)

    def people(self, colour: Pixels, boxes: Sequence[Box]) -> list[Person]:
        """Where the points of each person are. Blocking.

        Args:
            colour: (height, width, 3).
            boxes: one round each person.

        Returns:
            As many as boxes; empty where nothing is seen.
        """
        if not boxes:
            return []
        views = [View.around(box, self._width / self._height) for box in boxes]
        shown = np.stack([view.shown(colour, self._width, self._height) for view in views])
        normal = (shown.astype(np.float32) / 255 - self._mean) / self._deviation
        inputs = {"pixel_values": torch.from_numpy(normal.transpose(0, 3, 1, 2).copy())}
        if self._experts > 1:  # the first one was trained on COCO
            inputs["dataset_index"] = torch.zeros(len(views), dtype=torch.long)
        maps = self._network(**inputs).heatmaps.float().cpu().numpy()
        return [person_of(heat, view) for heat, view in zip(maps, views, strict=True)]


def person_of(heat: NDArray[np.float32], view: View) -> Person:
    """The points that a person's heat maps show.

    Args:
        heat: (17, height, width), one map for each of COCO's points.
        view: what the network was shown.
    """
    height, width = heat.shape[1:]
    found = {
        name: view.back(_peak(one), width, height)
        for name, one in zip(_COCO, heat, strict=True)
        if one.max() > _SEEN
    }
    left, right = found.get("left_shoulder"), found.get("right_shoulder")
    if left and right:  # COCO has no neck
        found["neck"] = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    return found


def _peak(heat: NDArray[np.float32]) -> tuple[float, float]:
    """(x, y) of the highest place, a quarter of a pixel towards its higher neighbours."""
    y, x = (int(one) for one in np.unravel_index(heat.argmax(), heat.shape))
    return x + _lean(heat[y], x), y + _lean(heat[:, x], y)


def _lean(line: NDArray[np.float32], place: int) -> float:
    if not 0 < place < len(line) - 1:
        return 0.0
    return 0.25 * float(np.sign(line[place + 1] - line[place - 1]))


def _normal(folder: Path) -> tuple[Any, Any]:
    """Mean and deviation of the colours that the network was trained on, as shares of 1."""
    try:
        read = json.loads((folder / "preprocessor_config.json").read_text())
    except (OSError, ValueError):
        read = {}
    mean, deviation = read.get("image_mean", _MEAN), read.get("image_std", _DEVIATION)
    return np.array(mean, np.float32), np.array(deviation, np.float32)

"""How far away everything in a picture is: the hint of the control `depth`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import transformers
from numpy.typing import NDArray

from imgen.engines.diffusers.device import Device
from imgen.engines.diffusers.networks.vision import Vision, read
from imgen.engines.diffusers.order import Pixels
from imgen.errors import Unavailable

_IN_METRES = {"glpn", "zoedepth"}
"""Kinds of network whose larger values are farther away; the others tell nearness."""
_NEAREST = 0.1
"""Metres; what is said to be nearer is taken for as near."""


class Depth:
    """Depth Anything, DPT, ZoeDepth, GLPN: what transformers has for depth estimation.

    Args:
        folder: its configuration, safetensors and `preprocessor_config.json`.

    Raises:
        imgen.errors.Unavailable: it cannot be read.
    """

    def __init__(self, folder: Path, device: Device) -> None:
        self._network = Vision(transformers.AutoModelForDepthEstimation, folder, device)
        # The same way of scaling a picture everywhere, with torchvision or without.
        self._scale = read(transformers.AutoImageProcessor, folder, backend="pil")

    def draw(self, colour: Pixels) -> Pixels:
        """The nearer, the whiter. Blocking.

        Args:
            colour: (height, width, 3).

        Returns:
            (height, width, 3), grey, from black at the farthest to white at the nearest.
        """
        # ZoeDepth would pad, and needs torchvision to undo it.
        fed = self._scale(images=colour, do_pad=False, return_tensors="pt")
        found = self._network(pixel_values=fed["pixel_values"]).predicted_depth[0]
        height, width = colour.shape[:2]
        small = np.asarray(found.float().cpu().numpy(), np.float32)
        full = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        return nearness(np.asarray(full, np.float32), metres=self._tells_metres())

    def _tells_metres(self) -> bool:
        config = self._network.config
        kind = getattr(config, "depth_estimation_type", "relative")
        return config.model_type in _IN_METRES or kind == "metric"


def nearness(depth: NDArray[np.float32], *, metres: bool) -> Pixels:
    """A depth map as ControlNets were trained to see it.

    Args:
        depth: (height, width): distances in metres, or how near, in any unit.

    Returns:
        (height, width, 3).

    Raises:
        imgen.errors.Unavailable: it holds values that are no numbers.
    """
    near = np.asarray(depth, np.float64)
    if not np.isfinite(near).all():
        raise Unavailable("The network for depth found none: it is damaged", code="not_finite")
    if metres:
        near = 1 / np.maximum(near, _NEAREST)
    near = near - near.min()
    grey = np.rint(near * (255 / (float(near.max()) or 1.0))).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)

"""The subject of a picture cut from its background, by an ONNX model that an operator names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from imgen.engines.diffusers.device import Device
from imgen.engines.diffusers.order import Pixels
from imgen.errors import Invalid, Unavailable

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_SIDE = 1024
_CUDA = "CUDAExecutionProvider"


class Matting:
    """A salience or matting network: U²-Net, IS-Net, BiRefNet and their like.

    It takes (1, 3, side, side), normalised, and its first output is (1, 1, side, side) or
    (1, side, side): how much each pixel belongs to the subject, as a share or before the sigmoid.

    Args:
        file: the ONNX file.
        options: `mean` and `deviation` (three shares each), `side` in pixels where the file leaves
            it open, `stretch`: whether the output is spread to the full range (U²-Net).

    Raises:
        imgen.errors.Unavailable: the file cannot be read.
    """

    def __init__(self, file: Path, options: Mapping[str, object], device: Device) -> None:
        try:
            self._session = onnxruntime.InferenceSession(str(file), providers=providers_on(device))
        except Exception as error:  # its exceptions share no base
            first = str(error).strip().splitlines()[0]
            raise Unavailable(f"{file.name} cannot be read as ONNX: {first}") from error
        self._file = file.name
        given = self._session.get_inputs()[0]
        self._name = given.name
        fixed = given.shape[-1] if isinstance(given.shape[-1], int) else 0
        self._side = fixed or _number(options, "side", _SIDE)
        self._mean = _three(options, "mean", _MEAN)
        self._deviation = _three(options, "deviation", _DEVIATION)
        self._stretch = options.get("stretch", False) is True

    def matte(self, colour: Pixels) -> NDArray[np.uint8]:
        """Blocking.

        Args:
            colour: (height, width, 3).

        Returns:
            (height, width): 255 where the subject is, 0 where it is not.
        """
        size = (self._side, self._side)
        small = cv2.resize(colour, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        normal = (small - self._mean) / self._deviation
        fed = np.ascontiguousarray(normal.transpose(2, 0, 1)[None], np.float32)
        found: Any = self._session.run(None, {self._name: fed})[0]
        share = np.asarray(found, np.float32).reshape(-1, self._side, self._side)[0]
        if not np.isfinite(share).all():
            raise Unavailable(f"{self._file} found no subject: it is damaged", code="not_finite")
        if share.min() < 0 or share.max() > 1:
            share = 1 / (1 + np.exp(-share))
        if self._stretch:
            share = (share - share.min()) / max(float(share.max() - share.min()), 1e-6)
        height, width = colour.shape[:2]
        full = cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.rint(np.clip(full, 0, 1) * 255), np.uint8)


def providers_on(device: Device) -> list[Any]:
    """What of onnxruntime computes on a device; the CPU where it has nothing for it.

    Left to choose, it would take TensorRT, and the first GPU whichever is meant.
    """
    kind, _, number = device.name.partition(":")
    cpu = ["CPUExecutionProvider"]
    if kind != "cuda" or _CUDA not in onnxruntime.get_available_providers():
        return cpu
    return [(_CUDA, {"device_id": int(number or 0)}), *cpu]


def _number(options: Mapping[str, object], name: str, plain: int) -> int:
    value = options.get(name, plain)
    if not isinstance(value, int) or not 32 <= value <= 4096:
        raise Invalid(f"matting_options.{name} must be a whole number from 32 to 4096")
    return value


def _three(options: Mapping[str, object], name: str, plain: tuple[float, ...]) -> Any:
    value = options.get(name, plain)
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise Invalid(f"matting_options.{name} must be three numbers")
    return np.array([float(one) for one in value], np.float32)

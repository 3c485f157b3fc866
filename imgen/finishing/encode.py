"""From pixels to the bytes of a picture file."""

from __future__ import annotations

import io
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgen.errors import Internal

_WHITE = (255, 255, 255)
_AVIF_SPEED = 8  # of 0 to 10: slower ones save few bytes
_WEBP_METHOD = 4


class Format(StrEnum):
    """The file formats that pictures are delivered in."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"

    @property
    def extension(self) -> str:
        """Of file names, without the dot: `jpg`."""
        return "jpg" if self is Format.JPEG else self.value

    @property
    def media_type(self) -> str:
        """For `Content-Type`: `image/jpeg`."""
        return f"image/{self.value}"


def encode(
    image: NDArray[np.uint8], format: Format, *, quality: int = 95, lossless: bool = False
) -> bytes:
    """Encode a picture. Blocking: tens to hundreds of milliseconds.

    Args:
        image: (height, width, 3) or (height, width, 4) in sRGB; JPEG puts alpha on white.
        quality: 1 to 100; PNG has none.
        lossless: WebP and AVIF only; every pixel comes back as it was.
    """
    if format is Format.AVIF and lossless:
        return _lossless_avif(image)
    picture = Image.fromarray(image)
    if format is Format.JPEG and picture.mode == "RGBA":
        ground = Image.new("RGB", picture.size, _WHITE)
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    buffer = io.BytesIO()
    picture.save(buffer, format=format.value.upper(), **_options(format, quality, lossless))
    return buffer.getvalue()


def decode(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a file that `encode` made: (height, width, 3 or 4)."""
    with Image.open(io.BytesIO(data)) as picture:
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        return np.asarray(picture.convert(mode))


def _options(format: Format, quality: int, lossless: bool) -> dict[str, Any]:
    match format:
        case Format.JPEG:
            return {"quality": quality, "subsampling": 0 if quality >= 90 else 2, "optimize": True}
        case Format.PNG:
            return {"compress_level": 6}
        case Format.WEBP:
            return {
                "quality": quality,
                "lossless": lossless,
                "method": _WEBP_METHOD,
                "exact": lossless,
            }
        case Format.AVIF:
            return {"quality": quality, "subsampling": "4:2:0", "speed": _AVIF_SPEED}


def _lossless_avif(image: NDArray[np.uint8]) -> bytes:
    """Through OpenCV, which stores RGB as it is; Pillow's way over YUV is off by up to 2 levels."""
    swap = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    parameters = [cv2.IMWRITE_AVIF_QUALITY, 100, cv2.IMWRITE_AVIF_SPEED, _AVIF_SPEED]
    done, data = cv2.imencode(".avif", cv2.cvtColor(image, swap), parameters)
    if not done:
        raise Internal("The picture could not be encoded as lossless AVIF")
    return data.tobytes()

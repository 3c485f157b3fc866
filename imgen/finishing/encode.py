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

_AVIF_SPEED = 8  # of 0 to 10: slower ones save few bytes
_WEBP_METHOD = 2  # of 0 to 6: 4 takes twice as long for 0.3 dB
_PNG_LEVEL = 4  # of 0 to 9, in OpenCV: a quarter of Pillow's default time for 6% more bytes
_LOSSLESS_AVIF = [cv2.IMWRITE_AVIF_QUALITY, 100, cv2.IMWRITE_AVIF_SPEED, _AVIF_SPEED]
_JPEG_START = b"\xff\xd8\xff"


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
    if format is Format.PNG:
        return _by_opencv(image, ".png", [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL])
    if format is Format.AVIF and lossless:
        return _by_opencv(image, ".avif", _LOSSLESS_AVIF)
    picture = Image.fromarray(on_white(image) if format is Format.JPEG else image)
    options = _options(format, quality, lossless)
    try:
        return _by_pillow(picture, format, options)
    except OSError:
        if "optimize" not in options:
            raise
        # Optimised tables want the whole file in one buffer, whose size Pillow guesses; grain may
        # need more. The pixels are the same without.
        return _by_pillow(picture, format, {**options, "optimize": False})


def is_exact(format: Format, *, lossless: bool) -> bool:
    """Whether `decode` gives back what `encode` was given, pixel for pixel."""
    return format is Format.PNG or (lossless and format is not Format.JPEG)


def decode(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a file that `encode` made: (height, width, 3 or 4).

    JPEG through OpenCV, which has the same decoder as Pillow and copies less; a test compares them.
    """
    if data.startswith(_JPEG_START):
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        if pixels is not None:
            return pixels.astype(np.uint8, copy=False)
    with Image.open(io.BytesIO(data)) as picture:
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        return np.asarray(picture.convert(mode))


def on_white(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(height, width, 3): the picture as it looks where there is no transparency."""
    if image.shape[2] == 3:
        return image
    alpha = image[..., 3:].astype(np.float32) / 255
    mixed = image[..., :3] * alpha + 255 * (1 - alpha)
    return (mixed + np.float32(0.5)).astype(np.uint8)


def _options(format: Format, quality: int, lossless: bool) -> dict[str, Any]:
    match format:
        case Format.JPEG:
            return {"quality": quality, "subsampling": 0 if quality >= 90 else 2, "optimize": True}
        case Format.WEBP:
            return {
                "quality": quality,
                "lossless": lossless,
                "method": _WEBP_METHOD,
                "exact": lossless,
            }
        case _:
            return {"quality": quality, "subsampling": "4:2:0", "speed": _AVIF_SPEED}


def _by_pillow(picture: Image.Image, format: Format, options: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=format.value.upper(), **options)
    return buffer.getvalue()


def _by_opencv(image: NDArray[np.uint8], extension: str, parameters: list[int]) -> bytes:
    """AVIF too: OpenCV stores RGB as it is, Pillow's way over YUV is off by up to 2 levels."""
    swap = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    done, data = cv2.imencode(extension, cv2.cvtColor(image, swap), parameters)
    if not done:
        raise Internal(f"The picture could not be encoded as {extension[1:].upper()}")
    return data.tobytes()

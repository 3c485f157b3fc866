"""Any colour mode that a picture file may have, as 8-bit sRGB."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N")
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.HIGHRESPRECALC
_NEAR_ENOUGH = 2
"""Levels by which a profile may differ from sRGB and still be one: rounding within the profile."""
_BAND_ROWS = 256


def to_srgb(picture: Image.Image) -> NDArray[np.uint8]:
    """The pixels: (height, width, 3), or 4 where any of them is transparent. Blocking.

    16 bits a channel become 8, palettes and 1-bit pictures colour, CMYK and profiled colour sRGB.
    A profile that cannot be used is taken for sRGB.
    """
    profile = picture.info.get("icc_profile") or b""
    if picture.mode in _DEEP:
        picture = _shallow(picture)
    alpha = None
    if picture.has_transparency_data:
        if picture.mode not in {"LA", "RGBA"}:
            picture = picture.convert("RGBA")
        alpha = np.asarray(picture.getchannel("A"))
        picture = picture.convert("L" if picture.mode == "LA" else "RGB")
    colour = _array(_profiled(picture, profile) if profile else _in_colour(picture))
    if alpha is None or alpha.min() == 255:
        return colour
    return np.dstack([colour, alpha])


def to_grey(picture: Image.Image) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Brightness and, where any pixel is transparent, alpha; both (height, width). Blocking."""
    if picture.mode in _DEEP:
        picture = _shallow(picture)
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("RGB").convert("L")), None
    picture = picture.convert("RGBA")
    alpha = np.asarray(picture.getchannel("A"))
    grey = np.asarray(picture.convert("RGB").convert("L"))
    return grey, None if alpha.min() == 255 else alpha


def with_alpha(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(height, width, 4): opaque where nothing was said of transparency."""
    if pixels.shape[2] == 4:
        return pixels
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


def _in_colour(picture: Image.Image) -> Image.Image:
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _array(picture: Image.Image) -> NDArray[np.uint8]:
    """(height, width, 3) of an RGB picture, band by band: at once would need twice the memory."""
    width, height = picture.size
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _BAND_ROWS):
        bottom = min(top + _BAND_ROWS, height)
        pixels[top:bottom] = np.asarray(picture.crop((0, top, width, bottom)))
    return pixels


def _shallow(picture: Image.Image) -> Image.Image:
    """16 bits of grey, which Pillow would clip at 255, as 8."""
    deep = np.asarray(picture).astype(np.float32)
    grey = np.clip(deep / 257 + 0.5, 0, 255).astype(np.uint8)
    clear = picture.info.get("transparency")
    if not isinstance(clear, int):
        return Image.fromarray(grey)
    alpha = np.where(deep == clear, 0, 255).astype(np.uint8)
    return Image.fromarray(np.dstack([grey, alpha]), "LA")


def _profiled(picture: Image.Image, profile: bytes) -> Image.Image:
    if picture.mode not in {"L", "RGB", "CMYK"}:
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    transform = _transform(profile, picture.mode)
    if transform is None:
        return _in_colour(picture)
    return ImageCms.applyTransform(picture, transform) or _in_colour(picture)


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From the profile's colours to sRGB; None where there is nothing to do, or no way."""
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(
            given, _SRGB, mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC, _FLAGS
        )
        changes = mode == "CMYK" or _changes(transform, mode)
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None
    return transform if changes else None


def _changes(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether any colour would look different: a picture in sRGB must stay as it is, exactly."""
    levels = np.linspace(0, 255, 18).round().astype(np.uint8)
    if mode == "L":
        sample = Image.fromarray(levels[None, :])
    else:
        grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1)
        sample = Image.fromarray(grid.reshape(1, -1, 3))
    before = np.asarray(sample.convert("RGB")).astype(int)
    after = np.asarray(ImageCms.applyTransform(sample, transform)).astype(int)
    return int(np.abs(after - before).max()) > _NEAR_ENOUGH

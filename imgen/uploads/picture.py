"""Opens a picture that a client sent, which may be anything, within limits."""

from __future__ import annotations

import contextlib
import io
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgen.errors import Invalid, TooLarge
from imgen.pixels.colour import to_srgb
from imgen.pixels.opening import BOMB, DAMAGE, upright
from imgen.uploads.form import Upload
from imgen.uploads.kinds import HEAD_BYTES, Kind, kind_of, name_of
from imgen.uploads.structure import CutShort, Structure, structure_of


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a picture must not exceed."""

    most_pixels: int = 4096 * 4096
    longest_side: int = 4096
    """In pixels."""
    shortest_side: int = 64
    """In pixels."""


@dataclass(frozen=True, slots=True)
class OpenedPicture:
    """What a file holds."""

    pixels: NDArray[np.uint8]
    """(height, width, 3), or 4 where any pixel is transparent; upright, 8-bit sRGB."""
    kind: Kind
    original: bytes
    """The file as it was sent, where it carries content credentials, so that those of an edit can
    name it. Empty for all others: nothing of them but pixels goes any further, so neither EXIF,
    nor what hides in a file, does."""

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[0])


def open_picture(upload: Upload, limits: PictureLimits) -> OpenedPicture:
    """Decode a file. Blocking: up to a second for the largest allowed.

    What follows a picture's end is cut off: phones append films and depth maps, others worse.

    Raises:
        imgen.errors.Invalid: no PNG, JPEG, WebP or AVIF, animated, too small, damaged, cut short.
        imgen.errors.TooLarge: it has too many pixels.
    """
    with opened(upload, limits) as (picture, found):
        pixels = to_srgb(upright(picture))
        return OpenedPicture(pixels, found.kind, found.original)


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a file before its pixels are decoded."""

    kind: Kind
    original: bytes


@contextmanager
def opened(upload: Upload, limits: PictureLimits) -> Iterator[tuple[Image.Image, Found]]:
    """A file as Pillow sees it, within limits, all pixels decoded; errors as in `open_picture`."""
    field = upload.field
    kind = _kind(upload)
    try:
        with contextlib.closing(mmap.mmap(upload.file.fileno(), 0, access=mmap.ACCESS_READ)) as raw:
            structure = structure_of(raw, kind)
            found = Found(kind, _original(raw, structure))
            whole = structure.end == upload.size
            source = upload.file if whole else io.BytesIO(raw[: structure.end])
        upload.file.seek(0)
        with Image.open(source, formats=(kind.value,)) as picture:
            _check(picture, field, limits)
            picture.load()
            yield picture, found
    except BOMB:
        raise _too_many(field, limits) from None
    except (CutShort, *DAMAGE):
        raise _damaged(field) from None


def _kind(upload: Upload) -> Kind:
    upload.file.seek(0)
    head = upload.file.read(HEAD_BYTES)
    kind = kind_of(head)
    if kind is None:
        name = name_of(head)
        what = f"is {name}, which is not taken" if name else "is not a picture that is known here"
        raise Invalid(
            f"{upload.field} {what}; send a PNG, JPEG, WebP or AVIF",
            code="bad_picture",
            field=upload.field,
        )
    return kind


def _original(raw: mmap.mmap, structure: Structure) -> bytes:
    return raw[:] if structure.credentials and structure.end == len(raw) else b""


def _check(picture: Image.Image, field: str, limits: PictureLimits) -> None:
    """Before any pixel is decoded: a small file can claim to be a huge picture."""
    width, height = picture.size
    if width * height > limits.most_pixels or max(width, height) > limits.longest_side:
        raise _too_many(field, limits)
    if min(width, height) < limits.shortest_side:
        least = limits.shortest_side
        raise Invalid(
            f"{field} is {width}×{height} pixels; each side must have at least {least}",
            code="bad_picture",
            field=field,
        )
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
        raise Invalid(f"{field} is animated; send a still picture", code="bad_picture", field=field)


def _too_many(field: str, limits: PictureLimits) -> TooLarge:
    most = limits.most_pixels / 1_000_000
    return TooLarge(
        f"{field} has too many pixels; at most {limits.longest_side} a side and {most:.0f}"
        " megapixels are taken",
        field=field,
    )


def _damaged(field: str) -> Invalid:
    return Invalid(f"{field} is damaged or cut short", code="bad_picture", field=field)

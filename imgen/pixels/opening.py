"""What Pillow needs beside it when a file may be anything: what it raises, and which way is up."""

from __future__ import annotations

import struct
import zlib

from PIL import Image

DAMAGE = (
    *(OSError, ValueError, SyntaxError, TypeError, LookupError, ArithmeticError, AttributeError),
    *(EOFError, RuntimeError, MemoryError, struct.error, zlib.error),
)
"""What decoders raise for a damaged file; AVIF's a RuntimeError."""
BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
"""What Pillow raises for a file that claims far more pixels than anyone sends."""

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets a picture upright, by EXIF's number for how the camera was held."""


def is_upright(picture: Image.Image) -> bool:
    """Whether the camera was held straight. EXIF that cannot be read says nothing else."""
    return _turn(picture) is None


def upright(picture: Image.Image) -> Image.Image:
    """The picture as the camera was held, with what is known of its colours."""
    turn = _turn(picture)
    if turn is None:
        return picture
    turned = picture.transpose(turn)
    turned.info = picture.info
    return turned


def _turn(picture: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    except DAMAGE:
        return None

"""Paint a grid of prompts and styles with the built-in engine, to be looked at.

    python scripts/contact_sheet.py [OUTPUT] [--seed N] [--cell WIDTH]

Writes docs/images/contact-sheet.jpg unless told otherwise.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from imgen.engines.sketch.paint import paint

PROMPTS = (
    "an alpine meadow below high mountains, noon",
    "three red boats on the sea at sunset",
    "an orange cat on the floor of a cosy room",
    "a fox in a forest in autumn, morning mist",
    "city skyline at night by the water",
    "desert dunes at golden hour, a horse",
    "two fish over a coral reef, underwater",
    "portrait of a woman with red hair and a green dress",
)
STYLES = (
    "", "photoreal", "cinematic", "illustration", "anime", "watercolour", "oil", "ink",
    "line-art", "pixel-art", "low-poly", "3d",
)  # fmt: skip
_GAP, _HEAD, _SIDE = 6, 30, 168
_PAPER, _INK = (250, 248, 244), (40, 40, 46)
_LIMIT = 690_000
"""Bytes that the sheet may take in the repository."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("output", nargs="?", default="docs/images/contact-sheet.jpg")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--cell", type=int, default=208, help="width of a picture, in pixels")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    sheet = drawn(arguments.seed, arguments.cell)
    target = Path(arguments.output)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(encoded(sheet))
    print(f"{target}: {sheet.width} x {sheet.height}, {target.stat().st_size // 1000} kB")


def drawn(seed: int, cell: int) -> Image.Image:
    height = cell * 5 // 8
    size = (
        _SIDE + len(STYLES) * (cell + _GAP), _HEAD + len(PROMPTS) * (height + _GAP)
    )  # fmt: skip
    sheet = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    for column, style in enumerate(STYLES):
        pen.text((_SIDE + column * (cell + _GAP), 6), style or "no style", _INK, font)
    for row, prompt in enumerate(PROMPTS):
        top = _HEAD + row * (height + _GAP)
        pen.multiline_text((8, top + 4), wrapped(prompt), _INK, font)
        for column, style in enumerate(STYLES):
            picture = cell_of(prompt, style, seed + row, cell, height)
            sheet.paste(Image.fromarray(picture), (_SIDE + column * (cell + _GAP), top))
    return sheet


def cell_of(prompt: str, style: str, seed: int, width: int, height: int) -> NDArray[np.uint8]:
    """Painted larger and shrunk, as it would be seen."""
    large = paint(prompt, style=style, width=width * 3, height=height * 3, seed=seed)
    small = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def wrapped(text: str, width: int = 20) -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


def encoded(sheet: Image.Image) -> bytes:
    """A JPEG that stays small enough to live in a repository."""
    for quality in range(88, 30, -6):
        buffer = io.BytesIO()
        sheet.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() <= _LIMIT:
            break
    return buffer.getvalue()


if __name__ == "__main__":
    main()

"""The commands of docs/imagine.md, run as they stand there; as a program, paints its pictures.

python -m tests.contract.imagine_page
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from skimage import data
from sklearn.datasets import load_sample_image

from tests.live import ROOT, deployed

PAGE = ROOT / "docs" / "imagine.md"
FOLDER = ROOT / "docs" / "images" / "imagine"
_HEIGHT = 260
_MOST_BYTES = 50_000
Image = NDArray[np.uint8]

BEFORE: dict[str, tuple[str, str]] = {
    "meadow": ("robot.png", ""),
    "boat": ("lake.jpg", "lake-mask.png"),
    "cabin": ("lake.jpg", "lake-mask.png"),
    "wide": ("cup.jpg", ""),
    "launch": ("rocket.jpg", "towers.png"),
    "dahlia": ("flower.jpg", ""),
    "lighthouse-alone": ("lighthouse.jpg", ""),
    "eye-4x": ("eye.jpg", ""),
    "eye-2x": ("eye.jpg", ""),
    "variation": ("cat.jpg", ""),
    "guided": ("lake.jpg", ""),
    "remix": ("cup.jpg", ""),
}
"""Result → the picture and the mask that it was made from."""


def commands() -> list[str]:
    """Every curl command of the page, continued lines joined."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("curl ")]


def target(command: str) -> str:
    """The file that a command writes; empty for one that prints."""
    found = re.search(r" -o (\S+)", command)
    return found[1] if found else ""


def run(command: str, folder: Path, url: str, key: str) -> str:
    """What a command prints.

    Raises:
        RuntimeError: it was answered with an error.
    """
    done = subprocess.run(
        ["bash", "-c", command.replace("http://127.0.0.1:8000", url)],
        cwd=folder,
        env={**os.environ, "KEY": key},
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    name = target(command)
    answer = (folder / name).read_bytes() if name else done.stdout.encode()
    if answer.startswith(b'{"status":"error"'):
        raise RuntimeError(f"{command}\n{answer.decode()}")
    return done.stdout


def lay_out(folder: Path) -> None:
    """The pictures that the commands send."""
    from imgen.engines.sketch.paint import paint

    rocket = data.rocket()
    pictures = {
        "lake.jpg": paint(
            "a calm lake with mountains in the morning", width=640, height=448, seed=5
        ),
        "lake-mask.png": _boxes((448, 640), (60, 150, 330, 350)),
        "cup.jpg": data.coffee(),
        "cat.jpg": data.chelsea(),
        "eye.jpg": data.chelsea()[85:165, 120:240],
        "rocket.jpg": rocket,
        "towers.png": _boxes(rocket.shape[:2], (425, 115, 475, 372), (165, 115, 215, 372)),
        "flower.jpg": load_sample_image("flower.jpg"),
    }
    for name, pixels in pictures.items():
        Pictures.fromarray(np.ascontiguousarray(pixels)).save(folder / name, quality=95)


def _boxes(shape: tuple[int, int], *boxes: tuple[int, int, int, int]) -> Image:
    mask = np.zeros(shape, np.uint8)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = 255
    return mask


def _shown(file: Path, mask: Path | None = None) -> Image:
    """As people see it: transparency over a chequerboard, masks in magenta."""
    image: NDArray[np.floating] = np.asarray(Pictures.open(file)).astype(np.float32)
    if image.shape[2] == 4:
        y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]] // max(8, image.shape[0] // 28)
        board = np.where((x + y) % 2 == 0, 235, 200)[..., None]
        alpha = image[..., 3:] / 255
        image = image[..., :3] * alpha + board * (1 - alpha)
    if mask is not None:
        share = (np.asarray(Pictures.open(mask))[..., None] > 0) * np.float32(0.55)
        image = image * (1 - share) + np.array((255, 0, 255), np.float32) * share
    return np.asarray(np.rint(image), np.uint8)


def _at_height(image: Image) -> Image:
    width = round(image.shape[1] * _HEIGHT / image.shape[0])
    grows = image.shape[0] < _HEIGHT
    way = cv2.INTER_NEAREST if grows else cv2.INTER_AREA
    return np.asarray(cv2.resize(image, (width, _HEIGHT), interpolation=way), np.uint8)


def _side_by_side(parts: Iterator[Image]) -> Image:
    gap = np.full((_HEIGHT, 10, 3), 255, np.uint8)
    first, *rest = (_at_height(part) for part in parts)
    return np.hstack([first, *(half for part in rest for half in (gap, part))])


def _parts(name: str, folder: Path) -> Iterator[Image]:
    stem = name.partition(".")[0]
    if stem in BEFORE:
        image, mask = BEFORE[stem]
        yield _shown(folder / image, folder / mask if mask else None)
    yield _shown(folder / name)


def main() -> None:
    """Call everything with curl, and write what came out beside what went in."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary, deployed(Path(temporary) / "data") as deployment:
        folder, key = Path(temporary), deployment.run("keys", "create", "page").strip()
        lay_out(folder)
        for command in commands():
            printed = run(command, folder, deployment.url, key)
            name = target(command)
            if not name:
                print(printed)
                continue
            place = FOLDER / f"{name.partition('.')[0]}.jpg"
            picture = Pictures.fromarray(_side_by_side(_parts(name, folder)))
            for quality in range(88, 40, -4):
                picture.save(place, quality=quality, optimize=True, progressive=True)
                if place.stat().st_size <= _MOST_BYTES:
                    break
            print(place.name, place.stat().st_size, "bytes", file=sys.stderr)


if __name__ == "__main__":
    main()

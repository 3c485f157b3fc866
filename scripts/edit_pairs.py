"""Writes the before-and-after pairs of docs/edits.md: python scripts/edit_pairs.py

Inputs are pictures that sketch paints itself, and photographs that scikit-image and scikit-learn
ship (both are development dependencies): `coffee` by Rachel Michetti and `chelsea` by Stefan van
der Walt (CC0), `rocket` by SpaceX (public domain), `flower.jpg` from the Flickr account vultilion
(CC BY 2.0).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from skimage import data
from sklearn.datasets import load_sample_image

from imgen.engines.protocol import EngineRequest, Task
from imgen.engines.sketch.edits.registry import EDITS
from imgen.engines.sketch.paint import paint, paint_cutout

FOLDER = Path(__file__).parent.parent / "docs" / "images" / "edits"
HEIGHT = 300
MOST_BYTES = 60_000
Image = NDArray[np.uint8]
Pair = tuple[Image, Image]


def edited(task: Task, image: Image, prompt: str = "", **changes: object) -> Image:
    """One edit, at the input's size unless told otherwise."""
    request = EngineRequest(
        task=task, model="sketch", prompt=prompt, negative_prompt="",
        width=image.shape[1], height=image.shape[0], seed=11, image=image,
    )  # fmt: skip
    return EDITS[task](replace(request, **changes), lambda step, of: None)  # type: ignore[arg-type]


def box(image: Image, left: int, top: int, right: int, bottom: int) -> Image:
    """A mask: 255 within the box."""
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


def shown(image: Image, mask: Image) -> Image:
    """The picture with its mask in magenta."""
    share = (mask[..., None] > 0) * 0.55
    mixed = np.rint(image * (1 - share) + np.array((255, 0, 255)) * share)
    return np.asarray(mixed, np.uint8)


def chequered(image: Image) -> Image:
    """Transparency over a grey chequerboard."""
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]] // 12
    board = np.where((x + y) % 2 == 0, 235, 200)[..., None]
    alpha = image[..., 3:] / 255.0
    return np.rint(image[..., :3] * alpha + board * (1 - alpha)).astype(np.uint8)


def framed(image: Image, width: int, height: int) -> Image:
    """The picture in the middle of a grey frame."""
    frame = np.full((height, width, 3), 128, np.uint8)
    top, left = (height - image.shape[0]) // 2, (width - image.shape[1]) // 2
    frame[top : top + image.shape[0], left : left + image.shape[1]] = image
    return frame


def lake() -> Image:
    """A painted lake, with room for something on it."""
    return paint("a calm lake with mountains in the morning", width=640, height=448, seed=5)


def image_to_image() -> Pair:
    cat = data.chelsea()
    return cat, edited(Task.IMAGE_TO_IMAGE, cat, "a cat, watercolour", strength=0.42)


def variation() -> Pair:
    scene = paint("a lighthouse by the sea at noon", width=640, height=448, seed=3)
    prompt = "a lighthouse by the sea at sunset, oil painting"
    return scene, edited(Task.IMAGE_TO_IMAGE, scene, prompt, strength=0.55)


def inpaint() -> Pair:
    scene = lake()
    mask = box(scene, 60, 150, 330, 350)
    return shown(scene, mask), edited(Task.INPAINT, scene, "a red sailing boat", mask=mask)


def erase() -> Pair:
    rocket = data.rocket()
    mask = box(rocket, 425, 115, 475, 372)
    mask = np.maximum(mask, box(rocket, 165, 115, 215, 372))
    return shown(rocket, mask), edited(Task.ERASE, rocket, mask=mask)


def outpaint() -> Pair:
    cup = data.coffee()
    after = edited(Task.OUTPAINT, cup, width=840, height=520)
    return framed(cup, 840, 520), after


def upscale() -> Pair:
    eye = np.ascontiguousarray(data.chelsea()[85:165, 120:240])
    plain = cv2.resize(eye, (480, 320), interpolation=cv2.INTER_CUBIC)
    return np.asarray(plain, np.uint8), edited(Task.UPSCALE, eye, width=480, height=320)


def remove_background() -> Pair:
    flower = load_sample_image("flower.jpg")
    return flower, chequered(edited(Task.REMOVE_BACKGROUND, flower))


def replace_background() -> Pair:
    robot = paint_cutout("a friendly robot", width=640, height=448, seed=2)
    prompt = "a meadow with mountains at golden hour"
    return chequered(robot), edited(Task.REPLACE_BACKGROUND, robot, prompt)


def side_by_side(pair: Pair) -> Image:
    """Both at one height, with a white gap between."""
    parts = [
        cv2.resize(
            part,
            (round(part.shape[1] * HEIGHT / part.shape[0]), HEIGHT),
            interpolation=cv2.INTER_AREA,
        )
        for part in pair
    ]
    gap = np.full((HEIGHT, 12, 3), 255, np.uint8)
    return np.asarray(np.hstack([parts[0], gap, parts[1]]), np.uint8)


def write(name: str, pair: Pair) -> None:
    """Save a pair as the best JPEG within the limit."""
    target = FOLDER / f"{name}.jpg"
    picture = Pictures.fromarray(side_by_side(pair))
    for quality in range(90, 40, -4):
        picture.save(target, quality=quality, optimize=True, progressive=True)
        if target.stat().st_size <= MOST_BYTES:
            break
    print(target.name, target.stat().st_size, "bytes")


def main() -> None:
    """All eight."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for make in (
        image_to_image, variation, inpaint, erase,
        outpaint, upscale, remove_background, replace_background,
    ):  # fmt: skip
        write(make.__name__, make())


if __name__ == "__main__":
    main()

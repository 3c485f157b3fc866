"""The nudity detector on harmless pictures: it runs, and it sees what NudeNet's own code sees."""

from __future__ import annotations

import asyncio
import importlib
import threading
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from skimage import data

from imgen.compliance.detectors import nudity
from imgen.compliance.detectors.nudity import NudityDetector, _read
from imgen.compliance.signal import SIGNALS
from imgen.compliance.subject import Subject
from imgen.errors import Unavailable

needs_nudenet = pytest.mark.skipif(
    util.find_spec("nudenet") is None, reason="nudenet (extra `safety`) is not installed"
)
PICTURES = {
    "a portrait": data.astronaut(),
    "a cup of coffee": data.coffee(),
    "a cat": data.chelsea(),
    "tall": np.pad(data.astronaut(), ((400, 0), (0, 0), (0, 0))),
    "tiny": data.astronaut()[::64, ::64].copy(),
    "one pixel": np.zeros((1, 1, 3), np.uint8),
}


def test_every_class_has_a_signal_of_the_vocabulary() -> None:
    assert len(set(nudity._CLASSES)) == 18
    assert set(nudity._CLASSES) == {name for name in SIGNALS if name.startswith("image.")}


@needs_nudenet
@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
async def test_it_sees_what_the_packages_own_code_sees(picture: NDArray[np.uint8]) -> None:
    package: Any = importlib.import_module("nudenet.nudenet")
    found = package.NudeDetector().detect(picture.copy())
    strongest: dict[str, float] = {}
    for one in found:
        strongest[one["class"]] = max(one["score"], strongest.get(one["class"], 0.0))
    seen = await NudityDetector().detect(Subject("upload", picture))
    assert {one.name: one.score for one in seen} == {
        _signal_of(name): pytest.approx(score, abs=1e-3) for name, score in strongest.items()
    }


def _signal_of(name: str) -> str:
    """`FEMALE_BREAST_EXPOSED` → `image.exposed_female_breast`."""
    *part, state = name.lower().split("_")
    return f"image.{name.lower()}" if name.startswith("FACE") else f"image.{state}_{'_'.join(part)}"


@needs_nudenet
async def test_a_portrait_has_a_face_and_nothing_bare() -> None:
    seen = {one.name: one for one in await NudityDetector().detect(_portrait())}
    assert seen["image.face_female"].score > 0.7
    assert not [name for name in seen if name.startswith("image.exposed")]
    assert {one.detector for one in seen.values()} == {"nudity"}


@needs_nudenet
async def test_transparency_is_seen_on_white() -> None:
    clear = np.dstack([data.astronaut(), np.zeros((512, 512), np.uint8)])
    assert await NudityDetector().detect(Subject("upload", clear)) == ()


@needs_nudenet
async def test_the_network_is_loaded_once_however_many_ask_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loads: list[int] = []
    real = onnxruntime.InferenceSession

    def counted(*args: Any, **options: Any) -> Any:
        loads.append(threading.get_ident())
        return real(*args, **options)

    monkeypatch.setattr("imgen.compliance.detectors.nudity.ort.InferenceSession", counted)
    detector = NudityDetector()
    found = await asyncio.gather(*(detector.detect(_portrait()) for _ in range(4)))
    assert len(loads) == 1
    assert loads != [threading.get_ident()]  # nor on the event loop's thread
    assert len(set(found)) == 1


async def test_a_prompt_alone_has_nothing_to_look_at(tmp_path: Path) -> None:
    assert await NudityDetector(tmp_path / "none.onnx").detect(Subject("upload", None)) == ()


async def test_broken_weights_are_a_failure_and_no_clean_bill(tmp_path: Path) -> None:
    weights = tmp_path / "broken.onnx"
    weights.write_bytes(b"no network")
    with pytest.raises(Unavailable):
        await NudityDetector(weights).detect(_portrait())


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imgen.compliance.detectors.nudity.util.find_spec", lambda _name: None)
    with pytest.raises(Unavailable, match=r"imgen\[safety\]"):
        NudityDetector()


def test_of_overlapping_boxes_the_strongest_stays_and_of_a_class_the_highest_score() -> None:
    boxes = [(100, 100, 50, 50), (102, 100, 50, 50), (250, 250, 40, 40), (20, 20, 9, 9)]
    strengths = [(2, 0.6), (17, 0.5), (2, 0.8), (6, 0.2)]
    answer = np.zeros((1, 22, len(boxes)), np.float32)
    for place, (box, (kind, strength)) in enumerate(zip(boxes, strengths, strict=True)):
        answer[0, :4, place] = box
        answer[0, 4 + kind, place] = strength
    assert [(one.name, one.score) for one in _read(answer)] == [("image.exposed_buttocks", 0.8)]


def _portrait() -> Subject:
    return Subject("generated", data.astronaut())

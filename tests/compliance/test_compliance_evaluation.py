"""The evaluation counts right, on harmless pictures with made-up detector outputs."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgen.compliance.evaluation.evaluate import ANY, Evaluate, Score, found_in
from imgen.compliance.evaluation.labels import read_labels
from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.errors import Invalid
from tests.compliance.reviewing import Seeing, examine_with, seeing

BARE = "image.exposed_female_genitalia"


@dataclass
class _ByColour:
    """Sees bare skin in red pictures, and nothing in others."""

    name: str = "nudity"
    version: str = "1"

    async def aclose(self) -> None:
        """Holds nothing."""

    async def detect(self, subject: Subject) -> tuple[Signal, ...]:
        assert subject.image is not None
        red = subject.image[0, 0, 0] > 200
        return (Signal(BARE, 0.95, "nudity"),) if red else ()


def paint(file: Path, colour: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 16), colour).save(file)


def open_file(data: bytes) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return np.asarray(picture.convert("RGB"))
    except OSError:
        raise Invalid("The file is not a picture that can be read") from None


@pytest.fixture
async def category() -> str:
    """What the default ruleset calls bare skin."""
    blank = Subject("upload", np.zeros((4, 4, 3), np.uint8))
    examined = await examine_with(seeing(BARE, 0.95))(blank, "default")
    (found,) = found_in(examined.verdict)
    return found


@pytest.fixture
def folder(tmp_path: Path, category: str) -> Path:
    """Three of the category, one of which is missed; four safe ones, one of which is no alarm."""
    for place, colour in enumerate(["red", "red", "blue"]):
        paint(tmp_path / category / f"{place}.png", colour)
    for place, colour in enumerate(["blue", "green", "black", "red"]):
        paint(tmp_path / "safe" / "deeper" / f"{place}.png", colour)
    return tmp_path


async def test_precision_and_recall_of_each_category(folder: Path, category: str) -> None:
    steps: list[int] = []
    evaluate = Evaluate(examine_with(_ByColour()), open_file)
    found = await evaluate(folder, "default", step=lambda: steps.append(1))
    assert (found.pictures, len(steps)) == (7, 7)
    scores = {one.category: one for one in found.scores}
    expected = Score(category, hits=2, misses=1, false_alarms=1, rest=3)
    assert scores[category] == expected
    assert expected.precision == expected.recall == pytest.approx(2 / 3)
    assert (scores[ANY].hits, scores[ANY].rest) == (2, 3)
    others = [one for name, one in scores.items() if name not in {category, ANY}]
    assert others
    assert all(one.precision is None and one.recall is None for one in others)
    wrong = {one.file.name: (one.missed, one.wrong) for one in found.mistakes}
    assert wrong == {
        "2.png": (frozenset({category}), frozenset()),
        "3.png": (frozenset(), frozenset({category})),
    }


async def test_a_table_of_labels_goes_before_folders(folder: Path, category: str) -> None:
    rows = [
        "file,categories,prompt",
        f"{category}/0.png,{category},a statue",
        "safe/deeper/0.png,safe,",
        "safe/deeper/1.png,,",
    ]
    (folder / "labels.csv").write_text("\n".join(rows))
    labelled = read_labels(folder, {category})
    assert [(one.file.name, set(one.categories), one.prompt) for one in labelled] == [
        ("0.png", {category}, "a statue"),
        ("0.png", set(), ""),
        ("1.png", set(), ""),
    ]
    found = await Evaluate(examine_with(_ByColour()), open_file)(folder, "default")
    assert (found.pictures, found.mistakes) == (3, ())


async def test_a_picture_that_cannot_be_judged_is_told_and_counts_for_nothing(
    folder: Path, category: str
) -> None:
    (folder / "safe" / "broken.png").write_bytes(b"no picture")
    found = await Evaluate(examine_with(_ByColour()), open_file)(folder, "default")
    (failure,) = [one for one in found.mistakes if one.failure]
    assert failure.file.name == "broken.png"
    scores = {one.category: one for one in found.scores}
    assert scores[category].rest == 3


async def test_a_detector_that_fails_makes_no_figures(folder: Path, category: str) -> None:
    evaluate = Evaluate(examine_with(Seeing(hangs=True), timeout=0.01), open_file)
    found = await evaluate(folder, "default")
    assert all("timed out" in one.failure for one in found.mistakes)
    assert len(found.mistakes) == 7
    assert {one.hits + one.misses for one in found.scores} == {0}


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ("file,categories\n0.png,no-such-thing\n", "no-such-thing"),
        ("file,categories\nmissing.png,safe\n", "missing.png"),
        ("name,categories\n0.png,safe\n", "column file"),
        ("file,categories\n", "nothing"),
    ],
)
def test_a_label_that_cannot_be_right_is_refused(tmp_path: Path, table: str, word: str) -> None:
    paint(tmp_path / "0.png", "blue")
    (tmp_path / "labels.csv").write_text(table)
    with pytest.raises(Invalid, match=word if word != "nothing" else "neither"):
        read_labels(tmp_path, {"nudity"})


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    paint(tmp_path / "0.png", "blue")
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(Invalid):
            read_labels(folder, {"nudity"})

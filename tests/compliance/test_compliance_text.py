"""RapidOCR, where it is installed, reads a sign."""

from __future__ import annotations

from importlib import util

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from imgen.compliance.detectors import text
from imgen.compliance.detectors.text import PACKAGE, RapidReader, TextDetector
from imgen.errors import Unavailable

needs_reader = pytest.mark.skipif(
    util.find_spec(PACKAGE) is None, reason=f"{PACKAGE} is not installed"
)


@needs_reader
@pytest.mark.filterwarnings("ignore")
def test_a_sign_is_read_and_an_empty_wall_is_not() -> None:
    sign = Image.new("RGB", (1344, 768), (240, 235, 220))
    font = ImageFont.load_default(64)
    ImageDraw.Draw(sign).text((120, 200), "FRESH BREAD DAILY", fill=(20, 20, 20), font=font)
    reader = RapidReader()
    assert list(reader(np.asarray(sign))) == ["FRESH BREAD DAILY"]
    assert list(reader(np.full((400, 600, 3), 128, np.uint8))) == []


def test_without_a_reader_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imgen.compliance.detectors.text.util.find_spec", lambda _name: None)
    with pytest.raises(Unavailable, match="pip install rapidocr"):
        TextDetector()


def test_a_reader_that_cannot_be_loaded_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_name: str) -> object:
        raise ImportError("libGL.so.1")

    monkeypatch.setattr(text, "import_module", broken)
    with pytest.raises(Unavailable):
        RapidReader()(np.zeros((8, 8, 3), np.uint8))

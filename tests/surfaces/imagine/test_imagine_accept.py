from __future__ import annotations

import pytest

from imgen.errors import Invalid
from imgen.finishing.encode import Format
from imgen.surfaces.imagine.accept import Wanted, wanted

JSON = Wanted(picture=False, format=Format.PNG)


def asked(accept: str, *, transparent: bool = False) -> Wanted:
    return wanted(accept, usual=Format.PNG, transparent=transparent)


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/json", "application/*", "text/html", "image/png;q=0", "image/png;q=x",
     "application/json, image/png;q=0.9", "image/gif", ";;,,"],
)  # fmt: skip
def test_json_is_the_answer_to_everything_else(accept: str) -> None:
    assert asked(accept) == JSON


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        ("image/*", Format.PNG),
        ("image/png", Format.PNG),
        ("image/jpeg", Format.JPEG),
        ("IMAGE/WEBP", Format.WEBP),
        ("image/jpeg;q=0.4, image/webp;q=0.8, */*;q=0.1", Format.WEBP),
        ("image/avif, image/jpeg", Format.JPEG),
        ("application/json;q=0.5, image/*", Format.PNG),
    ],
)
def test_the_most_wanted_format_is_sent(accept: str, format: Format) -> None:
    assert asked(accept) == Wanted(picture=True, format=format)


def test_a_transparent_picture_is_never_a_jpeg() -> None:
    assert asked("image/jpeg, image/webp;q=0.5", transparent=True).format is Format.WEBP
    assert asked("image/jpeg, application/json;q=0.5", transparent=True) == JSON
    with pytest.raises(Invalid, match="cannot be transparent"):
        asked("image/jpeg", transparent=True)

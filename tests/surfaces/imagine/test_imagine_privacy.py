"""What is in an uploaded file besides its pixels goes nowhere, but for content credentials."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from skimage import data

from imgen.finishing.credentials.read import ReadCredentials, State
from imgen.finishing.credentials.trust import Trust
from imgen.wiring.core import Core
from tests.surfaces.imagine.conftest import Calls, pixels_of

PATH = "/v1/imagine/api/generations/variations"
SECRET = b"Hidden Garden 47"
FIELDS = {"prompt": "a cat", "strength": "0"}


def photo(format: str = "JPEG", turn: int = 1) -> bytes:
    """A picture whose EXIF, XMP and comments tell where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = turn
    exif.get_ifd(0x8825)[29] = SECRET.decode()
    picture = Image.fromarray(data.chelsea()[60:156, 120:264])
    buffer = io.BytesIO()
    if format == "PNG":
        info = PngInfo()
        info.add_text("Comment", SECRET.decode())
        picture.save(buffer, format, pnginfo=info, exif=exif)
    else:
        picture.save(buffer, format, exif=exif, xmp=SECRET, comment=SECRET)
    assert SECRET in buffer.getvalue()
    return buffer.getvalue()


async def test_no_metadata_of_an_upload_is_stored_or_served(calls: Calls, core: Core) -> None:
    for format in ("JPEG", "PNG"):
        for accept in ("image/png", "image/jpeg", "image/webp"):
            reply = await calls(PATH, accept=accept, image=photo(format), **FIELDS)
            assert reply.status_code == 200, reply.text
            assert SECRET not in reply.content
            with Image.open(io.BytesIO(reply.content)) as picture:
                assert not picture.getexif()
    kept = [info.key async for info in core.objects.list("")]
    assert any(key.startswith("uploads/") for key in kept)
    for key in kept:
        assert SECRET not in await core.objects.get(key)


async def test_what_is_appended_to_a_picture_is_neither_stored_nor_served(
    calls: Calls, core: Core
) -> None:
    reply = await calls(PATH, accept="image/png", image=photo() + SECRET * 50, **FIELDS)
    assert SECRET not in reply.content
    for key in [info.key async for info in core.objects.list("")]:
        assert SECRET not in await core.objects.get(key)


async def test_a_turned_photograph_is_worked_on_upright(calls: Calls) -> None:
    reply = await calls(PATH, accept="image/png", image=photo(turn=6), **FIELDS)
    assert pixels_of(reply.content).shape == (144, 96, 3)


async def test_credentials_of_an_edit_name_its_input(calls: Calls) -> None:
    read = ReadCredentials(Trust())
    first = await calls(PATH, accept="image/png", image=photo(), **FIELDS)
    found = read(first.content, "image/png")
    assert found.state in {State.VALID, State.TRUSTED}
    assert len(found.ingredients) == 1
    second = await calls(PATH, accept="image/png", image=first.content, **FIELDS)
    again = read(second.content, "image/png")
    assert again.state in {State.VALID, State.TRUSTED}
    assert len(again.ingredients) == 1
    assert np.array_equal(pixels_of(first.content), pixels_of(second.content))

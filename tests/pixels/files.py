"""Colour profiles that show whether they were used."""

from __future__ import annotations

import struct

from PIL import ImageCms


def profile_of(space: str) -> bytes:
    """An ICC profile of a colour space that Pillow knows: sRGB, LAB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()  # type: ignore[arg-type]


def swapping_profile() -> bytes:
    """sRGB's profile with red and green swapped: any colour shows whether it was used."""
    data = bytearray(profile_of("sRGB"))
    count = struct.unpack(">I", data[128:132])[0]
    tags = {
        bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)
    }  # signature, offset, size
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    data[red + 4 : red + 12], data[green + 4 : green + 12] = (
        data[green + 4 : green + 12],
        data[red + 4 : red + 12],
    )
    return bytes(data)

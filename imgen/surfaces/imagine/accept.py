"""Whether a client wants facts as JSON or the picture itself, and in which format (RFC 9110)."""

from __future__ import annotations

from dataclasses import dataclass

from imgen.errors import Invalid
from imgen.finishing.encode import Format

_JSON = {"application/json", "application/*", "*/*"}
_FORMATS = {
    "image/png": Format.PNG,
    "image/jpeg": Format.JPEG,
    "image/jpg": Format.JPEG,
    "image/webp": Format.WEBP,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a reply is to look."""

    picture: bool
    """The bytes themselves, with the facts in headers."""
    format: Format
    """Of the picture."""


def wanted(accept: str, *, usual: Format, transparent: bool) -> Wanted:
    """What an `Accept` header asks for; JSON for everything that is no picture of ours.

    Args:
        usual: the format where the client does not say.
        transparent: whether the picture has alpha, which JPEG cannot carry.

    Raises:
        imgen.errors.Invalid: a picture with alpha is wanted as JPEG and nothing else.
    """
    refused = False
    for media_type in _preferred(accept):
        if media_type in _JSON:
            return Wanted(picture=False, format=usual)
        if media_type == "image/*":
            return Wanted(picture=True, format=usual)
        format = _FORMATS.get(media_type)
        if format is Format.JPEG and transparent:
            refused = True
        elif format is not None:
            return Wanted(picture=True, format=format)
    if refused:
        raise Invalid(
            "A JPEG cannot be transparent; send Accept: image/png or image/webp", field="Accept"
        )
    return Wanted(picture=False, format=usual)


def _preferred(accept: str) -> list[str]:
    """Media types, the most wanted first; those with a weight of 0 left out."""
    weighted = []
    for entry in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        weight = next((_weight(one[2:]) for one in parameters if one.startswith("q=")), 1.0)
        if media_type and weight > 0:
            weighted.append((weight, media_type))
    return [media_type for _, media_type in sorted(weighted, key=lambda one: -one[0])]


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0

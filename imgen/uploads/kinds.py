"""What kind of file it is, by its first bytes: names and content types of clients count nothing."""

from __future__ import annotations

from enum import StrEnum

HEAD_BYTES = 512
"""As many of a file's first bytes as `kind_of` and `name_of` look at."""


class Kind(StrEnum):
    """The kinds of pictures that are taken; the value is Pillow's name."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WEBP"
    AVIF = "AVIF"

    @property
    def media_type(self) -> str:
        """`image/png`."""
        return f"image/{self.value.lower()}"

    @property
    def lossless(self) -> bool:
        """Whether black in such a file is sure to be black."""
        return self is Kind.PNG


_BRANDS = {
    "AVIF": (b"avif", b"avis"),
    "HEIC": (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"),
    "JPEG 2000": (b"jp2 ", b"jpx "),
    "Canon CR3": (b"crx ",),
}
_STARTS = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "BMP": (b"BM",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "JPEG XL": (b"\xff\x0a", b"\0\0\0\x0cJXL "),
    "JPEG 2000": (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"),
    "ICO": (b"\0\0\1\0",),
    "PSD": (b"8BPS",),
    "OpenEXR": (b"v/1\1",),
    "QOI": (b"qoif",),
    "DDS": (b"DDS ",),
    "PDF": (b"%PDF-",),
    "ZIP": (b"PK\3\4", b"PK\5\6"),
    "gzip": (b"\x1f\x8b",),
    "RAR": (b"Rar!",),
    "WebM or Matroska": (b"\x1a\x45\xdf\xa3",),
}


def kind_of(head: bytes) -> Kind | None:
    """The kind of picture that begins like this; None for what is not taken."""
    name = name_of(head).upper()
    return Kind(name) if name in {"PNG", "JPEG", "WEBP", "AVIF"} else None


def name_of(head: bytes) -> str:
    """The name of the file format that begins like this, for people; empty if unknown."""
    if head[4:8] == b"ftyp":
        return _name_by_brand(head)
    if head[:4] == b"RIFF":
        return {b"WEBP": "WebP", b"WAVE": "WAV", b"AVI ": "AVI"}.get(head[8:12], "RIFF")
    for name, starts in _STARTS.items():
        if head.startswith(starts):
            return name
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return "SVG"
    if text.startswith((b"<!doctype html", b"<html")):
        return "HTML"
    return "text" if head and _is_text(head) else ""


def _name_by_brand(head: bytes) -> str:
    """ISO 14496-12, section 4.3: the major brand, then what else it is compatible with."""
    size = min(int.from_bytes(head[:4]), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size, 4))]
    for name, known in _BRANDS.items():
        if any(brand in known for brand in brands):
            return name
    return "MP4 or QuickTime"


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # a letter that is cut in two at the end is fine
            return False
        text = head[: error.start].decode()
    return all(character.isprintable() or character in "\r\n\t" for character in text)

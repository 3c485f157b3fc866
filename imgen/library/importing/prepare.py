"""From a file to a picture with all that is known about it: the work that needs a processor."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from imgen.errors import ImgenError, Invalid
from imgen.finishing.encode import Format, encode
from imgen.finishing.fingerprint import fingerprint
from imgen.finishing.pdq import pdq
from imgen.finishing.thumbnail import thumbnail
from imgen.library.importing.find import Candidate
from imgen.library.importing.found import Found
from imgen.library.importing.material import Material
from imgen.library.importing.options import Options
from imgen.library.importing.pictures import Limits, Picture, open_picture
from imgen.library.importing.read import read
from imgen.prompts.syntax import parse

_LARGEST_SIDECAR = 4 * 1024 * 1024
_THUMBNAIL_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture that only needs to be kept."""

    candidate: Candidate
    found: Found
    data: bytes | None
    """Its file; None where the one on disk is linked to."""
    format: str
    width: int
    height: int
    fingerprint: str
    pdq: str
    pdq_quality: int
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that is not imported, and why."""

    candidate: Candidate
    reason: str


@dataclass(frozen=True, slots=True)
class Prepare:
    """Reads, decodes and measures one file."""

    characters: Collection[str]
    """Names that may stand after an `@`. Other programs' prompts name artists that way."""
    limits: Limits = field(default_factory=Limits)

    def __call__(self, candidate: Candidate, options: Options) -> Prepared | Broken:
        """Do it. Blocking: milliseconds to seconds, on one core."""
        entry = candidate.entry
        try:
            data = entry.place.read(entry.name, self.limits.file_bytes)
            picture = open_picture(data, self.limits)
            found = self._found(candidate, picture, data)
        except ImgenError as error:
            return Broken(candidate, error.message)
        linked = options.in_place and not picture.converted and entry.place.path(entry.name)
        hashed = pdq(picture.pixels)
        return Prepared(
            candidate=candidate,
            found=replace(
                found,
                model=found.model or options.model,
                style=found.style or options.style,
                character=found.character or options.character,
            ),
            data=None if linked else picture.data,
            format=picture.format,
            width=picture.pixels.shape[1],
            height=picture.pixels.shape[0],
            fingerprint=fingerprint(picture.pixels),
            pdq=hashed.hash,
            pdq_quality=hashed.quality,
            thumbnail=encode(thumbnail(picture.pixels), Format.JPEG, quality=_THUMBNAIL_QUALITY),
        )

    def _found(self, candidate: Candidate, picture: Picture, data: bytes) -> Found:
        """What is known, with the prompt in imgen's terms."""
        found = read(
            Material(
                texts=picture.texts,
                xmp=picture.xmp,
                data=data,
                media_type=f"image/{picture.format}",
                beside_text=self._beside(candidate, ".txt"),
                beside_json=self._beside(candidate, ".json"),
                record=candidate.record,
                name=candidate.entry.name,
            )
        )
        character, positive, negatives = self._apart(found.prompt)
        return replace(
            found,
            prompt=positive,
            character=found.character or character,
            negatives=tuple(dict.fromkeys((*found.negatives, *negatives))),
        )

    def _apart(self, prompt: str) -> tuple[str, str, tuple[str, ...]]:
        """Character, positive text and negatives of a prompt in imgen's own syntax."""
        try:
            parsed = parse(prompt)
        except Invalid:  # several names
            return "", prompt, ()
        if parsed.character and parsed.character not in self.characters:
            return "", prompt, ()
        return parsed.character, parsed.positive, parsed.negatives

    def _beside(self, candidate: Candidate, suffix: str) -> str:
        """A sidecar's text, in whatever encoding."""
        name = next((name for name in candidate.beside if name.endswith(suffix)), None)
        if name is None:
            return ""
        data = candidate.entry.place.read(name, _LARGEST_SIDECAR)
        return data.decode(
            "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace"
        )

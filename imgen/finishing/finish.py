"""Everything between an engine's pixels and the files that are delivered, in order:
visible mark, invisible mark, encoding, fingerprints, content credentials, thumbnail."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imgen.errors import Internal, Invalid
from imgen.finishing.credentials.manifest import Ingredient, Origin, Statement
from imgen.finishing.credentials.sign import Sign
from imgen.finishing.credentials.words import Words
from imgen.finishing.encode import Format, decode, encode, is_exact, on_white
from imgen.finishing.fingerprint import fingerprint
from imgen.finishing.invisible import embed
from imgen.finishing.pdq import Pdq, pdq
from imgen.finishing.thumbnail import thumbnail
from imgen.finishing.visible import Placement, apply_visible_mark

Pixels = NDArray[np.uint8]

THUMBNAIL_QUALITY = 80
_LEAST_SIDE_TO_MARK = 64
"""Pixels; below it a thumbnail has no room for a mark of its own."""


@dataclass(frozen=True, slots=True)
class FinishOrder:
    """How one picture is to be finished."""

    format: Format
    """Of the delivered file."""
    quality: int = 95
    """1 to 100; PNG has none."""
    lossless: bool = False
    """WebP and AVIF only."""
    mark_image: Pixels | None = None
    """The client's visible mark as `read_mark_image` gave it, or None."""
    placement: Placement = field(default_factory=Placement)
    """Of the visible mark."""
    payload: int = 0
    """48 bits that lead back to the generation."""
    already_marked: bool = False
    """The pixels carry the invisible mark with this payload: a stored picture, finished again."""
    gen_id: str = ""
    words: Words = field(default_factory=Words)
    """What the request wants the credentials to say; empty ones say the deployment's."""
    origin: Origin = Origin.CREATED
    ingredients: tuple[Ingredient, ...] = ()
    """Files that the picture was made from."""
    model: str = ""
    """The model's public name."""
    engine: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """One file, ready to be stored."""

    data: bytes
    format: Format
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished picture and what is known of it."""

    image: File
    thumbnail: File
    fingerprint: str
    """See `fingerprint.py`."""
    pdq: Pdq | None = None
    """See `pdq.py`; None where that is switched off."""
    invisible_mark: bool = False
    """Whether both files carry it."""
    content_credentials: bool = False
    """Whether both files carry them."""


class Finisher:
    """Finishes pictures. Made once in a worker, then called from any number of threads.

    Args:
        mark_key: the deployment's secret behind the invisible mark, at least 16 bytes; None
            switches the mark off.
        sign: puts credentials into files; None switches them off.
        words: what the credentials say where a request says nothing.
        compute_pdq: whether pictures get a perceptual fingerprint.
    """

    def __init__(
        self,
        *,
        mark_key: bytes | None,
        sign: Sign | None,
        words: Words | None = None,
        compute_pdq: bool = True,
    ) -> None:
        self._mark_key = mark_key
        self._sign = sign
        self._words = words or Words()
        self._compute_pdq = compute_pdq

    @property
    def enable_invisimark(self) -> bool:
        """Whether pictures get the invisible mark."""
        return self._mark_key is not None

    @property
    def enable_c2pa(self) -> bool:
        """Whether files get content credentials."""
        return self._sign is not None

    @property
    def compute_pdq(self) -> bool:
        """Whether pictures get a perceptual fingerprint."""
        return self._compute_pdq

    def finish(self, pixels: Pixels, order: FinishOrder) -> Finished:
        """Finish one picture. Blocking: about a tenth of a second per megapixel for a JPEG.

        Args:
            pixels: (height, width, 3 or 4) uint8 from the engine.
            order: how.

        Raises:
            imgen.errors.Invalid: it can never be finished like this (too small to mark, …).
            imgen.errors.Unavailable: the signer failed; nothing leaves unsigned. Try again.
            imgen.errors.Internal: the invisible mark failed.
        """
        visible = _visibly_marked(pixels, order)
        marked = self._marked(visible, order)
        data = encode(marked, order.format, quality=order.quality, lossless=order.lossless)
        delivered = _delivered(marked, data, order)
        perceptual = pdq(delivered) if self._compute_pdq else None
        return Finished(
            image=self._signed(data, order.format, delivered, order),
            thumbnail=self._thumbnail(visible, marked, order),
            fingerprint=fingerprint(delivered),
            pdq=perceptual,
            invisible_mark=self.enable_invisimark,
            content_credentials=self.enable_c2pa,
        )

    def _marked(self, pixels: Pixels, order: FinishOrder) -> Pixels:
        if self._mark_key is None or order.already_marked:
            return pixels
        try:
            marked = embed(pixels[..., :3], order.payload, self._mark_key)
        except Invalid:
            raise
        except Exception as error:  # whatever it is, the picture must not leave unmarked
            raise Internal(f"The invisible mark failed: {type(error).__name__}") from error
        return marked if pixels.shape[2] == 3 else np.dstack([marked, pixels[..., 3]])

    def _signed(
        self,
        data: bytes,
        format: Format,
        pixels: Pixels,
        order: FinishOrder,
        *,
        small: bool = False,
        marked: bool = True,
    ) -> File:
        if self._sign is not None:
            statement = self._statement(order, small=small, marked=marked)
            data = self._sign(data, format.media_type, statement)
        return File(data, format, width=pixels.shape[1], height=pixels.shape[0])

    def _statement(self, order: FinishOrder, *, small: bool, marked: bool) -> Statement:
        return Statement(
            words=order.words.over(self._words),
            gen_id=order.gen_id,
            model=order.model,
            engine=order.engine,
            origin=order.origin,
            ingredients=() if small else order.ingredients,  # the large file tells them
            visible_mark=order.mark_image is not None,
            payload=order.payload if marked and self.enable_invisimark else None,
            thumbnail=small,
        )

    def _thumbnail(self, visible: Pixels, marked: Pixels, order: FinishOrder) -> File:
        """Carries a mark of its own, made for its size, and credentials of its own."""
        small = on_white(thumbnail(visible))
        roomy = min(small.shape[:2]) >= _LEAST_SIDE_TO_MARK
        if roomy and not order.already_marked:
            small = self._marked(small, order)
        else:
            small = on_white(thumbnail(marked))
        data = encode(small, Format.JPEG, quality=THUMBNAIL_QUALITY)
        return self._signed(data, Format.JPEG, small, order, small=True, marked=roomy)


def _visibly_marked(pixels: Pixels, order: FinishOrder) -> Pixels:
    """JPEG has no transparency: what lies behind it becomes part of the picture first."""
    ground = on_white(pixels) if order.format is Format.JPEG else pixels
    if order.mark_image is None:
        return ground
    return apply_visible_mark(ground, order.mark_image, order.placement)


def _delivered(marked: Pixels, data: bytes, order: FinishOrder) -> Pixels:
    """The pixels that whoever has the file will see.

    Decoded from it where the format changes them, or may drop an alpha channel that hides nothing.
    """
    exact = marked.shape[2] == 3 and is_exact(order.format, lossless=order.lossless)
    return marked if exact else decode(data)

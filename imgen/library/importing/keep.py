"""Putting prepared pictures into the library: once each, files first, rows in one transaction."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase, digits

import numpy as np
import structlog
from PIL import Image

from imgen.database.pool import Database
from imgen.errors import Unavailable, Upstream
from imgen.library import store as library
from imgen.library.caption.captioner import Captioner
from imgen.library.caption.prompt_captioner import sentence
from imgen.library.image import NewImage
from imgen.library.importing import store
from imgen.library.importing.find import Candidate
from imgen.library.importing.options import Fate, Options, Outcome
from imgen.library.importing.prepare import Prepared
from imgen.library.importing.review import Reviewed, Reviewer, reviewed
from imgen.library.importing.store import Entered
from imgen.storage.objects import ObjectStore

SIMILAR = 10
"""Bits, of the 256 of a PDQ hash: the same picture in another size or quality."""
_PUTS = 16
_CAPTIONS = 4
_REVIEWS = 4
_EXTENSIONS = {"jpeg": "jpg"}
_LETTERS = ascii_lowercase + digits

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Keep:
    """Keeps a few hundred pictures at a time."""

    database: Database
    objects: ObjectStore
    captioner: Captioner
    secret: bytes
    """Makes ids that nobody can guess and that a second try gives again."""
    review: Reviewer
    """Judges new pictures."""
    folder: Path | None = None
    """The object store's folder, where it is one: only there can files be linked to."""

    async def __call__(self, pictures: Sequence[Prepared], options: Options) -> list[Outcome]:
        """Keep those that the library has not; says what became of each, in order.

        Whatever interrupts this, doing it again is right: files go to the same names as before.

        Raises:
            imgen.errors.Unavailable: the database or the object store is down.
        """
        sorted_out = await self._sorted_out(pictures, options)
        reviewed = await self._reviewed(pictures, sorted_out, options)
        outcomes = [one.outcome for one in reviewed]
        new = [
            (picture, one)
            for picture, one in zip(pictures, reviewed, strict=True)
            if one.outcome.fate is Fate.ADDED
        ]
        images = await self._stored(new, options)
        kept_out = {
            before.id
            for before, after in zip(sorted_out, outcomes, strict=True)
            if before.fate is Fate.ADDED and after.fate is not Fate.ADDED
        }
        async with self.database.transaction() as connection:
            await library.add(connection, images)
            await store.enter(
                connection,
                [
                    Entered(
                        digest_of(picture.candidate, options),
                        outcome.id,
                        left_out=outcome.fate is Fate.SIMILAR,
                    )
                    for picture, outcome in zip(pictures, outcomes, strict=True)
                    if outcome.id and outcome.id not in kept_out
                ],
            )
        return outcomes

    async def _reviewed(
        self, pictures: Sequence[Prepared], outcomes: Sequence[Outcome], options: Options
    ) -> list[Reviewed]:
        """The new ones judged; what is blocked, or cannot be judged, stays out."""
        looking = asyncio.Semaphore(_REVIEWS)

        async def one(picture: Prepared, outcome: Outcome) -> Reviewed:
            if outcome.fate is not Fate.ADDED:
                return Reviewed(outcome)
            async with looking:
                return await reviewed(self.review, picture, outcome, options)

        return list(await asyncio.gather(*map(one, pictures, outcomes)))

    async def _sorted_out(self, pictures: Sequence[Prepared], options: Options) -> list[Outcome]:
        """What each will be: new, or a copy of one in the library or earlier in the list."""
        account = options.account_id
        async with self.database.connection() as connection:
            same = await store.same(connection, [each.fingerprint for each in pictures], account)
            hashes = [] if options.keep_similar else list({*_good_hashes(pictures)})
            near = await store.similar(connection, hashes, account, within=SIMILAR)
        kept: list[tuple[int, str]] = []
        outcomes: list[Outcome] = []
        for picture in pictures:
            outcome = self._judged(picture, same, near, kept, options)
            if outcome.fate is Fate.ADDED:
                same[picture.fingerprint] = outcome.id
                if picture.pdq_quality >= store.GOOD_QUALITY:
                    kept.append((int(picture.pdq, 16), outcome.id))
            outcomes.append(outcome)
        return outcomes

    def _judged(
        self,
        picture: Prepared,
        same: dict[str, str],
        near: dict[str, tuple[str, int]],
        kept: Iterable[tuple[int, str]],
        options: Options,
    ) -> Outcome:
        name = picture.candidate.entry.shown
        if copy := same.get(picture.fingerprint):
            return Outcome(name, Fate.COPY, f"the same pixels as {copy}", copy)
        if not options.keep_similar and picture.pdq_quality >= store.GOOD_QUALITY:
            bits = int(picture.pdq, 16)
            others = [((bits ^ other).bit_count(), id) for other, id in kept]
            if picture.pdq in near:
                id, distance = near[picture.pdq]
                others.append((distance, id))
            distance, id = min(others, default=(SIMILAR + 1, ""))
            if distance <= SIMILAR:
                note = f"{distance} of 256 bits from {id}"
                return Outcome(name, Fate.SIMILAR, note, id)
        return Outcome(name, Fate.ADDED, id=self._id(picture, options))

    def _id(self, picture: Prepared, options: Options) -> str:
        """20 characters of `[a-z0-9]`, like a gen_id, but the same for the same picture."""
        message = f"import\0{options.account_id or ''}\0{picture.fingerprint}".encode()
        number = int.from_bytes(hmac.digest(self.secret, message, hashlib.sha256))
        return "".join(_LETTERS[number // 36**place % 36] for place in range(20))

    async def _stored(
        self, new: Sequence[tuple[Prepared, Reviewed]], options: Options
    ) -> list[NewImage]:
        putting = asyncio.Semaphore(_PUTS)
        captioning = asyncio.Semaphore(_CAPTIONS)

        async def one(picture: Prepared, cleared: Reviewed) -> NewImage:
            async with captioning:
                caption = picture.found.caption or await self._caption(picture)
            async with putting:
                image_key, thumbnail_key = await self._put(picture, cleared.outcome.id)
            return _image(picture, cleared, caption, image_key, thumbnail_key, options)

        return list(await asyncio.gather(*(one(*each) for each in new)))

    async def _caption(self, picture: Prepared) -> str:
        """From the captioner; where that fails, from the prompt: an import goes on."""
        found = picture.found
        pixels = None
        if self.captioner.looks:
            pixels = await asyncio.to_thread(_pixels, picture.thumbnail)
        try:
            return await self.captioner.caption(pixels, found.prompt, found.negatives)
        except (Upstream, Unavailable) as error:
            _log.warning("caption.from_prompt", reason=error.message)
            return sentence(found.prompt)

    async def _put(self, picture: Prepared, id: str) -> tuple[str, str]:
        extension = _EXTENSIONS.get(picture.format, picture.format)
        stem = f"images/{id[:2]}/{id}/{id}_{picture.fingerprint}_00001"
        image_key, thumbnail_key = f"{stem}.{extension}", f"{stem}_thumb.jpg"
        if picture.data is not None:
            await self.objects.put(image_key, picture.data)
        else:
            await asyncio.to_thread(self._link, image_key, picture.candidate)
        await self.objects.put(thumbnail_key, picture.thumbnail)
        return image_key, thumbnail_key

    def _link(self, key: str, candidate: Candidate) -> None:
        """The object is a link to the file: deleting it leaves the file alone."""
        target = candidate.entry.place.path(candidate.entry.name)
        if self.folder is None or target is None:
            raise Unavailable("Only a folder can hold links to files; import without --in-place.")
        link = self.folder / key
        try:
            link.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                link.unlink()
            link.symlink_to(target.resolve())
        except OSError as error:
            raise Unavailable(f"The object store fails: {error.strerror}.") from None


def digest_of(candidate: Candidate, options: Options) -> bytes:
    """16 bytes for a file as it is now and those whom it is imported for."""
    entry = candidate.entry
    path = entry.place.path(entry.name)
    place = str(path) if path else f"{Path(entry.place.shown).resolve()}\0{entry.name}"
    facts = (place, str(entry.size), str(entry.modified), options.account_id or "")
    text = "\0".join(facts).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=16).digest()


def _good_hashes(pictures: Iterable[Prepared]) -> Iterable[str]:
    return (each.pdq for each in pictures if each.pdq_quality >= store.GOOD_QUALITY)


def _pixels(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def _image(
    picture: Prepared,
    cleared: Reviewed,
    caption: str,
    image_key: str,
    thumbnail_key: str,
    options: Options,
) -> NewImage:
    found, verdict = picture.found, cleared.verdict
    return NewImage(
        id=cleared.outcome.id,
        account_id=options.account_id,
        shared=options.shared,
        source="imported",
        prompt=found.prompt,
        negatives=found.negatives,
        caption=caption,
        model=found.model,
        style=found.style,
        character=found.character,
        width=picture.width,
        height=picture.height,
        format=picture.format,
        image_key=image_key,
        thumbnail_key=thumbnail_key,
        fingerprint=picture.fingerprint,
        seed=found.seed,
        pdq=picture.pdq,
        pdq_quality=picture.pdq_quality,
        ruleset=verdict.ruleset if verdict else "",
        ruleset_version=str(verdict.ruleset_version) if verdict else "",
        compliance=verdict.compliance if verdict else "unreviewed",
    )

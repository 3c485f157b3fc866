"""A multipart form, streamed to disk: what it holds in memory does not grow with what is sent."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Collection, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import file_digest, sha256
from io import FileIO
from pathlib import Path

from imgen.errors import Invalid, Unavailable
from imgen.uploads.parts import FormLimits, PartReader, boundary_of, too_large

_BATCH_BYTES = 1024 * 1024
"""Parsed at a time, in a thread: the event loop pays for one hand-over a megabyte."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a form."""

    field: str
    """Name of the form's field."""
    file: FileIO
    """A file without a name on the disk: whatever is killed, nothing of it stays."""
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was read whole."""

    fields: Mapping[str, str]
    """Text fields; those that were left empty are not there."""
    files: Mapping[str, Upload]
    """Files by field; closed when the form is."""

    def digest(self) -> bytes:
        """32 bytes that stand for everything in the form. Blocking: reads the files once."""
        total = sha256()
        for name, text in sorted(self.fields.items()):
            total.update(sha256(name.encode()).digest() + sha256(text.encode()).digest())
        for name, upload in sorted(self.files.items()):
            upload.file.seek(0)
            content = file_digest(upload.file, "sha256").digest()
            total.update(b"file" + sha256(name.encode()).digest() + content)
        return total.digest()


@asynccontextmanager
async def open_form(
    chunks: AsyncIterable[bytes],
    content_type: str,
    *,
    files: Collection[str],
    folder: Path | None = None,
    limits: FormLimits | None = None,
    announced: int | None = None,
) -> AsyncIterator[Form]:
    """Read a form; its files are there within the block, and gone after it.

    Args:
        chunks: the request's body as it comes in.
        content_type: the request's header.
        files: the fields that hold files. Other files are read and dropped.
        folder: where files are kept meanwhile; None is the system's folder for such things.
        limits: what is too much.
        announced: the size that the client says the body has, in bytes, if it does.

    Raises:
        imgen.errors.Invalid: not a multipart form, or a malformed one; names the field at fault.
        imgen.errors.TooLarge: over a limit; names the field at fault.
        imgen.errors.Unavailable: the disk is full, or the folder cannot be written to.
    """
    limits = limits or FormLimits()
    boundary = boundary_of(content_type)
    if announced is not None and announced > limits.most_bytes:
        raise too_large(limits)
    with ExitStack() as opened:

        def new_file() -> FileIO:
            return opened.enter_context(tempfile.TemporaryFile(dir=folder, buffering=0))

        reader = PartReader(boundary, files=files, new_file=new_file, limits=limits)
        try:
            await _feed(reader, chunks)
        except OSError as error:
            raise Unavailable(f"Uploads cannot be kept: {error.strerror}") from None
        uploads = {name: Upload(name, file, size) for name, (file, size) in reader.files.items()}
        yield Form(reader.fields, uploads)


async def _feed(reader: PartReader, chunks: AsyncIterable[bytes]) -> None:
    waiting: list[bytes] = []
    held = 0
    async for chunk in chunks:
        waiting.append(chunk)
        held += len(chunk)
        if held >= _BATCH_BYTES:
            batch = b"".join(waiting)
            waiting, held = [], 0
            await asyncio.to_thread(reader.feed, batch)
    await asyncio.to_thread(reader.feed, b"".join(waiting))
    reader.finish()


def required(form: Form, field: str) -> Upload:
    """The file of that field.

    Raises:
        imgen.errors.Invalid: it was not sent, or is empty.
    """
    upload = form.files.get(field)
    if upload is None:
        raise Invalid(f"{field} is required: send a picture as a file of the form", field=field)
    if upload.size == 0:
        raise Invalid(f"{field} is an empty file", field=field)
    return upload

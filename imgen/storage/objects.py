"""One way to keep and fetch whole objects, whether in a folder, S3, GCS or Azure."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import (
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import LocalStore

from imgen.errors import Conflict, ImgenError, Invalid, NotFound, Unavailable
from imgen.storage import folder
from imgen.storage.keys import check_key, content_type_of
from imgen.storage.vendors import Access, VendorStore, open_vendor

if TYPE_CHECKING:
    from obstore import ObjectMeta

CHUNK_BYTES = 1024 * 1024
"""The most that a stream holds in memory at a time."""

_NO_CONTAINER = re.compile(r"NoSuchBucket|ContainerNotFound|bucket does not exist")
_VENDOR_CODE = re.compile(r"<Code>(\w{1,64})</Code>")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is known about an object without reading it."""

    key: str
    size: int
    """In bytes."""
    etag: str
    """A strong validator as HTTP writes it, in double quotes; changes with every write."""
    content_type: str
    """Told by the key's suffix."""
    last_modified: datetime
    """Timezone-aware, UTC."""


class ObjectStore:
    """Named, immutable-by-habit blobs. Made by `open_store`.

    Every method raises `imgen.errors.Invalid` for a key that `check_key` refuses and
    `imgen.errors.Unavailable` when the store cannot be reached or fails; what the vendor said is
    in the error's notes, without our credentials.
    """

    def __init__(self, store: VendorStore, *, hidden: tuple[str, ...] = ()) -> None:
        """Wrap an obstore store.

        Args:
            store: where objects are.
            hidden: credentials to blot out of what the vendor says.
        """
        self._store = store
        self._folder = store.prefix if isinstance(store, LocalStore) else None
        self._hidden = hidden

    def __repr__(self) -> str:
        return f"ObjectStore({self._store!r})"

    @property
    def can_sign(self) -> bool:
        """Whether the store itself can make pre-signed links."""
        return not isinstance(self._store, LocalStore)

    async def put(self, key: str, data: bytes, content_type: str = "") -> None:
        """Keep an object; durable when this returns, and never half-written.

        Args:
            key: its name; an object of this name is replaced.
            data: all of it.
            content_type: empty, or what the key's suffix stands for.

        Raises:
            imgen.errors.Invalid: the content type disagrees with the suffix.
            imgen.errors.Conflict: in a folder, where `a` and `a/b` cannot both be objects.
        """
        expected = content_type_of(check_key(key))
        if content_type not in {"", expected}:
            raise Invalid(f"{key} says {expected} by its name, not {content_type}.", field="key")
        with self._translated(key, writing=True):
            if self._folder is not None:
                await asyncio.to_thread(folder.write, self._folder, key, data)
            else:
                await obstore.put_async(
                    self._store, key, data, attributes={"Content-Type": expected}
                )

    async def get(self, key: str) -> bytes:
        """The whole object.

        Raises:
            imgen.errors.NotFound: there is none.
        """
        with self._translated(check_key(key)):
            result = await obstore.get_async(self._store, key)
            return bytes(await result.bytes_async())

    async def head(self, key: str) -> ObjectInfo | None:
        """What is known about the object; None if there is none."""
        try:
            with self._translated(check_key(key)):
                return _info(await obstore.head_async(self._store, key))
        except NotFound:
            return None

    async def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        return await self.head(key) is not None

    async def stream(
        self, key: str, start: int = 0, end: int | None = None, *, info: ObjectInfo | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in chunks of `CHUNK_BYTES`.

        Each chunk is its own request, so a slow reader holds no connection and meets no timeout.

        Args:
            key: the object.
            start: first byte, from 0.
            end: one past the last byte; None, or beyond the end, is the end.
            info: what `head` said, to read that version and no other; None asks again.

        Raises:
            imgen.errors.NotFound: there is no such object.
            imgen.errors.Conflict: it was replaced by another version meanwhile.
        """
        info = info or await self.head(key)
        if info is None:
            raise _not_found()
        end = info.size if end is None else min(end, info.size)
        for chunk_start in range(start, end, CHUNK_BYTES):
            yield await self._read(key, chunk_start, min(chunk_start + CHUNK_BYTES, end), info.etag)

    async def _read(self, key: str, start: int, end: int, etag: str) -> bytes:
        with self._translated(key):
            result = await obstore.get_async(
                self._store, key, options={"range": (start, end), "if_match": etag}
            )
            return bytes(await result.bytes_async())

    async def delete(self, key: str) -> None:
        """Remove an object for good. One that is not there is no error."""
        try:
            with self._translated(check_key(key)):
                if self._folder is not None:
                    await asyncio.to_thread(folder.delete, self._folder, key)
                else:
                    await obstore.delete_async(self._store, key)
        except NotFound:
            return

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """Every object under a folder-like prefix (`2026/11`, no partial names), in no order."""
        if prefix:
            check_key(prefix.removesuffix("/"))
        with self._translated(prefix):
            async for batch in obstore.list(self._store, prefix or None):
                for meta in batch:
                    yield _info(meta)

    async def probe(self) -> None:
        """Write, read and remove a tiny object: the proof that this store works.

        Raises:
            imgen.errors.Unavailable: it does not, and why.
        """
        key = f"probe-{secrets.token_hex(8)}.txt"
        await self.put(key, key.encode())
        try:
            if await self.get(key) != key.encode():
                raise Unavailable("The object store gave back other bytes than were written.")
        finally:
            await self.delete(key)

    async def sign(self, key: str, expires_in: int) -> str:
        """A link by which anyone may GET the object for `expires_in` seconds.

        Raises:
            imgen.errors.Invalid: a local folder signs nothing.
        """
        check_key(key)
        if isinstance(self._store, LocalStore):
            raise Invalid("A local folder makes no pre-signed links.")
        with self._translated(key):
            return await obstore.sign_async(self._store, "GET", key, timedelta(seconds=expires_in))

    @contextmanager
    def _translated(self, key: str, *, writing: bool = False) -> Iterator[None]:
        """Turn what the store raises into errors of ours."""
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            translated = self._translate(error, key, writing)
            translated.add_note(_detail(error, self._hidden))
            raise translated from None

    def _translate(self, error: Exception, key: str, writing: bool) -> ImgenError:
        if isinstance(error, PreconditionError):
            return Conflict("The object was replaced while it was read.")
        if writing and isinstance(error, IsADirectoryError | NotADirectoryError | FileExistsError):
            return Conflict("Another object's name is the beginning of this one's, or the reverse.")
        if _NO_CONTAINER.search(str(error)) or (writing and isinstance(error, FileNotFoundError)):
            return Unavailable("The bucket, container or folder of the object store is not there.")
        if not writing and self._is_missing(error, key):
            return _not_found()
        return _failure(error)

    def _is_missing(self, error: Exception, key: str) -> bool:
        if self._folder is None:
            return isinstance(error, FileNotFoundError)
        # A folder that is gone altogether (a volume not mounted) must not look like lost objects;
        # `a/b` where `a` is a file fails in another way than a missing `b`, but is missing too.
        return self._folder.is_dir() and not (self._folder / key).is_file()


def open_store(
    url: str, *, endpoint: str = "", region: str = "", access_key: str = "", secret_key: str = ""
) -> ObjectStore:
    """Open the store that a URL names. Reaches no network; `ObjectStore.probe` does.

    Args:
        url: `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`, `file:///folder`
            or a plain path (made if missing, for its owner only).
        endpoint: base URL of an S3-compatible server (addressed path-style, http allowed), or of
            a stand-in for GCS or Azure.
        region: the bucket's region, S3 only.
        access_key: S3's access key id, Azure's account name. Empty: what the vendor's own
            environment variables or the machine's role say.
        secret_key: S3's secret access key, Azure's account key, GCS's service-account key (JSON).

    Raises:
        imgen.errors.Invalid: the URL or the credentials make no sense.
        imgen.errors.Unavailable: the folder cannot be made or written.
    """
    store = open_vendor(url, Access(endpoint, region, access_key, secret_key))
    return ObjectStore(store, hidden=tuple(key for key in (secret_key, access_key) if key))


def _info(meta: ObjectMeta) -> ObjectInfo:
    etag = (meta["e_tag"] or "").strip('"')
    if not etag:
        etag = f"{meta['size']:x}-{int(meta['last_modified'].timestamp() * 1e6):x}"
    return ObjectInfo(
        key=meta["path"],
        size=meta["size"],
        etag=f'"{etag}"',
        content_type=content_type_of(meta["path"]),
        last_modified=meta["last_modified"],
    )


def _not_found() -> NotFound:
    return NotFound("There is no such object.")


def _failure(error: Exception) -> Unavailable:
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return Unavailable("The object store refuses our credentials.")
    if code := _VENDOR_CODE.search(str(error)):
        return Unavailable(f"The object store answers {code[1]}.")
    if isinstance(error, OSError) and error.strerror:
        return Unavailable(f"The object store fails: {error.strerror}.")
    return Unavailable("The object store cannot be reached, or fails.")


def _detail(error: Exception, hidden: tuple[str, ...]) -> str:
    """The vendor's first words, for operators: no reply bodies, none of our credentials."""
    text = re.split(r"\n|<", str(error), maxsplit=1)[0][:400]
    for secret in hidden:
        text = text.replace(secret, "***")
    return f"{type(error).__name__}: {text}"

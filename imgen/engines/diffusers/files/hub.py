"""A hub of models over HTTP: what a repository holds, and its files, resumable and checked."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from imgen.errors import Forbidden, Invalid, NotFound, Upstream

Result = TypeVar("Result")
_TRIES = 5
_LONGEST = 60.0
"""Seconds between two tries, whatever the hub asks for."""
_CHUNK = 1024 * 1024
_TIMEOUT = httpx.Timeout(30.0, read=60.0)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a repository."""

    path: str
    """Inside the repository."""
    size: int
    """In bytes."""
    sha256: str = ""
    """Of large files."""
    git_blob: str = ""
    """SHA-1 as git computes it, of small ones."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A model on the hub, at one revision."""

    name: str
    commit: str
    licence: str
    gated: bool
    files: tuple[RemoteFile, ...]


class Hub:
    """A server that speaks the protocol of the Hugging Face Hub.

    Args:
        url: its address.
        token: sent along for gated models; never logged, never to another host.
        pause: waits so many seconds between two tries.
    """

    def __init__(
        self, url: str, token: str = "", pause: Callable[[float], object] = time.sleep
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._pause = pause
        self._client = httpx.Client(
            base_url=url.rstrip("/"), headers=headers, timeout=_TIMEOUT, follow_redirects=True
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def repository(self, name: str, revision: str = "") -> Repository:
        """What a repository holds.

        Raises:
            imgen.errors.NotFound, Forbidden, Upstream: it is not there, not for us, or not to read.
        """
        path = f"/api/models/{name}/revision/{quote(revision or 'main', safe='')}"
        reply = self._insisting(lambda: self._asked(path, name))
        try:
            return _repository(name, reply.json())
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Upstream(f"The hub's answer about {name} cannot be read") from None

    def _asked(self, path: str, name: str) -> httpx.Response:
        with _translated(name):
            reply = self._client.get(path, params={"blobs": "true"})
        _check(reply, name)
        return reply

    def download(
        self, repository: Repository, file: RemoteFile, target: Path, done: Callable[[int], object]
    ) -> None:
        """Fetch a file; what an earlier try left behind is carried on with.

        Args:
            done: told how many more bytes are there, those of earlier tries too.

        Raises:
            imgen.errors.Upstream: it broke off again and again, or is not what the hub announced.
            OSError: it cannot be written.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        part = part_of(target)
        digest = _Digest(file)
        carried_on = part.exists()
        if carried_on:
            done(digest.read(part))
        url = f"/{repository.name}/resolve/{repository.commit}/{quote(file.path)}"
        self._insisting(lambda: self._carry_on(url, part, digest, done))
        if digest.matches():
            part.replace(target)
            return
        done(-digest.length)
        part.unlink()
        if not carried_on:
            raise Upstream(f"{file.path} of {repository.name} is not what the hub announced")
        self.download(repository, file, target, done)  # the start was of another version

    def _insisting(self, attempt: Callable[[], Result]) -> Result:
        """Tried again after a pause, where it may be the moment's fault."""
        for left in reversed(range(_TRIES)):
            try:
                return attempt()
            except Upstream as error:
                if not left:
                    raise
                jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, keeps no secret
                waited = error.retry_after or 2.0 ** (_TRIES - 1 - left) * jitter
                self._pause(min(waited, _LONGEST))
        raise AssertionError("unreachable")

    def _carry_on(
        self, url: str, part: Path, digest: _Digest, done: Callable[[int], object]
    ) -> None:
        if digest.length >= digest.file.size and part.exists():
            return
        headers = {"Accept-Encoding": "identity"}
        if digest.length:
            headers["Range"] = f"bytes={digest.length}-"
        with (
            _translated(digest.file.path),
            self._client.stream("GET", url, headers=headers) as reply,
        ):
            _check(reply, digest.file.path)
            if digest.length and reply.status_code != 206:  # it begins anew
                done(-digest.length)
                digest.reset()
                part.unlink()
            with part.open("ab") as stream:
                for chunk in reply.iter_bytes():  # as they come: what has come is kept
                    stream.write(chunk)
                    digest.add(chunk)
                    done(len(chunk))
        if digest.length < digest.file.size:
            raise Upstream(f"{digest.file.path} broke off")


def part_of(target: Path) -> Path:
    """Where a file lies until all of it is there."""
    return target.with_name(target.name + ".part")


class _Digest:
    """The checksum of a file that grows."""

    def __init__(self, file: RemoteFile) -> None:
        self.file = file
        self.reset()

    def reset(self) -> None:
        """Nothing is there yet."""
        self.length = 0
        self._hash = hashlib.sha256()
        if not self.file.sha256:
            self._hash = hashlib.sha1(usedforsecurity=False)
            self._hash.update(f"blob {self.file.size}\0".encode())

    def add(self, chunk: bytes) -> None:
        """So much more is there."""
        self.length += len(chunk)
        self._hash.update(chunk)

    def read(self, part: Path) -> int:
        """What an earlier try left; returns its length."""
        with part.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                self.add(chunk)
        return self.length

    def matches(self) -> bool:
        """Whether the whole file is there, as announced."""
        wanted = self.file.sha256 or self.file.git_blob
        return self.length == self.file.size and (not wanted or self._hash.hexdigest() == wanted)


def _repository(name: str, said: Mapping[str, Any]) -> Repository:
    card = said.get("cardData") or {}
    licence = card.get("license_name") or card.get("license") or ""
    return Repository(
        name=name,
        commit=str(said["sha"]),
        licence=str(licence),
        gated=bool(said.get("gated")),
        files=tuple(_files(said["siblings"])),
    )


def _files(siblings: list[Mapping[str, Any]]) -> Iterator[RemoteFile]:
    for one in siblings:
        path = str(one["rfilename"])
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError(path)
        large = one.get("lfs") or {}
        yield RemoteFile(
            path=path,
            size=int(large.get("size") or one.get("size") or 0),
            sha256=str(large.get("sha256") or ""),
            git_blob=str(one.get("blobId") or ""),
        )


def _check(reply: httpx.Response, name: str) -> None:
    if reply.status_code in {401, 403}:
        raise Forbidden(
            f"The hub does not give {name} to us: accept its licence on its page there, "
            "then pass a token of that account (HF_TOKEN)"
        )
    if reply.status_code == 404:
        raise NotFound(f"The hub has no {name}")
    if reply.is_client_error and reply.status_code not in {408, 429}:
        raise Invalid(f"The hub refuses {name} with status {reply.status_code}")
    if reply.is_error:
        asked = reply.headers.get("Retry-After", "")
        raise Upstream(
            f"The hub answered {reply.status_code} about {name}; try again later, what has come "
            "is kept",
            retry_after=float(asked) if asked.isdecimal() else None,
        )


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise Upstream(f"The hub cannot be reached for {name}: {type(error).__name__}") from None

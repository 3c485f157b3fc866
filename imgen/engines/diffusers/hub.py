"""A hub of models over HTTP: what a repository holds, and its files, resumable and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import httpx

from imgen.errors import Forbidden, NotFound, Upstream

_TRIES = 5
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
    """

    def __init__(self, url: str, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
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
        with _translated(name):
            reply = self._client.get(path, params={"blobs": "true"})
            _check(reply, name)
            try:
                return _repository(name, reply.json())
            except (ValueError, KeyError, TypeError, AttributeError):
                raise Upstream(f"The hub's answer about {name} cannot be read") from None

    def download(
        self, repository: Repository, file: RemoteFile, target: Path, done: Callable[[int], object]
    ) -> None:
        """Fetch a file; what an earlier try left behind is carried on with.

        Args:
            done: told how many more bytes are there, those of earlier tries too.

        Raises:
            imgen.errors.Upstream: it broke off again and again, or is not what the hub announced.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        digest = _Digest(file)
        if part.exists():
            done(digest.read(part))
        url = f"/{repository.name}/resolve/{repository.commit}/{quote(file.path)}"
        for left in reversed(range(_TRIES)):
            try:
                with _translated(repository.name):
                    self._carry_on(url, part, digest, done)
                break
            except Upstream:
                if not left:
                    raise
        if not digest.matches():
            part.unlink()
            raise Upstream(f"{file.path} of {repository.name} is not what the hub announced")
        part.replace(target)

    def _carry_on(
        self, url: str, part: Path, digest: _Digest, done: Callable[[int], object]
    ) -> None:
        if digest.length >= digest.file.size and part.exists():
            return
        headers = {"Accept-Encoding": "identity"}
        if digest.length:
            headers["Range"] = f"bytes={digest.length}-"
        with self._client.stream("GET", url, headers=headers) as reply:
            _check(reply, url)
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
    if reply.is_error:
        raise Upstream(f"The hub answered {reply.status_code} about {name}")


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise Upstream(f"The hub cannot be reached for {name}: {type(error).__name__}") from None

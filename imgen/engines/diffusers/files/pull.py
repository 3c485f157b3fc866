"""Fetch what a model needs from a hub into the models folder, and remember what was fetched."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from imgen.engines.diffusers.files.contents import DENOISERS, Contents, contents_of
from imgen.engines.diffusers.files.hub import Hub, RemoteFile, Repository, part_of
from imgen.engines.diffusers.files.source import default_config
from imgen.engines.diffusers.files.weights import INDEX, LORA_FILE, hub_name, locate
from imgen.engines.diffusers.options import ModelOptions
from imgen.errors import Conflict, ImgenError, Invalid, NotFound, Unavailable

MANIFEST = ".imgen.json"
"""What was fetched: repository, revision, licence, checksums."""
_LOCK = ".imgen.lock"
_GIB = 1024**3
_CONFIGURATION = (".json", ".txt", ".model", ".jinja")
_UNUSED = {"safety_checker", "assets", "images"}


@dataclass(frozen=True, slots=True)
class Need:
    """A part of a model that lies on the hub."""

    repository: str
    file: str = ""
    """One file; empty: the pipeline."""
    revision: str = ""
    variant: str = ""
    configuration: bool = False
    """Without any weights: what a whole checkpoint lacks."""
    without: tuple[str, ...] = ()
    """Components whose weights come from elsewhere."""
    lora: bool = False
    """A LoRA; where no file is named, the one that the repository holds."""


def needs(
    options: ModelOptions, models: Path | None = None, loras: Iterable[str] = ()
) -> list[Need]:
    """What a model takes from the hub; paths on this machine are left out.

    What a single file lacks is known once it is here: ask again after it was fetched.

    Args:
        models: the folder of pulled weights.
        loras: references of LoRAs that are used with the model.
    """
    found = [*_of_pipeline(options, models), *_need(options.unet)]
    guides = (*options.controlnets.values(), *options.hint_models.values())
    for reference in (options.upscaler, options.matting, *map(str, guides)):
        found += _need(reference)
    for reference in (options.lora, *loras):
        found += [replace(one, lora=True) for one in _need(reference)]
    return list(dict.fromkeys(found))


def _need(reference: str, revision: str = "", variant: str = "") -> Iterator[Need]:
    named = hub_name(reference) if reference else None
    if named is not None and not Path(reference).exists():
        yield Need(named.repository, named.file, revision, variant)


def _of_pipeline(options: ModelOptions, models: Path | None) -> Iterator[Need]:
    replaced = DENOISERS if options.unet else ()
    for one in _need(options.weights, options.revision, options.variant):
        yield one if one.file else replace(one, without=replaced)
    file = _single_file(options, models)
    if file is None:
        return
    usual = file.kind.variant if file.kind and not options.config else ""
    for one in _need(default_config(options, file), variant=options.variant or usual):
        if file.has_encoders and file.has_vae:
            yield Need(one.repository, configuration=True)
        else:
            yield replace(one, without=tuple(dict.fromkeys((*file.parts, *replaced))))


def _single_file(options: ModelOptions, models: Path | None) -> Contents | None:
    """What a model's one file holds; None where there is no such file here."""
    try:
        place = locate(options.weights, models, revision=options.revision)
        return contents_of(place) if place.is_file() else None
    except ImgenError:
        return None


def chosen(repository: Repository, need: Need) -> tuple[RemoteFile, ...]:
    """The files to fetch: safetensors and configuration, one variant, never a pickle.

    Raises:
        imgen.errors.NotFound: the file is not in the repository.
        imgen.errors.Invalid: it has no safetensors, or does not say which is meant.
    """
    if need.file:
        return (_file(repository, need.file),)
    if need.lora:
        return (_lora(repository),)
    texts = [file for file in repository.files if _is_configuration(file.path)]
    if need.configuration:
        return tuple(texts)
    weights = list(_weights(repository, need))
    if not weights:
        raise Invalid(f"{repository.name} holds no safetensors", code="pickle_refused")
    return (*texts, *weights)


def _file(repository: Repository, path: str) -> RemoteFile:
    found = next((file for file in repository.files if file.path == path), None)
    if found is None:
        raise NotFound(f"{repository.name} has no file {path}")
    if not path.endswith((".safetensors", ".onnx", *_CONFIGURATION)):
        raise Invalid(f"{path} is not a safetensors file", code="pickle_refused")
    return found


def _lora(repository: Repository) -> RemoteFile:
    """The file that `weights.lora_file` will take."""
    at_top = [file for file in repository.files if "/" not in file.path]
    safe = [file for file in at_top if file.path.endswith(".safetensors")]
    named = [file for file in safe if file.path == LORA_FILE]
    if len(named or safe) != 1:
        raise Invalid(
            f"{repository.name} holds {len(safe)} safetensors files; name the LoRA as "
            f"{repository.name}:FILE"
        )
    return (named or safe)[0]


def _is_configuration(path: str) -> bool:
    parts = Path(path).parts
    if len(parts) > 2 or parts[0] in _UNUSED:
        return False
    return path.endswith(_CONFIGURATION) or parts[0].upper().startswith("LICENSE")


def _weights(repository: Repository, need: Need) -> Iterator[RemoteFile]:
    """Of each component one variant; of a repository without components, what lies at the top."""
    variant, left_out = need.variant, {*_UNUSED, *need.without}
    safe = [file for file in repository.files if file.path.endswith(".safetensors")]
    is_pipeline = any(file.path == INDEX for file in repository.files)
    folders = {str(Path(file.path).parent) for file in safe}
    for folder in sorted(folders):
        if folder.split("/")[0] in left_out or (is_pipeline and folder == "."):
            continue
        files = [file for file in safe if str(Path(file.path).parent) == folder]
        wanted = [file for file in files if variant and f".{variant}" in Path(file.path).name]
        plain = [
            file
            for file in files
            if not any(f".{one}" in Path(file.path).name for one in ("fp16", "bf16", "non_ema"))
        ]
        yield from wanted or plain or files


def fetch(
    hub: Hub,
    repository: Repository,
    files: tuple[RemoteFile, ...],
    models: Path,
    done: Callable[[int], object],
) -> Path:
    """Fetch files that are not there yet.

    Args:
        models: the folder of pulled weights.
        done: told how many more bytes are there.

    Returns:
        The repository's folder.

    Raises:
        imgen.errors.Unavailable: the folder is full, or cannot be written.
        imgen.errors.Conflict: another pull is at it.
        imgen.errors.ImgenError: a file cannot be had.
    """
    folder = models / repository.name
    known = _recorded(folder)
    sums: dict[str, str] = known.get("files", {}) if known.get("commit") else {}
    with _writing(folder), _alone(folder):
        for file in files:
            if _is_here(folder / file.path, file, sums):
                done(file.size)
                continue
            (folder / file.path).unlink(missing_ok=True)
            hub.download(repository, file, folder / file.path, done)
            sums[file.path] = _announced(file)
            _record(folder, repository, sums)
        _record(folder, repository, sums)
    return folder


def check_room(repository: Repository, files: tuple[RemoteFile, ...], models: Path) -> None:
    """See that what is still to come fits onto the disk, before an hour is spent on it.

    Raises:
        imgen.errors.Unavailable: it does not.
    """
    folder = models / repository.name
    sums = _recorded(folder).get("files", {})
    to_come = 0
    for file in files:
        if not _is_here(folder / file.path, file, sums):
            part = part_of(folder / file.path)
            to_come += max(0, file.size - (part.stat().st_size if part.exists() else 0))
    present = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(present).free
    if free < to_come:
        raise Unavailable(
            f"{repository.name} needs {to_come / _GIB:.2f} GiB more, but {models} has "
            f"{free / _GIB:.2f} GiB free",
            code="disk_full",
        )


def _announced(file: RemoteFile) -> str:
    return file.sha256 or file.git_blob


def _is_here(target: Path, file: RemoteFile, sums: Mapping[str, str]) -> bool:
    """Whether a file was fetched and checked before; `imgen models check` reads it again."""
    whole = target.is_file() and target.stat().st_size == file.size
    return whole and bool(_announced(file)) and sums.get(file.path) == _announced(file)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{folder} cannot be written: {error.strerror}; the next pull goes on where this one "
            "ended",
            code="disk_full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "",
        ) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two that add to one file would spoil it for each other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"Another pull is fetching into {folder}") from None
        yield


def _recorded(folder: Path) -> dict[str, dict[str, str]]:
    try:
        read = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _record(folder: Path, repository: Repository, sums: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "repository": repository.name,
        "commit": repository.commit,
        "licence": repository.licence,
        "files": dict(sorted(sums.items())),
    }
    fresh = folder / (MANIFEST + ".new")
    fresh.write_text(json.dumps(facts, indent=1))
    fresh.replace(folder / MANIFEST)


def changed_files(folder: Path) -> list[str]:
    """Fetched files that are no longer what was fetched; reads all of them."""
    wrong = []
    for path, checksum in _recorded(folder).get("files", {}).items():
        file = folder / path
        if not file.is_file() or (checksum and _checksum(file, checksum) != checksum):
            wrong.append(path)
    return wrong


def _checksum(file: Path, like: str) -> str:
    """As the hub computes it: SHA-256 of large files, git's SHA-1 of small ones."""
    if len(like) == 64:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    content = file.read_bytes()
    blob = f"blob {len(content)}\0".encode() + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()

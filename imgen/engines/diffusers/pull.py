"""Fetch what a model needs from a hub into the models folder, and remember what was fetched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from imgen.engines.diffusers.hub import Hub, RemoteFile, Repository
from imgen.engines.diffusers.options import ModelOptions
from imgen.engines.diffusers.weights import INDEX, hub_name
from imgen.errors import Invalid, NotFound

MANIFEST = ".imgen.json"
"""What was fetched: repository, revision, licence, checksums."""
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
    """Without weights: what a single file lacks."""


def needs(options: ModelOptions) -> list[Need]:
    """What a model takes from the hub; paths on this machine are left out."""
    found = list(_need(options.weights, options.revision, options.variant))
    found += [Need(one.repository, configuration=True) for one in _need(options.config)]
    others = (options.unet, options.lora, options.upscaler, options.matting)
    guides = (*options.controlnets.values(), *options.hint_models.values())
    for reference in (*others, *map(str, guides)):
        found += _need(reference)
    return list(dict.fromkeys(found))


def _need(reference: str, revision: str = "", variant: str = "") -> Iterator[Need]:
    named = hub_name(reference) if reference else None
    if named is not None and not Path(reference).exists():
        yield Need(named.repository, named.file, revision, variant)


def chosen(repository: Repository, need: Need) -> tuple[RemoteFile, ...]:
    """The files to fetch: safetensors and configuration, one variant, never a pickle.

    Raises:
        imgen.errors.NotFound: the file is not in the repository.
        imgen.errors.Invalid: it has no safetensors.
    """
    if need.file:
        found = tuple(file for file in repository.files if file.path == need.file)
        if not found:
            raise NotFound(f"{repository.name} has no file {need.file}")
        if not need.file.endswith((".safetensors", ".onnx", *_CONFIGURATION)):
            raise Invalid(f"{need.file} is not a safetensors file", code="pickle_refused")
        return found
    texts = [file for file in repository.files if _is_configuration(file.path)]
    if need.configuration:
        return tuple(texts)
    weights = list(_weights(repository, need.variant))
    if not weights:
        raise Invalid(f"{repository.name} holds no safetensors", code="pickle_refused")
    return (*texts, *weights)


def _is_configuration(path: str) -> bool:
    parts = Path(path).parts
    if len(parts) > 2 or parts[0] in _UNUSED:
        return False
    return path.endswith(_CONFIGURATION) or parts[0].upper().startswith("LICENSE")


def _weights(repository: Repository, variant: str) -> Iterator[RemoteFile]:
    """Of each component one variant; of a repository without components, what lies at the top."""
    safe = [file for file in repository.files if file.path.endswith(".safetensors")]
    is_pipeline = any(file.path == INDEX for file in repository.files)
    folders = {str(Path(file.path).parent) for file in safe}
    for folder in sorted(folders):
        if folder.split("/")[0] in _UNUSED or (is_pipeline and folder == "."):
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
        imgen.errors.ImgenError: a file cannot be had.
    """
    folder = models / repository.name
    known = _recorded(folder)
    sums: dict[str, str] = known.get("files", {}) if known.get("commit") else {}
    for file in files:
        target = folder / file.path
        checksum = file.sha256 or file.git_blob
        if target.is_file() and target.stat().st_size == file.size and checksum:
            if sums.get(file.path) == checksum:
                done(file.size)
                continue
            target.unlink()
        hub.download(repository, file, target, done)
        sums[file.path] = checksum
        _record(folder, repository, sums)
    _record(folder, repository, sums)
    return folder


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

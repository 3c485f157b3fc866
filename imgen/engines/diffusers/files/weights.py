"""Where a model's weights lie on this machine: a folder, one file, or something pulled from a hub.

Nothing here needs torch, so that the API process can say what is missing without loading any.
Only safetensors are ever read: a pickle runs code when it is opened.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from imgen.engines.diffusers.files.header import NOT_AS_EXPECTED, read_header, reading
from imgen.errors import Invalid, Unavailable

INDEX = "model_index.json"
"""What makes a folder a diffusers pipeline."""
LORA_FILE = "pytorch_lora_weights.safetensors"
"""What diffusers calls a LoRA that it saves."""
CHECKER = "safety_checker"
"""Never loaded: pictures are reviewed after the engine."""
_PICKLES = {".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle"}
_VARIANT = re.compile(r"\.(fp16|bf16|fp32)\b")
_HUB_NAME = re.compile(r"([\w.-]+)/([\w.-]+)(?::([\w./ -]+))?")


@dataclass(frozen=True, slots=True)
class HubName:
    """`owner/name` on a hub, perhaps with one file of it."""

    owner: str
    name: str
    file: str = ""
    """Path inside the repository; empty: all of it."""

    @property
    def repository(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"


def hub_name(reference: str) -> HubName | None:
    """A reference read as `owner/name[:file]`; None when it is a path."""
    found = _HUB_NAME.fullmatch(reference)
    if found is None or reference.startswith((".", "/", "~")):
        return None
    owner, name, file = found[1], found[2], found[3] or ""
    if not file and Path(name).suffix in {".safetensors", ".onnx", *_PICKLES}:
        return None  # a file in a folder: no repository is called like that
    if ".." in (owner, name, *file.split("/")) or file.startswith("/"):
        return None
    return HubName(owner, name, file)


def locate(reference: str, models: Path | None, *, revision: str = "") -> Path:
    """The folder or file that a reference means.

    A path is taken as it is. `owner/name` is looked for in the models folder (`owner/name`,
    `owner--name`, `name`), then in the cache that other tools of the hub share.

    Args:
        models: where `imgen models pull` puts weights; None: nowhere.
        revision: which version of the shared cache; empty: `main`.

    Raises:
        imgen.errors.Unavailable: it is not there, or cannot be read.
        imgen.errors.Invalid: it is a pickle.
    """
    named = hub_name(reference)
    file = named.file if named else ""
    with reading(Path(reference)):
        for folder in _places(reference, named, models, revision):
            place = folder / file if file else folder
            if place.exists():
                _refuse_pickle(place)
                return place
    raise Unavailable(
        f"its weights {reference} are not here; `imgen models pull` fetches them"
        if named
        else f"its weights are not at {reference}"
    )


def _places(
    reference: str, named: HubName | None, models: Path | None, revision: str
) -> Iterable[Path]:
    plain = Path(reference).expanduser()
    if named is None:
        if not plain.is_absolute() and models is not None:
            yield models / plain
        yield plain
        return
    if models is not None:
        yield models / named.owner / named.name
        yield models / f"{named.owner}--{named.name}"
        yield models / named.name
    yield from _cached(named, revision or "main")
    yield Path(named.repository)


def _cached(named: HubName, revision: str) -> Iterable[Path]:
    """Snapshots in the layout of the hub's own cache."""
    home = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    root = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")
    folder = root / f"models--{named.owner}--{named.name}"
    reference = folder / "refs" / revision
    commit = reference.read_text().strip() if reference.is_file() else revision
    yield folder / "snapshots" / commit


def _refuse_pickle(place: Path) -> None:
    if place.is_file() and place.suffix.lower() in _PICKLES:
        raise Invalid(
            f"{place.name} is a pickle, which runs code when it is opened; "
            "convert it to safetensors",
            code="pickle_refused",
        )


def check_files(place: Path, *, variant: str = "", without: Collection[str] = ()) -> None:
    """See that a pipeline's folder holds safetensors for each of its models.

    Args:
        without: components of which only the configuration is needed.

    Raises:
        imgen.errors.Unavailable: an index, a component or its weights are missing.
        imgen.errors.Invalid: the weights are there as pickles only.
    """
    for component in components(place):
        if component == CHECKER:
            continue
        with reading(place / component):
            _check_component(place, component, variant, bare=component in without)


def _check_component(place: Path, component: str, variant: str, *, bare: bool) -> None:
    folder = place / component
    if not folder.is_dir():
        raise Unavailable(f"{place} lacks the folder {component}")
    if bare:
        return
    files = [file for file in folder.iterdir() if file.is_file()]
    if any(file.suffix == ".safetensors" for file in files):
        _check_shards(folder, variant)
    elif any(file.suffix in _PICKLES for file in files):
        raise Invalid(
            f"{component} of {place} is there as a pickle only; get its safetensors",
            code="pickle_refused",
        )
    elif any(file.name == "config.json" for file in files):
        raise Unavailable(
            f"{component} of {place} has no weights; `imgen models pull` fetches them"
        )


def _check_shards(folder: Path, variant: str) -> None:
    """Large models come in several files, listed in an index; each must be whole."""
    for file in folder.glob("*.safetensors"):
        read_header(file)
    for index in folder.glob("*.safetensors.index*.json"):
        if variant and f".{variant}." not in index.name:
            continue
        lost = sorted(name for name in _listed(index) if not (folder / name).is_file())
        if lost:
            raise Unavailable(f"{folder.name} lacks {lost[0]}; the download is not complete")


def _listed(index: Path) -> set[str]:
    """Names of the files that an index says a model is made of."""
    try:
        return set(map(str, json.loads(index.read_text())["weight_map"].values()))
    except NOT_AS_EXPECTED:
        raise Unavailable(
            f"{index.parent.name}/{index.name} is damaged; the download is not complete"
        ) from None


def components(folder: Path) -> tuple[str, ...]:
    """The parts of a pipeline that hold files, by its index.

    Raises:
        imgen.errors.Unavailable: the folder is not a diffusers pipeline.
    """
    return tuple(
        name
        for name, value in index_of(folder).items()
        if isinstance(value, list) and len(value) == 2 and value[0] is not None
    )


def index_of(folder: Path) -> dict[str, object]:
    """The index of a pipeline.

    Raises:
        imgen.errors.Unavailable: there is none, or it cannot be read.
    """
    try:
        read = json.loads((folder / INDEX).read_text())
    except (FileNotFoundError, NotADirectoryError):
        raise Unavailable(f"{folder} holds no {INDEX}: it is not a diffusers pipeline") from None
    except OSError as error:
        raise Unavailable(f"{folder / INDEX} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise Unavailable(f"{folder / INDEX} is damaged") from None
    if not isinstance(read, dict):
        raise Unavailable(f"{folder / INDEX} is not an index")
    return read


def variant_in(folder: Path, wanted: str = "") -> str:
    """The variant to load from a pipeline's folder: the one wanted, else one that is needed.

    A pull of small files alone leaves components without others. Components that lack the variant
    are read from their plain files all the same.
    """
    if wanted:
        return wanted
    for component in components(folder):
        names = [file.name for file in (folder / component).glob("*.safetensors")]
        variants = [found[1] for name in names if (found := _VARIANT.search(name))]
        if variants and len(variants) == len(names):
            return variants[0]
    return ""


def lora_file(reference: str, models: Path | None) -> Path:
    """The safetensors file of a LoRA.

    Raises:
        imgen.errors.Unavailable: it is not there, or a folder does not say which it is.
        imgen.errors.Invalid: it is a pickle.
    """
    place = locate(reference, models)
    if place.is_file():
        if place.suffix != ".safetensors":
            raise Invalid(f"{place.name} is not a safetensors file")
        read_header(place)
        return place
    files = sorted(place.glob("*.safetensors"))
    named = [file for file in files if file.name == LORA_FILE]
    if len(named or files) != 1:
        raise Unavailable(
            f"{place} holds {len(files)} safetensors files; name one as path or :file"
        )
    return (named or files)[0]

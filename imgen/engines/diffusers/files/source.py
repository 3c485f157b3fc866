"""Where each part of a model comes from: a pipeline's folder, a single file, or both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from imgen.engines.diffusers.files.contents import DENOISERS, Contents, contents_of
from imgen.engines.diffusers.files.size import (
    DENOISER,
    Size,
    numbers_in_file,
    numbers_in_folder,
    size_of,
)
from imgen.engines.diffusers.files.weights import (
    CHECKER,
    check_files,
    components,
    hub_name,
    index_of,
    locate,
)
from imgen.engines.diffusers.options import ModelOptions
from imgen.errors import Invalid, Unavailable


@dataclass(frozen=True, slots=True)
class Source:
    """The files of one model."""

    folder: Path
    """A pipeline's: its index and configuration, and the weights of what comes from no file."""
    pipeline: str
    """diffusers class."""
    whole: Path | None = None
    """One file with the denoiser, the text encoders, and mostly the VAE."""
    denoiser: Path | None = None
    """The file that the unet or transformer comes from, where it is not the folder's."""
    from_files: tuple[str, ...] = ()
    """Names of components whose weights the folder need not have."""
    scheduler_options: Mapping[str, object] = field(default_factory=dict)
    """How the file's denoiser wants the scheduler, otherwise than the folder says."""

    def check(self, variant: str = "") -> None:
        """See that the folder has what the files do not bring.

        Raises:
            imgen.errors.ImgenError: what is missing or wrong.
        """
        check_files(self.folder, variant=variant, without=self.from_files)

    def size(self, options: ModelOptions, itemsize: int) -> Size:
        """Bytes of the weights once loaded, about.

        Args:
            itemsize: bytes of one number, in the format that they are loaded as.
        """
        numbers = self._numbers_in_folder(options.variant)
        if self.whole is not None:
            held = numbers_in_file(self.whole)
            numbers += Counter(
                {name: count for name, count in held.items() if name not in self._not_in_whole()}
            )
        if self.denoiser is not None:
            numbers[DENOISER] = numbers_in_file(self.denoiser)[DENOISER]
        return size_of(numbers, itemsize, options.quantisation)

    def _not_in_whole(self) -> tuple[str, ...]:
        """What the one file may hold and is taken from elsewhere all the same."""
        return (DENOISER,) if "vae" in self.from_files else (DENOISER, "vae")

    def _numbers_in_folder(self, variant: str) -> Counter[str]:
        """Component → how many numbers come from the folder."""
        numbers: Counter[str] = Counter()
        for name in components(self.folder):
            if name != CHECKER and name not in self.from_files:
                part = DENOISER if name in DENOISERS else name
                numbers[part] += numbers_in_folder(self.folder / name, variant)
        return numbers


def find_source(options: ModelOptions, models: Path | None) -> Source:
    """The files of the model that options describe. Loads nothing.

    Args:
        models: the folder of pulled weights.

    Raises:
        imgen.errors.Unavailable: some are not here; says which, and how to get them.
        imgen.errors.Invalid: some are not what they should be.
    """
    place = locate(options.weights, models, revision=options.revision)
    source = _of_file(place, options, models) if place.is_file() else _of_folder(place, options)
    if not options.unet:
        return source
    denoiser = _one_file(locate(options.unet, models))
    return replace(
        source,
        denoiser=denoiser,
        from_files=tuple(dict.fromkeys((*DENOISERS, *source.from_files))),
        scheduler_options=_contents(denoiser).scheduler_options,
    )


def _of_folder(place: Path, options: ModelOptions) -> Source:
    return Source(place, options.pipeline or str(index_of(place).get("_class_name", "")))


def _of_file(file: Path, options: ModelOptions, models: Path | None) -> Source:
    contents = _contents(file)
    kind = contents.kind
    pipeline = options.pipeline or (kind.pipeline if kind else "")
    config = default_config(options, contents)
    if not (pipeline and config):
        lacking = "options.config" if pipeline else "options.pipeline and options.config"
        raise Unavailable(
            f"its weights {file.name} are {kind.label if kind else 'of a kind unknown here'} "
            f"in a single file: name {lacking}"
        )
    return Source(
        folder=_folder_of(config, models, file, contents),
        pipeline=pipeline,
        whole=None if contents.is_denoiser else file,
        denoiser=file,
        from_files=contents.parts,
        scheduler_options=contents.scheduler_options,
    )


def default_config(options: ModelOptions, contents: Contents) -> str:
    """Folder or hub name of the pipeline that a single file's other parts come from, if any."""
    return options.config or (contents.kind.config if contents.kind else "")


def _folder_of(config: str, models: Path | None, file: Path, contents: Contents) -> Path:
    try:
        folder = locate(config, models)
    except Unavailable:
        label = contents.kind.label if contents.kind else "a model"
        lacking = (
            f"the unet or transformer of {label} alone; the other parts"
            if contents.is_denoiser
            else f"{label} without its configuration and tokenizers; these"
        )
        how = (
            "`imgen models pull` fetches them, or name a folder in options.config"
            if hub_name(config)
            else "options.config names no folder"
        )
        raise Unavailable(
            f"its weights {file.name} hold {lacking}, from {config}, are not here: {how}"
        ) from None
    if folder.is_file():
        raise Invalid(f"options.config is the file {folder.name}; name a folder", field="config")
    return folder


def _one_file(place: Path) -> Path:
    if place.is_file():
        return place
    found = sorted(place.glob("*.safetensors"))
    if len(found) != 1:
        raise Unavailable(f"{place} holds {len(found)} safetensors files; name one in unet")
    return found[0]


def _contents(file: Path) -> Contents:
    if file.suffix != ".safetensors":
        raise Invalid(f"{file.name} is not a safetensors file")
    return contents_of(file)

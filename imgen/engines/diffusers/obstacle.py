"""What stands in the way of a model of this engine, found out without loading anything."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from imgen.engines.diffusers.files.source import find_source
from imgen.engines.diffusers.files.weights import locate, lora_file
from imgen.engines.diffusers.libraries import misfit
from imgen.engines.diffusers.options import ModelOptions, check_quantisation, read_options
from imgen.errors import ImgenError

_PACKAGES = ("torch", "diffusers", "transformers", "peft")


def obstacle(options: Mapping[str, object], settings: Mapping[str, object]) -> str:
    """Why a model cannot run here, in one clause; empty when it can.

    Args:
        options: the model's, from the catalog.
        settings: this engine's; `models` is the folder of pulled weights.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        return (
            "this installation has no engine diffusers: "
            f"{missing[0]} is missing, install the extra `diffusers`"
        )
    if unfit := misfit():
        return unfit
    models = models_folder(settings)
    try:
        _check(read_options(options), models)
    except ImgenError as error:
        return error.message
    except Exception as error:  # whatever lies on a disk, it keeps one model away, not a worker
        first = (str(error).strip().splitlines() or [""])[0][:200]
        return f"its files cannot be read: {type(error).__name__}: {first}"
    return ""


def models_folder(settings: Mapping[str, object]) -> Path | None:
    """Where pulled weights are, if anywhere."""
    named = settings.get("models")
    return Path(str(named)).expanduser() if named else None


def _check(options: ModelOptions, models: Path | None) -> None:
    if not (options.weights or options.upscaler or options.matting):
        raise ImgenError("it names no weights")
    check_quantisation(options.quantisation)
    if options.weights:
        find_source(options, models).check(options.variant)
    for reference in (options.upscaler, options.matting):
        if reference:
            locate(reference, models)
    for guide in (*options.controlnets.values(), *options.hint_models.values()):
        locate(str(guide), models)
    if options.lora:
        lora_file(options.lora, models)

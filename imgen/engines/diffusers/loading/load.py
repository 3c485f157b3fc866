"""From files to a pipeline that is ready to paint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from imgen.engines.diffusers.device import Device
from imgen.engines.diffusers.families.family import Family
from imgen.engines.diffusers.families.table import family_of
from imgen.engines.diffusers.files.source import Source, find_source
from imgen.engines.diffusers.files.weights import index_of, lora_file, variant_in
from imgen.engines.diffusers.loading.adapters import Adapters
from imgen.engines.diffusers.loading.denoiser import read_denoiser
from imgen.engines.diffusers.loading.quantise import quantise
from imgen.engines.diffusers.memory.loaded import Loaded
from imgen.engines.diffusers.options import ModelOptions
from imgen.errors import ImgenError, Invalid, Unavailable


def load(
    options: ModelOptions, *, models: Path | None, device: Device, offload: str, slots: int
) -> Loaded:
    """Load a model. Blocking, for seconds to minutes.

    Args:
        models: the folder of pulled weights.
        offload: `none`, `model` or `sequential`: what lies in main memory between its turns.
        slots: how many LoRAs stay with it.

    Raises:
        imgen.errors.ImgenError: it cannot be loaded, and why.
    """
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    source = find_source(options, models)
    source.check(options.variant)
    family = family_of(source.pipeline)
    dtype = dtype_of(options, family, device)
    try:
        pipe = _read(source, options, family, dtype)
        _change(pipe, source, options)
        quantise(getattr(pipe, family.traits.denoiser), options.quantisation, dtype, device)
        loaded = Loaded(family, pipe, device, options, Adapters(pipe, models, slots), models)
        loaded.place(offload)
    except torch.OutOfMemoryError:
        raise
    except ImgenError:
        raise
    except Exception as error:  # whatever a broken file makes the libraries raise
        raise Unavailable(f"{options.weights} cannot be loaded: {_first_line(error)}") from error
    if options.lora:
        loaded.adapters.own = lora_file(options.lora, models)
    return loaded


def dtype_of(options: ModelOptions, family: Family, device: Device) -> Any:
    """Torch's number format that a model is loaded as."""
    return device.dtype(options.dtype or (family.traits.dtype if device.accelerated else ""))


def _read(source: Source, options: ModelOptions, family: Family, dtype: Any) -> Any:
    """The text-to-image pipeline of the family, from a folder, one file, or both."""
    kind = getattr(diffusers, family.traits.pipelines["text_to_image"])
    given = _no_checker(family)
    if source.denoiser is not None:
        name = family.traits.denoiser
        given[name] = read_denoiser(source, name, dtype)
    if source.whole is not None:
        return _read_whole(kind, source, options, dtype, given)
    return kind.from_pretrained(
        str(source.folder),
        dtype=dtype,
        variant=variant_in(source.folder, options.variant) or None,
        use_safetensors=True,
        local_files_only=True,
        **given,
    )


def _read_whole(
    kind: Any, source: Source, options: ModelOptions, dtype: Any, given: dict[str, Any]
) -> Any:
    """From one file; its VAE from the folder where the file has none."""
    if "vae" not in source.from_files:
        vae = getattr(diffusers, str(index_of(source.folder)["vae"][1]))  # type: ignore[index]
        given["vae"] = vae.from_pretrained(
            str(source.folder / "vae"),
            dtype=dtype,
            variant=variant_in(source.folder, options.variant) or None,
            use_safetensors=True,
            local_files_only=True,
        )
    pipe = kind.from_single_file(
        str(source.whole),
        config=str(source.folder),
        dtype=dtype,
        local_files_only=True,
        **given,
    )
    for part in pipe.components.values():
        _settle(part)
    lacking = [name for name, part in pipe.components.items() if _is_incomplete(part)]
    if lacking:
        raise Unavailable(
            f"{options.weights} lacks weights of {', '.join(lacking)}, or {source.folder} is the "
            "configuration of another model"
        )
    return pipe


def _settle(part: Any) -> None:
    """What diffusers leaves undone for a T5 encoder that it reads from a single file."""
    if isinstance(part, torch.nn.Module):
        part.eval()
        if _is_incomplete(part) and hasattr(part, "tie_weights"):
            part.tie_weights()  # one tensor under two names, of which a file holds one


def _is_incomplete(part: Any) -> bool:
    """Whether a component has weights that no file brought."""
    return isinstance(part, torch.nn.Module) and any(one.is_meta for one in part.parameters())


def _no_checker(family: Family) -> dict[str, Any]:
    """Pictures are reviewed once, after the engine; a checker in here would black them out."""
    if family.traits.name == "sd15":
        return {"safety_checker": None, "requires_safety_checker": False}
    return {}


def _change(pipe: Any, source: Source, options: ModelOptions) -> None:
    """What the catalog, or a file, wants otherwise than the folder says."""
    if options.scheduler or options.scheduler_options or source.scheduler_options:
        pipe.scheduler = _scheduler(pipe.scheduler, options, source)
    if hasattr(pipe.vae, "enable_slicing"):
        pipe.vae.enable_slicing()  # a batch is decoded one by one: the peak is that of one picture
    pipe.set_progress_bar_config(disable=True)


def _scheduler(present: Any, options: ModelOptions, source: Source) -> Any:
    """A scheduler set up like the present one, but for what the file and the catalog say.

    Raises:
        imgen.errors.Invalid: there is none of that name.
    """
    kind: Any = getattr(diffusers, options.scheduler or type(present).__name__, None)
    if not hasattr(kind, "set_timesteps"):
        raise Invalid(f"diffusers has no scheduler {options.scheduler}", field="scheduler")
    changes = {**source.scheduler_options, **options.scheduler_options}
    return kind.from_config(present.config, **changes)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__

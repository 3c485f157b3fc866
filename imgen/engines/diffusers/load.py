"""From files to a pipeline that is ready to paint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from safetensors.torch import load_file

from imgen.engines.diffusers.adapters import Adapters
from imgen.engines.diffusers.device import Device
from imgen.engines.diffusers.families.family import Family
from imgen.engines.diffusers.families.table import family_of
from imgen.engines.diffusers.loaded import Loaded
from imgen.engines.diffusers.options import ModelOptions
from imgen.engines.diffusers.weights import check_files, index_of, locate, lora_file
from imgen.errors import ImgenError, Invalid, Unavailable

_QUANTISATIONS = ("", "fp8", "int8", "int4")


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
    place = locate(options.weights, models, revision=options.revision)
    check_files(place, variant=options.variant)
    family = family_of(options.pipeline or _named_by(place))
    wanted = options.dtype or (family.traits.dtype if device.accelerated else "")
    dtype = device.dtype(wanted)
    try:
        pipe = _read(place, options, family, dtype, models)
        _change(pipe, options, family, dtype, models)
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


def _named_by(place: Path) -> str:
    return "" if place.is_file() else str(index_of(place).get("_class_name", ""))


def _read(
    place: Path, options: ModelOptions, family: Family, dtype: Any, models: Path | None
) -> Any:
    """The text-to-image pipeline of the family, from a folder or one file."""
    kind = getattr(diffusers, family.traits.pipelines["text_to_image"])
    if place.is_file():
        return kind.from_single_file(
            str(place),
            config=str(locate(options.config, models)),
            torch_dtype=dtype,
            local_files_only=True,
            **_no_checker(family),
        )
    return kind.from_pretrained(
        str(place),
        torch_dtype=dtype,
        variant=options.variant or None,
        use_safetensors=True,
        local_files_only=True,
        **_no_checker(family),
        **_quantised(options, family),
    )


def _no_checker(family: Family) -> dict[str, Any]:
    """Pictures are reviewed once, after the engine; a checker in here would black them out."""
    if family.traits.name == "sd15":
        return {"safety_checker": None, "requires_safety_checker": False}
    return {}


def _quantised(options: ModelOptions, family: Family) -> dict[str, Any]:
    """Smaller weights through bitsandbytes, where the catalog asks for them.

    Raises:
        imgen.errors.Invalid: an unknown kind.
        imgen.errors.Unavailable: the package is missing.
    """
    kind = options.quantisation
    if kind not in _QUANTISATIONS:
        raise Invalid(f"quantisation is {kind}; use {', '.join(_QUANTISATIONS[1:])}")
    if kind in {"", "fp8"}:
        return {}
    if not diffusers.utils.is_bitsandbytes_available():
        raise Unavailable(f"quantisation {kind} needs the package bitsandbytes")
    four = kind == "int4"
    return {
        "quantization_config": diffusers.PipelineQuantizationConfig(
            quant_backend="bitsandbytes_4bit" if four else "bitsandbytes_8bit",
            quant_kwargs={"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
            if four
            else {"load_in_8bit": True},
            components_to_quantize=[family.traits.denoiser],
        )
    }


def _change(
    pipe: Any, options: ModelOptions, family: Family, dtype: Any, models: Path | None
) -> None:
    """What the catalog wants otherwise than the weights say."""
    denoiser = getattr(pipe, family.traits.denoiser)
    if options.unet:
        _replace(denoiser, locate(options.unet, models), options.unet)
    if options.scheduler:
        pipe.scheduler = _scheduler(pipe.scheduler, options)
    if options.quantisation == "fp8":
        denoiser.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype)
    pipe.set_progress_bar_config(disable=True)


def _replace(module: Any, file: Path, name: str) -> None:
    """Other weights for the same architecture.

    Raises:
        imgen.errors.Invalid: they are for another.
    """
    if file.is_dir():
        found = sorted(file.glob("*.safetensors"))
        file = found[0] if len(found) == 1 else file
    if file.suffix != ".safetensors":
        raise Invalid(f"{name} is not one safetensors file")
    try:
        module.load_state_dict(load_file(str(file)))
    except RuntimeError:
        raise Invalid(f"{name} does not fit the model's {type(module).__name__}") from None


def _scheduler(present: Any, options: ModelOptions) -> Any:
    """Another scheduler, set up like the present one but for what the catalog says.

    Raises:
        imgen.errors.Invalid: there is none of that name.
    """
    kind: Any = getattr(diffusers, options.scheduler, None)
    if not hasattr(kind, "set_timesteps"):
        raise Invalid(f"diffusers has no scheduler {options.scheduler}", field="scheduler")
    return kind.from_config(present.config, **options.scheduler_options)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__

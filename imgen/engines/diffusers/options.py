"""A model's options, as its catalog entry gives them, read into one record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

from imgen.errors import Invalid, Unavailable

QUANTISATIONS = ("", "fp8", "int8", "int4")
"""How the weights of a denoiser can be made smaller."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What the catalog says about one model of this engine; docs/engines-diffusers.md."""

    weights: str = ""
    revision: str = ""
    variant: str = ""
    config: str = ""
    """Folder or hub name with the configuration and tokenizers that a single file lacks."""
    pipeline: str = ""
    """Class of the pipeline; needed where the weights do not say."""
    scheduler: str = ""
    scheduler_options: Mapping[str, object] = field(default_factory=dict)
    steps: Sequence[int] = ()
    """Numbers of steps that a distilled model was made for; empty: any."""
    dtype: str = ""
    lora: str = ""
    """A LoRA that belongs to the model itself, always applied."""
    unet: str = ""
    """Weights that replace those of the unet or transformer."""
    true_cfg_scale: float = 0.0
    clip_skip: int = 0
    max_sequence_length: int = 0
    offload: bool | str | None = None
    quantisation: str = ""
    compile: bool | None = None
    controlnets: Mapping[str, object] = field(default_factory=dict)
    """Kind of control → folder or hub name of its ControlNet."""
    hint_models: Mapping[str, object] = field(default_factory=dict)
    """`depth`, `openpose`, `person` → folder or hub name of a network that looks at pictures."""
    upscaler: str = ""
    """A super-resolution model, read by spandrel."""
    matting: str = ""
    """An ONNX model that tells the subject from its background."""
    matting_options: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Equal for equal options: what names loaded weights."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(values, sort_keys=True, default=dict)

    def steps_near(self, asked: int) -> int:
        """The number of steps that comes nearest, the larger one of two as near."""
        return min(self.steps, key=lambda one: (abs(one - asked), -one), default=asked)


def check_quantisation(kind: str) -> None:
    """See that weights can be made smaller in this way here.

    Raises:
        imgen.errors.Invalid: there is no such way.
        imgen.errors.Unavailable: the package that does it is missing.
    """
    if kind not in QUANTISATIONS:
        raise Invalid(
            f"options.quantisation is {kind}; use {', '.join(QUANTISATIONS[1:])}",
            field="quantisation",
        )
    if kind.startswith("int") and find_spec("bitsandbytes") is None:
        raise Unavailable(
            f"its quantisation {kind} needs bitsandbytes: install the extra `quantisation`"
        )


def read_options(options: Mapping[str, object]) -> ModelOptions:
    """Options of the catalog; names that this engine does not know are left alone.

    Raises:
        imgen.errors.Invalid: one has the wrong type.
    """
    known = {name: options[name] for name in ModelOptions.__slots__ if name in options}
    for name, value in known.items():
        if name in {"offload", "compile"}:
            continue
        wanted = type(getattr(_PLAIN, name))
        if wanted is dict and isinstance(value, Mapping):
            continue
        if wanted is float and isinstance(value, int | float):
            continue
        if wanted is tuple:
            _check_steps(name, value)
        elif not isinstance(value, wanted):
            raise Invalid(f"options.{name} must be a {wanted.__name__}", field=name)
    return ModelOptions(**known)  # type: ignore[arg-type]


def _check_steps(name: str, value: object) -> None:
    if not isinstance(value, list | tuple) or not all(type(n) is int and n > 0 for n in value):
        raise Invalid(f"options.{name} must be a list of whole numbers above 0", field=name)


_PLAIN = ModelOptions()

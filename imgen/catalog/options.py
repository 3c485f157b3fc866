"""Engine options: what built-in engines take, so that a wrong type shows before a picture fails."""

from __future__ import annotations

from collections.abc import Mapping

from imgen.catalog.problems import Wrong, nearest
from imgen.catalog.readers import (
    Reader,
    boolean,
    integer,
    kind,
    many,
    number,
    one_of,
    table,
    text,
)


def _one_or_many(value: object) -> object:
    """A string, or a list of strings."""
    one = text(empty=False)
    return many(one, least=1)(value) if isinstance(value, list) else one(value)


def _offload(value: object) -> object:
    """Whether weights wait in main memory for their turn, or in what portions."""
    if isinstance(value, bool):
        return value
    return one_of(("none", "model", "sequential"))(value)


_GRAPH: Mapping[str, Reader] = {
    "workflow": text(empty=False),
    "workflows": table,
    "graph": one_of(("sdxl", "flux")),
    "checkpoint": text(empty=False),
    "unet": text(empty=False),
    "clip": _one_or_many,
    "clip_type": text(empty=False),
    "dtype": text(empty=False),
    "vae": text(empty=False),
    "sampler": text(empty=False),
    "scheduler": text(empty=False),
    "true_cfg_scale": number(1, 30),
    "upscaler": text(empty=False),
    "matting": text(empty=False),
    "controlnet": table,
    "loras": table,
    "most_pixels": integer(65_536, 64_000_000),
}
"""What a ComfyUI graph is built from, wherever it runs."""

KNOWN: Mapping[str, Mapping[str, Reader]] = {
    "sketch": {},
    "vendor": {
        "vendor": text(empty=False),
        "model": text(empty=False),
    },
    "diffusers": {
        "weights": text(empty=False),
        "revision": text(),
        "variant": text(),
        "pipeline": text(),
        "scheduler": text(),
        "scheduler_options": table,
        "dtype": text(),
        "config": text(),
        "lora": text(),
        "unet": text(),
        "true_cfg_scale": number(0, 30),
        "clip_skip": integer(0, 12),
        "max_sequence_length": integer(16, 4096),
        "gated": boolean,
        "offload": _offload,
        "quantisation": one_of(("fp8", "int8", "int4")),
        "compile": boolean,
        "controlnets": table,
        "upscaler": text(),
        "matting": text(),
        "matting_options": table,
    },
    "comfyui": {"url": _one_or_many, **_GRAPH},
    "runpod": {"endpoint": text(empty=False), **_GRAPH},
    "openai": {
        "url": text(empty=False),
        "model": text(empty=False),
        "dialect": text(empty=False),
        "sizes": _one_or_many,
        "extra": table,
    },
}
"""Engine → option → reader. An engine may take more than is listed here: an option that is not
listed passes, unless it looks like a misspelt one."""


def check_options(engine: str, options: Mapping[str, object]) -> list[tuple[str, Wrong]]:
    """What is wrong with a model's options: the option's name and why."""
    known = KNOWN.get(engine, {})
    wrongs = []
    for name, value in options.items():
        try:
            _check(known, name, value)
        except Wrong as wrong:
            wrongs.append((name, wrong))
    return wrongs


def _check(known: Mapping[str, Reader], name: str, value: object) -> None:
    if name in known:
        known[name](value)
        return
    meant = nearest(name, known)
    if meant and _alike(meant, name):
        raise Wrong("is not an option of this engine.", f"Did you mean {meant!r}?")
    if kind(value) == "a date or time":
        raise Wrong("is a date or time.", "Options are strings, numbers, booleans, lists, tables.")


def _alike(one: str, other: str) -> bool:
    """Whether one name is the other with a letter or two astray."""
    return abs(len(one) - len(other)) <= 2 and one[0] == other[0].lower()

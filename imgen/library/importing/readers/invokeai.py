"""InvokeAI's metadata, in the three forms that it has had.

`invokeai_metadata` (since 3.0): JSON with `positive_prompt`, `negative_prompt`, `model`, …
`sd-metadata` (2.x): JSON with `image.prompt`, a list of weighted prompts, negatives in `[…]`.
`Dream` (1.x): a command line, `"a prompt [negatives]" -s 50 -S 42 -W 512 -H 768`.
"""

from __future__ import annotations

import re
from typing import Any

from imgen.library.importing.found import (
    Found,
    as_model,
    as_negatives,
    as_number,
    as_prompt,
    first_text,
)
from imgen.library.importing.material import Material, as_object

_NEGATIVE = re.compile(r"\[([^\[\]]{0,4000})\]")
_COMMAND = re.compile(r'\s*"((?:[^"\\]|\\.){1,8000})"(.*)', re.DOTALL)
_OPTION = re.compile(r"\s-(\w{1,20})\s+(\S{1,60})")


def read(file: Material) -> Found | None:
    """What InvokeAI wrote; None where it wrote nothing."""
    if metadata := as_object(file.texts.get("invokeai_metadata", "")):
        return _modern(metadata)
    if metadata := as_object(file.texts.get("sd-metadata", "")):
        return _second(metadata)
    return _dream(file.texts.get("Dream", "") or file.texts.get("dream", ""))


def _modern(metadata: dict[str, Any]) -> Found:
    model = metadata.get("model")
    named = model if isinstance(model, dict) else {}
    return Found(
        prompt=as_prompt(metadata.get("positive_prompt")),
        negatives=as_negatives(metadata.get("negative_prompt")),
        model=as_model(first_text([named.get("name"), named.get("model_name"), model])),
        seed=as_number(metadata.get("seed")),
        steps=as_number(metadata.get("steps")),
        width=as_number(metadata.get("width")),
        height=as_number(metadata.get("height")),
    )


def _second(metadata: dict[str, Any]) -> Found:
    image = metadata.get("image")
    image = image if isinstance(image, dict) else {}
    prompt, negatives = _without_negatives(_weighted(image.get("prompt")))
    return Found(
        prompt=prompt,
        negatives=negatives,
        model=as_model(first_text([metadata.get("model_weights"), metadata.get("model")])),
        seed=as_number(image.get("seed")),
        steps=as_number(image.get("steps")),
        width=as_number(image.get("width")),
        height=as_number(image.get("height")),
    )


def _weighted(prompts: Any) -> str:
    """One text out of `[{"prompt": …, "weight": …}, …]`, or of a plain text."""
    if isinstance(prompts, str):
        return prompts
    if not isinstance(prompts, list):
        return ""
    texts = [part.get("prompt") for part in prompts[:50] if isinstance(part, dict)]
    return ", ".join(text for text in texts if isinstance(text, str))


def _dream(text: str) -> Found | None:
    command = _COMMAND.fullmatch(text[:20_000])
    if not command:
        return None
    options = dict(_OPTION.findall(command[2]))
    prompt, negatives = _without_negatives(command[1])
    return Found(
        prompt=prompt,
        negatives=negatives,
        seed=as_number(options.get("S")),
        steps=as_number(options.get("s")),
        width=as_number(options.get("W")),
        height=as_number(options.get("H")),
    )


def _without_negatives(text: str) -> tuple[str, tuple[str, ...]]:
    negatives = as_negatives(_NEGATIVE.findall(text))
    return as_prompt(_NEGATIVE.sub(" ", text)), negatives

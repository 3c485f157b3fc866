"""What JSON objects say about a picture: a manifest's lines, sidecars, what some programs embed.

Each program has its own names for the same things, so they are looked up by many names:
imgen's manifests, SwarmUI (`sui_image_params`), Fooocus, NovelAI (`Comment`), Draw Things,
Easy Diffusion, Civitai (`meta`), and the `metadata.jsonl` of image folders (`file_name`, `text`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from imgen.library.importing.found import (
    LONGEST_TEXT,
    Found,
    as_line,
    as_model,
    as_negatives,
    as_number,
    as_prompt,
)
from imgen.library.importing.material import Material, as_object
from imgen.library.importing.readers import automatic1111

_PROMPT = ("prompt", "positive_prompt", "positive", "text", "full_prompt", "c", "v4_prompt")
_NEGATIVE = ("negative", "negatives", "negative_prompt", "negativeprompt", "uc")
_CAPTION = ("caption", "description", "alt", "alt_text")
_MODEL = ("model", "model_name", "base_model", "use_stable_diffusion_model", "sd_model_name")
_STYLE = ("style", "styles", "style_preset")
_CHARACTER = ("character",)
_SEED = ("seed", "noise_seed", "image_seed")
_STEPS = ("steps", "num_inference_steps")
_INSIDE = ("sui_image_params", "meta", "metadata", "params", "parameters", "image", "v2", "info")
"""Under which names programs put all of it."""
_EMBEDDED = ("parameters", "UserComment", "Comment", "ImageDescription", "Description")
_FOOOCUS_SIZE = re.compile(r"\(?\s*(\d{2,5})\s*[x×,]\s*(\d{2,5})\s*\)?")


def read_manifest(file: Material) -> Found | None:
    """What the picture's line in a manifest says."""
    return None if file.record is None else read_object(file.record)


def read_beside(file: Material) -> Found | None:
    """What the `.json` file of the same name says."""
    content = as_object(file.beside_json)
    return read_object(content) if content else None


def read_embedded(file: Material) -> Found | None:
    """What JSON or plain texts in the picture's own metadata say."""
    for name in _EMBEDDED:
        content = as_object(file.texts.get(name, ""))
        found = read_object(content) if content else None
        if found:
            return found
    plain = {name.lower(): text for name, text in file.texts.items() if not as_object(text)}
    plain = {name: text for name, text in plain.items() if name in {*_PROMPT, *_NEGATIVE, "seed"}}
    return read_object(plain) if plain else None


def read_text_beside(file: Material) -> Found | None:
    """The `.txt` file of the same name: generation parameters, or nothing but the prompt."""
    text = file.beside_text.strip("\ufeff \n\r\t")
    prompt = as_prompt(text)
    return automatic1111.read_text(text) or (Found(prompt=prompt) if prompt else None)


def read_object(content: Mapping[str, Any], depth: int = 0) -> Found | None:
    """What an object says under any of the names above; None if nothing."""
    values = {str(name).lower().replace(" ", "_"): value for name, value in content.items()}
    width, height = _size(values)
    found = Found(
        prompt=as_prompt(_text(values, _PROMPT)),
        negatives=as_negatives(next((values[name] for name in _NEGATIVE if values.get(name)), "")),
        caption=as_line(_text(values, _CAPTION), LONGEST_TEXT),
        model=as_model(_text(values, _MODEL)),
        style=as_line(_text(values, _STYLE)),
        character=as_line(_text(values, _CHARACTER)),
        seed=_number(values, _SEED),
        steps=_number(values, _STEPS),
        width=width,
        height=height,
    )
    for name in _INSIDE if depth < 3 else ():
        inside = values.get(name)
        if isinstance(inside, str):
            inside = as_object(inside) or automatic1111.read_text(inside)
        if isinstance(inside, Mapping):
            inside = read_object(inside, depth + 1)
        if isinstance(inside, Found):
            found = found.or_else(inside)
    return None if found.is_empty else found


def _text(values: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first text of these names. A list of one is taken for what it holds."""
    for name in names:
        value = values.get(name)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, Mapping):
            value = value.get("name") or value.get("model_name") or value.get("base_caption")
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _number(values: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    numbers = (as_number(values.get(name)) for name in names)
    return next((number for number in numbers if number is not None), None)


def _size(values: Mapping[str, Any]) -> tuple[int | None, int | None]:
    width, height = as_number(values.get("width")), as_number(values.get("height"))
    if width is None and (size := _FOOOCUS_SIZE.fullmatch(str(values.get("resolution", "")))):
        return as_number(size[1]), as_number(size[2])
    return width, height

"""From this surface's words to the core's strict ones, and from a picture to its reply."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace

from imgen.accounts.plans.records import Plan
from imgen.catalog.catalog import Catalog
from imgen.errors import Invalid
from imgen.finishing.encode import Format
from imgen.generation.choose import Choice
from imgen.generation.outcome import Completed
from imgen.generation.request import GenerationRequest
from imgen.prompts.syntax import ParsedPrompt, format_prompt, parse
from imgen.surfaces.imageapi_v1.presets import Preset, worded
from imgen.surfaces.imageapi_v1.wire import Picture

_HIGHEST_RANDOM_SEED = 2**32
_AT = re.compile(r"(?<![\w\\])@(?=(\w[\w-]*))")
_PLAIN_AT = re.compile(r"\\@(?=(\w[\w-]*))")
_NAMES = {"steps": "num_inference_steps", "negative": "negative_prompt"}
"""What the core calls fields that clients know by another name."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One picture that can be made."""

    request: GenerationRequest
    given: frozenset[str]
    """Fields that the client sent, by their names here."""
    unheeded: tuple[str, ...]
    """Of these, the ones that this endpoint does nothing with."""


def read_prompt(text: str, catalog: Catalog) -> ParsedPrompt:
    """A prompt taken apart: `@name` of a known character and `-terms` work here too.

    Raises:
        imgen.errors.Invalid: two characters are named, or nothing is asked for.
    """
    prompt = parse(plain_ats(text, catalog))
    if not prompt.positive and not prompt.character:
        raise Invalid("prompt must say what is to be seen", field="prompt")
    return prompt


def plain_ats(text: str, catalog: Catalog) -> str:
    """Every `@` that names no character made plain text: the document gives it no meaning."""

    def kept(found: re.Match[str]) -> str:
        return "@" if found[1].lower() in catalog.characters else r"\@"

    return _AT.sub(kept, text)


def shown_prompt(prompt: ParsedPrompt, catalog: Catalog) -> str:
    """A prompt as a client may send it again: what `plain_ats` did is undone."""

    def shown(found: re.Match[str]) -> str:
        return r"\@" if found[1].lower() in catalog.characters else "@"

    return _PLAIN_AT.sub(shown, format_prompt(prompt))


def to_wanted(body: Picture, preset: Preset, choice: Choice, catalog: Catalog) -> Wanted:
    """What the core is asked to make.

    Raises:
        imgen.errors.Invalid: the prompt asks for nothing, or for two characters.
    """
    model = choice.model
    prompt = read_prompt(body.prompt, catalog)
    words = worded(preset, catalog, model, positive=prompt.positive, negative=body.negative_prompt)
    request = GenerationRequest(
        prompt=format_prompt(replace(prompt, positive=words.positive)),
        model=model.key,
        style=words.style,
        width=body.width or preset.side,
        height=body.height or preset.side,
        seed=secrets.randbelow(_HIGHEST_RANDOM_SEED) if body.seed is None else body.seed,
        steps=body.num_inference_steps or model.steps,
        guidance_scale=model.guidance_scale,
        negative=words.negative,
        format=Format.PNG,
        transparent=body.transparent and preset.cut_out,
        stand_in_for=choice.stand_in_for,
    )
    return Wanted(
        request=request,
        given=_given(body, prompt),
        unheeded=("transparent",) if body.transparent and not preset.cut_out else (),
    )


def _given(body: Picture, prompt: ParsedPrompt) -> frozenset[str]:
    given = {name for name in body.model_fields_set if getattr(body, name) != ""}
    return frozenset(given | {"negative_prompt"} if prompt.negatives else given)


def ignored(wanted: Wanted, done: Completed) -> list[str]:
    """The fields that the client sent and that had no effect on the picture."""
    unheeded = {_NAMES.get(name, name) for name in done.ignored} & wanted.given
    return sorted({*unheeded, *wanted.unheeded})


def named_model(request: GenerationRequest) -> dict[str, str]:
    """`model` as it was asked for, and who stood in for it."""
    if not request.stand_in_for:
        return {"model": request.model}
    return {"model": request.stand_in_for, "stand_in": request.model}


def storage_words(plan: Plan) -> str:
    """The plan's storage, as the document words it: `10 GB cloud storage`."""
    if not plan.storage:
        return "No cloud storage"
    if plan.storage_bytes is None:
        return "Unlimited cloud storage"
    return f"{_size(plan.storage_bytes)} cloud storage"


def _size(count: int) -> str:
    for unit, name in ((2**40, "TB"), (2**30, "GB"), (2**20, "MB")):
        if count >= unit:
            return f"{count / unit:.4g} {name}"
    return f"{count} bytes"

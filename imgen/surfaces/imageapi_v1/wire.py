"""The bodies of ImageAPI v1, field by field as its document's tables list them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from imgen.errors import Invalid
from imgen.http.fields import Body, Integer, read_fields

LOWEST_SIDE, HIGHEST_SIDE = 256, 1024
"""Width and height in pixels."""
HIGHEST_SEED = 2**63 - 1

Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Side = Annotated[Integer, Field(ge=LOWEST_SIDE, le=HIGHEST_SIDE)]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class Defaults(Body):
    """What a picture may say beside its prompt; beside `items`, it holds for each of them."""

    negative_prompt: Annotated[str, Field(max_length=1000)] = ""
    width: Side | None = None
    height: Side | None = None
    num_inference_steps: Annotated[Integer, Field(ge=1, le=50)] | None = None
    seed: Annotated[Integer, Field(ge=0, le=HIGHEST_SEED)] | None = None
    model: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    transparent: bool = False
    """Ours: a logo or product on transparency."""


class Picture(Defaults):
    """One picture: the body of `generate`, or one of its `items`."""

    prompt: Prompt


class Enhance(Body):
    """`prompt/enhance`."""

    prompt: Prompt
    tone: Phrase = ""


class Build(Body):
    """`prompt/build`."""

    subject: Phrase = ""
    setting: Phrase = ""
    mood: Phrase = ""
    art_style: Phrase = ""
    lighting: Phrase = ""
    camera: Phrase = ""
    extras: Phrase = ""


def read_picture(fields: object) -> Picture:
    """One picture, or one item.

    Raises:
        imgen.errors.Invalid: it is no object, or a field is wrong.
    """
    if not isinstance(fields, Mapping):
        raise Invalid("Each item must be an object with a prompt", field="items")
    return read_fields(Picture, fields)


def read_items(fields: Mapping[str, Any], *, most: int) -> list[object] | None:
    """The fields of each picture of a batch, defaults filled in; None where there is no batch.

    What is wrong with one item is found when that one is read: it fails alone.

    Args:
        most: items that the plan allows.

    Raises:
        imgen.errors.Invalid: no list, empty, too long, mixed with a prompt, or bad defaults.
    """
    items = fields.get("items")
    if items is None:
        return None
    if not isinstance(items, list):
        raise Invalid("items must be an array of requests", field="items")
    if fields.get("prompt") is not None:
        raise Invalid("Send prompt or items, not both", field="prompt")
    if not items:
        raise Invalid("items must hold at least one request", field="items")
    if len(items) > most:
        raise Invalid(
            f"items holds {len(items)} requests; your plan allows {most} at once",
            code="batch_too_large",
            field="items",
        )
    shared = read_fields(Defaults, fields).model_dump(exclude_unset=True)
    return [{**shared, **_given(item)} if isinstance(item, dict) else item for item in items]


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`null` counts as not given: the default holds."""
    return {name: value for name, value in fields.items() if value is not None}

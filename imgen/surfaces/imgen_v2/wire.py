"""The bodies of Imgen v2, field by field as its document's tables list them.

A field of the wrong type is refused, by name. A number outside its range is drawn into it, as the
document does with `cache_pick`. What else falls back silently is `translate`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, StringConstraints

from imgen.errors import Invalid
from imgen.http.fields import Body, Integer, read_fields

LONGEST_PROMPT = 2000
"""Characters, after trimming."""


def _within(lowest: int, highest: int) -> AfterValidator:
    return AfterValidator(lambda value: min(max(value, lowest), highest))


Text = Annotated[str, Field(max_length=500)]
LongText = Annotated[str, Field(max_length=LONGEST_PROMPT)]
Prompt = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_PROMPT)]


class Generate(Body):
    """`generate`."""

    prompt: Prompt
    model: Text = ""
    negative: LongText = ""
    optimize: bool = False
    use_cache: bool = False
    cache_only: bool = False
    cache_force: bool = False
    cache_pick: Annotated[Integer, _within(1, 10)] = 5
    width: Integer = 1344
    height: Integer = 768
    style: Text = ""
    format: Text = "jpeg"
    quality: Annotated[Integer, _within(1, 100)] = 95
    lossless: bool = False
    compliance_ruleset: Text = ""
    precompliance: str = ""
    wm_image: str = ""
    wm_position: Text = "bottom-right"
    wm_scale: Annotated[Integer, _within(1, 100)] = 5
    wm_transparency: Annotated[Integer, _within(0, 100)] = 100
    wm_rotation: Annotated[Integer, _within(-360, 360)] = 0
    wm_padding_x: Annotated[Integer, _within(0, 500)] = 10
    wm_padding_y: Annotated[Integer, _within(0, 500)] = 10
    cs_author: Text = ""
    cs_title: Text = ""
    cs_description: LongText = ""
    cs_organization: Text = ""
    cs_vendor: Text = ""


class Status(Body):
    """`status`. The document has clients send `prompt` and `model` too; they are not needed."""

    id: Text = ""
    progress: bool = False
    """Ours: have the reply of an unfinished job tell how far it is."""


class Cancel(Body):
    """`cancel`, ours."""

    id: Text = ""


class Optimize(Body):
    """`optimize`."""

    prompt: Prompt
    model: Text = ""


class Random(Body):
    """`random`: no character given means any, an empty one means none."""

    character: Text | None = None


_Body = TypeVar("_Body", bound=Body)


def read(model: type[_Body], fields: Mapping[str, Any]) -> _Body:
    """A body of that shape.

    Raises:
        imgen.errors.Invalid: the prompt is missing, in the document's words; or see `read_fields`.
    """
    if "prompt" in model.model_fields and fields.get("prompt") in (None, ""):
        raise _prompt_required()
    body = read_fields(model, fields)
    if getattr(body, "prompt", None) == "":
        raise _prompt_required()
    return body


def _prompt_required() -> Invalid:
    return Invalid("Prompt is required", code="prompt_required", field="prompt")

"""The bodies of Imgen v2, field by field as its document's tables list them.

A field of the wrong type is refused, by name. A number outside its range is drawn into it, as the
document does with `cache_pick`. What else falls back silently is `translate`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from imgen.errors import Invalid

LONGEST_PROMPT = 2000
"""Characters, after trimming."""

_TYPE_NAMES = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "bool_type": "true or false",
}


def _whole(value: object) -> object:
    """JSON has one kind of number: 768.0 is an integer too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _within(lowest: int, highest: int) -> AfterValidator:
    return AfterValidator(lambda value: min(max(value, lowest), highest))


Integer = Annotated[int, BeforeValidator(_whole)]
Text = Annotated[str, Field(max_length=500)]
LongText = Annotated[str, Field(max_length=LONGEST_PROMPT)]
Prompt = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_PROMPT)]
_PROMPT_REQUIRED = "Prompt is required"


class Body(BaseModel):
    """Strict about types, silent about fields that it does not know."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


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
    """A body of that shape; `null` counts as not given.

    Raises:
        imgen.errors.Invalid: a field has the wrong type or is too long; names it.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    if "prompt" in model.model_fields and given.get("prompt", "") == "":
        raise Invalid(_PROMPT_REQUIRED, code="prompt_required", field="prompt")
    try:
        body = model.model_validate(given)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_input=False)[0]) from None
    if getattr(body, "prompt", None) == "":
        raise Invalid(_PROMPT_REQUIRED, code="prompt_required", field="prompt")
    return body


def _refusal(problem: ErrorDetails) -> Invalid:
    field = str(problem["loc"][0])
    if problem["type"] == "string_too_long":
        most = problem["ctx"]["max_length"]
        return Invalid(f"{field} must be at most {most} characters", field=field)
    wanted = _TYPE_NAMES.get(problem["type"], problem["msg"])
    return Invalid(f"{field} must be {wanted}", field=field)

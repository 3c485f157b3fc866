"""The fields of a JSON body, checked against a pydantic model; a refusal names the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from imgen.errors import Invalid


class Body(BaseModel):
    """Strict about types, silent about fields that it does not know."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


def _whole(value: object) -> object:
    """JSON has one kind of number: 768.0 is an integer too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Integer = Annotated[int, BeforeValidator(_whole)]
"""A JSON number without a fraction."""

_Body = TypeVar("_Body", bound=Body)
_WORDINGS = {
    "missing": "{field} is required",
    "string_type": "{field} must be a string",
    "int_type": "{field} must be an integer",
    "int_from_float": "{field} must be an integer",
    "float_type": "{field} must be a number",
    "bool_type": "{field} must be true or false",
    "string_too_short": "{field} is required",
    "string_too_long": "{field} must be at most {max_length} characters",
    "greater_than_equal": "{field} must be at least {ge}",
    "less_than_equal": "{field} must be at most {le}",
    "literal_error": "{field} must be one of {expected}",
}


def read_fields(model: type[_Body], fields: Mapping[str, Any]) -> _Body:
    """A body of that shape; `null` counts as not given.

    Raises:
        imgen.errors.Invalid: a field is missing, has the wrong type or is out of range.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_input=False)[0]) from None


def _refusal(problem: ErrorDetails) -> Invalid:
    field = str(problem["loc"][0])
    wording = _WORDINGS.get(problem["type"], "{field}: " + problem["msg"])
    return Invalid(wording.format(field=field, **problem.get("ctx", {})), field=field)

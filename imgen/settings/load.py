"""Reading the configuration, and saying what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from imgen.errors import Invalid
from imgen.settings.sections import Section
from imgen.settings.tree import PREFIX, Settings

_NOT_SETTINGS = {"IMGEN_CONFIG"}


def load_settings(**command_line: Any) -> Settings:
    """Read the configuration.

    Args:
        command_line: values given there, by field name; sections as nested mappings.

    Raises:
        imgen.errors.Invalid: an unknown name (with the nearest right one) or a bad value.
    """
    _refuse_unknown_variables(os.environ)
    try:
        return Settings(**{**_document_names(os.environ), **command_line})
    except ValidationError as error:
        raise Invalid("\n".join(_problems(error)), code="bad_configuration") from None
    except (OSError, ValueError) as error:
        raise Invalid(f"The configuration file cannot be read: {error}") from None


def names() -> Iterator[tuple[str, str, Any]]:
    """Every setting as (variable, description, default)."""
    yield from _names(Settings, PREFIX)


def _names(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, Any]]:
    for name, field in model.model_fields.items():
        variable = prefix + name.upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _names(field.annotation, variable + "__")
        else:
            default = field.get_default(call_default_factory=True, validated_data={})
            yield variable, field.description or "", default


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    """pydantic-settings ignores a misspelt variable; a deployment must hear about it instead."""
    known = {variable for variable, _, _ in names()} | _NOT_SETTINGS
    for given in environment:
        if given.startswith(PREFIX) and given not in known:
            near = get_close_matches(given, known, n=1, cutoff=0.0)
            raise Invalid(
                f"{given} is not a setting. Did you mean {near[0]}? "
                "`imgen check --settings` lists them all.",
                code="unknown_setting",
                field=given,
            )


def _document_names(environment: Mapping[str, str]) -> dict[str, Any]:
    """What ImageAPI's document calls by names of its own; ours count where both are set."""
    cors: dict[str, Any] = {}
    strict = environment.get("CORS_PUBLIC_API_STRICT_ORIGINS", "").strip()
    origins = environment.get("CORS_PUBLIC_API_ORIGINS", "")
    if strict and "IMGEN_CORS__STRICT" not in environment:
        cors["strict"] = strict
    if origins and "IMGEN_CORS__ORIGINS" not in environment:
        cors["origins"] = [one.strip() for one in origins.split(",") if one.strip()]
    return {"cors": cors} if cors else {}


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        path = [str(part) for part in problem["loc"]]
        variable = PREFIX + "__".join(part.upper() for part in path)
        if problem["type"] == "extra_forbidden":
            known = [name for name, _, _ in names()]
            near = get_close_matches(variable, known, n=1, cutoff=0.0)[0]
            right = ".".join(near.removeprefix(PREFIX).lower().split("__"))
            yield f"{'.'.join(path)} is not a setting. Did you mean {right}?"
        else:
            yield f"{'.'.join(path)} ({variable}): {problem['msg']}"

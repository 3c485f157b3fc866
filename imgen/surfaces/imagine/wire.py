"""The forms of Imagine, field by field, each with its range and default.

A form knows only text: numbers are read from it here, and what is no number is refused by name.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from imgen.http.fields import Body

HIGHEST_SEED = 2**63 - 1
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}(?:\.0*)?")


def _whole(value: object) -> object:
    text = str(value).strip()
    if not _WHOLE.fullmatch(text):
        raise PydanticCustomError("int_type", "must be an integer")
    return int(text.partition(".")[0])


def _number(value: object) -> object:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise PydanticCustomError("float_type", "must be a number")
    return number


Integer = Annotated[int, BeforeValidator(_whole)]
Number = Annotated[float, BeforeValidator(_number)]
Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
MaybePrompt = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Negative = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Seed = Annotated[Integer, Field(ge=0, le=HIGHEST_SEED)]
Steps = Annotated[Integer, Field(ge=1, le=50)]
Guidance = Annotated[Number, Field(ge=3, le=15)]

Ratio = Literal["1:1", "3:2", "4:3", "3:4", "16:9", "9:16"]
"""Of the family of named styles."""
OldRatio = Literal["1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16", "5:4", "4:5", "8:10", "3:1"]
"""Of the family of numbered styles."""
Control = Literal["openpose", "scribble", "canny", "lineart", "depth"]


class Form(Body):
    """What every form may say."""

    seed: Seed | None = None
    """None: chance decides, and the reply tells."""


class Generations(Form):
    """`/v2/image/generations`."""

    prompt: Prompt
    style: Name = "imagine-turbo"
    aspect_ratio: Ratio = "1:1"


class Transparent(Form):
    """`/v2/image/generations/transparent`."""

    prompt: Prompt
    aspect_ratio: Ratio = "1:1"
    seed: Annotated[Integer, Field(ge=1, le=HIGHEST_SEED)] | None = None


class AiBackground(Form):
    """`/v2/image/generations/ai-background`."""

    prompt: Prompt
    style: Literal["product-shoot"] = "product-shoot"


class Picture(Form):
    """`/v2/image/background/remover`, and its old twin."""


class Enhance(Form):
    """`/v2/image/enhance`."""

    scale: Annotated[Integer, Field(ge=2, le=4)] = 2
    """Ours: how many times as wide and as high."""


class Fill(Form):
    """`/v2/image/edits/generative-fill`."""

    prompt: Prompt


class Resize(Form):
    """`/v2/image/edits/ai-resize`."""

    prompt: MaybePrompt = ""
    aspect_ratio: Ratio = "1:1"


class Numbered(Form):
    """What the endpoints with a numbered style have in common."""

    prompt: Prompt
    style_id: Integer = 1
    aspect_ratio: OldRatio | None = None
    """None: the picture's own."""


class Steered(Numbered):
    """Those of them that take the usual knobs."""

    negative_prompt: Negative = ""
    cfg: Guidance | None = None
    """7.5, but for models that were distilled to a guidance of their own."""
    steps: Steps | None = None


class OldGenerations(Steered):
    """`/v1/imagine/api/generations`."""

    style_id: Integer = 27
    aspect_ratio: OldRatio = "1:1"
    steps: Annotated[Integer, Field(ge=30, le=50)] | None = None
    """30, but for models that take fewer."""
    high_res_results: Annotated[Integer, Field(ge=0, le=1)] = 0


class Variations(Steered):
    """`/v1/imagine/api/generations/variations`."""

    strength: Annotated[Number, Field(ge=0, le=1)] = 0.85


class Guided(Numbered):
    """`/v1/imagine/api/generations/guided`."""

    neg_prompt: Negative = ""
    steps: Steps = 20
    generation_bias: Annotated[Number, Field(ge=0.2, le=1.2)] = 0.7
    artistic_noise: Annotated[Number, Field(ge=0.1, le=0.2)] = 0.15
    aesthetics_weight: Annotated[Number, Field(ge=0.4, le=1.0)] = 0.7


class Remix(Steered):
    """`/v1/imagine/api/edits/remix`."""

    style_id: Integer
    control: Control = "openpose"
    strength: Annotated[Number, Field(ge=0, le=100)] = 85


class OldFill(Fill):
    """`/v1/imagine/api/edits/inpaint`."""

    model_version: Name = ""


class OldUpscale(Form):
    """`/v1/imagine/api/upscale`."""

    model_version: Name = ""

"""From a wish and its pictures to the core's request, and from an outcome to the reply's facts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import Look, Model
from imgen.engines.protocol import Task
from imgen.errors import Invalid
from imgen.finishing.encode import Format
from imgen.generation.choose import Choice, ChooseModel
from imgen.generation.outcome import Completed
from imgen.generation.request import GenerationRequest
from imgen.prompts.syntax import format_prompt, parse
from imgen.surfaces.imagine.sizes import SIZES, Size, cropped, enlarged, frame_round
from imgen.surfaces.imagine.wishes import Wish
from imgen.uploads.form import Form, required
from imgen.uploads.mask import Mask, open_mask
from imgen.uploads.picture import OpenedPicture, PictureLimits, open_picture

PLAIN = "plain"
"""The style of edits that name none: a style's words would ask for more than was asked for."""
_HIGHEST_SEED = 2**32


@dataclass(frozen=True, slots=True)
class Pictures:
    """What was sent along, opened."""

    image: OpenedPicture | None = None
    mask: Mask | None = None

    @property
    def size(self) -> Size:
        """Of the image."""
        assert self.image is not None
        return self.image.width, self.image.height


def open_pictures(form: Form, files: tuple[str, ...], limits: PictureLimits) -> Pictures:
    """Open what an operation takes. Blocking.

    Args:
        files: the fields that are needed, and others that were sent.

    Raises:
        imgen.errors.Invalid: one is missing, or cannot be opened.
        imgen.errors.TooLarge: one has too many pixels.
    """
    if not files:
        return Pictures()
    uploads = {name: required(form, name) for name in files}
    image = open_picture(uploads["image"], limits)
    if "mask" not in uploads:
        return Pictures(image)
    mask = open_mask(uploads["mask"], limits, width=image.width, height=image.height)
    return Pictures(image, mask)


def checked(wish: Wish, catalog: Catalog) -> Wish:
    """The wish with its prompt as the core writes prompts.

    Raises:
        imgen.errors.Invalid: the prompt asks for nothing, or for a character that does not exist.
    """
    if not wish.prompt:
        return wish
    parsed = parse(wish.prompt)
    catalog.character_named(parsed.character)
    if not parsed.positive and not parsed.character:
        raise Invalid("prompt is required", code="prompt_required", field="prompt")
    return replace(wish, prompt=format_prompt(parsed))


def choose(wish: Wish, choose_model: ChooseModel, allowed: tuple[str, ...]) -> Choice:
    """Which model does it.

    Raises:
        imgen.errors.Invalid: the look's model cannot run here, or cannot do this; names the field
            that asked for it, and the models that can.
        imgen.errors.Forbidden: the plan does not include it.
        imgen.errors.Unavailable: no model can do this here.
    """
    look = wish.look
    try:
        return choose_model(look.model if look else "", task=wish.task, allowed=allowed)
    except Invalid as error:
        if look is None:
            raise
        field = "style" if look.style_id is None else "style_id"
        message = f"{field} {look.key}: {error.message}"
        if error.code == "model_unavailable":
            able = ", ".join(model.key for model in choose_model.able(wish.task))
            message += f"; these can: {able or 'none here'}"
        raise Invalid(message, code=error.code, field=field) from None


def framed(wish: Wish, pictures: Pictures, model: Model) -> tuple[Pictures, Size]:
    """The pictures as they go in, and the size that comes out.

    Raises:
        imgen.errors.Invalid: the result were too large, or nothing were to be done.
    """
    if wish.task is Task.TEXT_TO_IMAGE:
        assert wish.ratio is not None
        width, height = SIZES[wish.ratio]
        return pictures, (width * wish.scale, height * wish.scale)
    width, height = pictures.size
    if wish.task is Task.UPSCALE:
        return pictures, enlarged(width, height, wish.scale, longest_side=model.max_side)
    if wish.task is Task.OUTPAINT and wish.ratio is not None:
        return pictures, frame_round(width, height, wish.ratio, longest_side=model.max_side)
    if wish.ratio is None:
        return pictures, (width, height)
    assert pictures.image is not None
    part = _with_pixels(pictures.image, cropped(pictures.image.pixels, wish.ratio))
    return replace(pictures, image=part), (part.width, part.height)


def _with_pixels(picture: OpenedPicture, pixels: NDArray[np.uint8]) -> OpenedPicture:
    return replace(picture, pixels=np.ascontiguousarray(pixels))


def usual_format(wish: Wish) -> Format:
    """PNG for what was made from a picture or is transparent: what was kept stays exactly so."""
    made_of_words = wish.task is Task.TEXT_TO_IMAGE and not wish.transparent
    return Format.JPEG if made_of_words else Format.PNG


def to_request(wish: Wish, choice: Choice, size: Size, *, format: Format) -> GenerationRequest:
    """What the core is asked to make."""
    model = choice.model
    return GenerationRequest(
        prompt=wish.prompt,
        model=model.key,
        style=_style(wish),
        width=size[0],
        height=size[1],
        seed=secrets.randbelow(_HIGHEST_SEED) if wish.seed is None else wish.seed,
        steps=_steps(wish, model),
        guidance_scale=_guidance(wish, model),
        task=wish.task,
        strength=wish.strength,
        control=wish.control,
        transparent=wish.transparent,
        stand_in_for=choice.stand_in_for,
        negative=wish.negative,
        format=format,
        lossless=wish.task is not Task.TEXT_TO_IMAGE and format is not Format.JPEG,
    )


def _style(wish: Wish) -> str:
    """A new background is the prompt's alone: `product-shoot` would have a studio put there."""
    if wish.look is None or wish.task is Task.REPLACE_BACKGROUND:
        return PLAIN
    return wish.look.style


def _steps(wish: Wish, model: Model) -> int:
    if wish.steps is not None:
        return wish.steps
    if wish.look is not None and wish.look.steps is not None:
        return wish.look.steps
    if wish.usual_steps is not None and not _is_distilled(model):
        return wish.usual_steps
    return model.steps


def _guidance(wish: Wish, model: Model) -> float:
    if wish.guidance is not None:
        return wish.guidance
    if wish.usual_guidance is not None and not _is_distilled(model):
        return wish.usual_guidance
    return model.guidance_scale


def _is_distilled(model: Model) -> bool:
    """To few steps and a guidance of its own: other figures spoil its pictures."""
    return model.guidance_scale == 0


def price_of(catalog: Catalog, wish: Wish, choice: Choice) -> int:
    """In credits; a stand-in costs what the model would that it stands in for."""
    asked = catalog.models.get(choice.stand_in_for, choice.model)
    return catalog.price(asked, wish.task, wish.look)


def facts(
    id: str, request: GenerationRequest, done: Completed, wish: Wish, *, url: str
) -> dict[str, Any]:
    """What a reply says of a picture, but for credits."""
    stand_in = {"stand_in": request.model} if request.stand_in_for else {}
    return {
        "status": "success",
        "id": id,
        "url": url,
        "width": done.image.width,
        "height": done.image.height,
        "format": done.image.format,
        "seed": request.seed,
        "model": request.stand_in_for or request.model,
        **stand_in,
        "style": wish.look.key if wish.look else PLAIN,
        "ignored": [*done.ignored, *wish.ignored],
    }


def look_facts(catalog: Catalog, choose_model: ChooseModel, look: Look) -> dict[str, Any]:
    """A look as `GET /v2/image/styles` lists it."""
    model = catalog.models.get(look.model)
    available, reason = choose_model.available(model) if model else (True, "")
    stands_in = {"stand_in": "sketch"} if reason and available else {}
    return {
        "style": look.key,
        "style_id": look.style_id,
        "label": look.label,
        "model": look.model or None,
        "price": look.price,
        "available": available,
        "reason": reason or None,
        **stands_in,
    }

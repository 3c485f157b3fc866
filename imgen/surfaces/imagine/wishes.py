"""What each endpoint's form asks for, in one vocabulary: the table that the routes are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import Look
from imgen.engines.protocol import Task
from imgen.errors import Invalid
from imgen.generation.request import ControlHint
from imgen.surfaces.imagine import wire
from imgen.surfaces.imagine.sizes import HIGH_RES

_GUIDANCE = 7.5
_STEPS = 30


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form asks for, before its pictures are seen."""

    task: Task
    prompt: str = ""
    negative: str = ""
    look: Look | None = None
    """None: the plain style."""
    ratio: str | None = None
    """Of the result; None: the picture's own."""
    scale: int = 1
    """How many times as large as usual, or as the picture."""
    seed: int | None = None
    steps: int | None = None
    """Asked for by the client. None: `usual_steps`."""
    usual_steps: int | None = None
    """For models that take guidance. None, and for others: the look's, else the model's."""
    guidance: float | None = None
    """Asked for by the client. None: `usual_guidance`."""
    usual_guidance: float | None = None
    """For models that take guidance; None: the model's."""
    strength: float = 0.85
    control: ControlHint | None = None
    transparent: bool = False
    ignored: tuple[str, ...] = ()
    """Fields that were sent and mean nothing here."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint."""

    path: str
    form: type[wire.Form]
    wish: Callable[[Any, Catalog], Wish]
    files: tuple[str, ...] = ()
    """Pictures that it needs."""
    may_have: tuple[str, ...] = ()
    """Pictures that may be sent, too."""

    @property
    def name(self) -> str:
        """In the request log: `v2/image/enhance`."""
        return self.path.strip("/")


def look_named(catalog: Catalog, style: str) -> Look:
    """The look of a name.

    Raises:
        imgen.errors.Invalid: there is none; names those that there are.
    """
    if style in catalog.looks:
        return catalog.looks[style]
    named = ", ".join(key for key, look in catalog.looks.items())
    raise Invalid(f"style must be one of {named}", field="style")


def look_numbered(catalog: Catalog, style_id: int) -> Look:
    """The look of a number.

    Raises:
        imgen.errors.Invalid: there is none; names those that there are.
    """
    if look := catalog.look_numbered(style_id):
        return look
    numbers = sorted(look.style_id for look in catalog.looks.values() if look.style_id is not None)
    known = ", ".join(map(str, numbers))
    raise Invalid(f"style_id must be one of {known}", field="style_id")


def _generations(form: wire.Generations, catalog: Catalog) -> Wish:
    return Wish(
        Task.TEXT_TO_IMAGE,
        prompt=form.prompt,
        look=look_named(catalog, form.style),
        ratio=form.aspect_ratio,
        seed=form.seed,
    )


def _transparent(form: wire.Transparent, _catalog: Catalog) -> Wish:
    return Wish(
        Task.TEXT_TO_IMAGE,
        prompt=form.prompt,
        ratio=form.aspect_ratio,
        seed=form.seed,
        transparent=True,
    )


def _ai_background(form: wire.AiBackground, catalog: Catalog) -> Wish:
    return Wish(
        Task.REPLACE_BACKGROUND,
        prompt=form.prompt,
        look=look_named(catalog, form.style),
        seed=form.seed,
    )


def _remover(form: wire.Picture, _catalog: Catalog) -> Wish:
    return Wish(Task.REMOVE_BACKGROUND, seed=form.seed, transparent=True)


def _enhance(form: wire.Enhance, _catalog: Catalog) -> Wish:
    return Wish(Task.UPSCALE, seed=form.seed, scale=form.scale)


def _fill(form: wire.Fill, _catalog: Catalog) -> Wish:
    return Wish(Task.INPAINT, prompt=form.prompt, seed=form.seed)


def _resize(form: wire.Resize, _catalog: Catalog) -> Wish:
    return Wish(Task.OUTPAINT, prompt=form.prompt, ratio=form.aspect_ratio, seed=form.seed)


def _remove(form: wire.Picture, _catalog: Catalog) -> Wish:
    return Wish(Task.ERASE, seed=form.seed)


def _numbered(form: wire.Numbered, catalog: Catalog, task: Task) -> Wish:
    return Wish(
        task,
        prompt=form.prompt,
        look=look_numbered(catalog, form.style_id),
        ratio=form.aspect_ratio,
        seed=form.seed,
    )


def _steered(form: wire.Steered, catalog: Catalog, task: Task) -> Wish:
    return replace(
        _numbered(form, catalog, task),
        negative=form.negative_prompt,
        steps=form.steps,
        guidance=form.cfg,
        usual_guidance=_GUIDANCE,
    )


def _old_generations(form: wire.OldGenerations, catalog: Catalog) -> Wish:
    wish = _steered(form, catalog, Task.TEXT_TO_IMAGE)
    return replace(wish, scale=HIGH_RES if form.high_res_results else 1, usual_steps=_STEPS)


def _variations(form: wire.Variations, catalog: Catalog) -> Wish:
    return replace(_steered(form, catalog, Task.IMAGE_TO_IMAGE), strength=form.strength)


def _guided(form: wire.Guided, catalog: Catalog) -> Wish:
    """The bias says how far the result may go from the picture, the noise adds a little to it; the
    weight says how closely the prompt is followed meanwhile."""
    strength = 0.18 + 0.6 * form.generation_bias + (form.artistic_noise - 0.15)
    return replace(
        _numbered(form, catalog, Task.IMAGE_TO_IMAGE),
        negative=form.neg_prompt,
        usual_steps=form.steps,
        usual_guidance=3 + 7 * form.aesthetics_weight,
        strength=round(min(strength, 1.0), 4),
    )


def _remix(form: wire.Remix, catalog: Catalog) -> Wish:
    """`strength` means what it means elsewhere: 0 gives the picture back."""
    wish = _steered(form, catalog, Task.IMAGE_TO_IMAGE)
    return replace(wish, strength=form.strength / 100, control=ControlHint(form.control))


def _old_fill(form: wire.OldFill, _catalog: Catalog) -> Wish:
    ignored = ("model_version",) if form.model_version else ()
    return Wish(Task.INPAINT, prompt=form.prompt, seed=form.seed, ignored=ignored)


def _old_upscale(form: wire.OldUpscale, _catalog: Catalog) -> Wish:
    ignored = ("model_version",) if form.model_version else ()
    return Wish(Task.UPSCALE, seed=form.seed, scale=2, ignored=ignored)


_NEW, _OLD = "/v2/image", "/v1/imagine/api"
_IMAGE, _BOTH = ("image",), ("image", "mask")

OPERATIONS = (
    Operation(f"{_NEW}/generations", wire.Generations, _generations),
    Operation(f"{_NEW}/generations/transparent", wire.Transparent, _transparent),
    Operation(f"{_NEW}/generations/ai-background", wire.AiBackground, _ai_background, _IMAGE),
    Operation(f"{_NEW}/background/remover", wire.Picture, _remover, _IMAGE),
    Operation(f"{_NEW}/enhance", wire.Enhance, _enhance, _IMAGE),
    Operation(f"{_NEW}/edits/generative-fill", wire.Fill, _fill, _BOTH),
    Operation(f"{_NEW}/edits/ai-resize", wire.Resize, _resize, _IMAGE, ("mask",)),
    Operation(f"{_NEW}/edits/remove", wire.Picture, _remove, _BOTH),
    Operation(f"{_OLD}/generations", wire.OldGenerations, _old_generations),
    Operation(f"{_OLD}/generations/variations", wire.Variations, _variations, _IMAGE),
    Operation(f"{_OLD}/generations/guided", wire.Guided, _guided, _IMAGE),
    Operation(f"{_OLD}/edits/remix", wire.Remix, _remix, _IMAGE),
    Operation(f"{_OLD}/edits/inpaint", wire.OldFill, _old_fill, _BOTH),
    Operation(f"{_OLD}/upscale", wire.OldUpscale, _old_upscale, _IMAGE),
    Operation(f"{_OLD}/background/remover", wire.Picture, _remover, _IMAGE),
)
"""Every endpoint that makes a picture."""


def by_path() -> Mapping[str, Operation]:
    """Endpoints by their path."""
    return {operation.path: operation for operation in OPERATIONS}

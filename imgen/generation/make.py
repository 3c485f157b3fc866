"""Have an engine make a picture: everything that it needs to know, and its answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import Character, Model, Style
from imgen.engines.protocol import Control, EngineRequest, EngineResult, Lora, Progress, Task
from imgen.engines.registry import Registry
from imgen.errors import Invalid
from imgen.generation.fit import fit
from imgen.generation.inputs import Inputs
from imgen.generation.request import GenerationRequest
from imgen.prompts.compose import ComposedPrompt, compose
from imgen.prompts.syntax import parse


@dataclass(frozen=True, slots=True)
class Made:
    """An engine's picture, at the size that was asked for."""

    image: NDArray[np.uint8]
    """(height, width, 3 or 4)."""
    prompt: ComposedPrompt
    model: Model
    engine: str
    """Which one made it."""
    ignored: tuple[str, ...]
    """Request fields that the model could not honour."""


@dataclass(frozen=True, slots=True)
class Make:
    """Makes pictures."""

    catalog: Catalog
    engines: Registry

    async def __call__(
        self, request: GenerationRequest, inputs: Inputs, progress: Progress, *, job: str = ""
    ) -> Made:
        """Make one picture.

        Args:
            job: see `imgen.engines.protocol.EngineRequest`.

        Raises:
            imgen.errors.Invalid: it can never be made.
            imgen.errors.ImgenError: it could not be made this time.
            imgen.engines.protocol.Abandoned: `progress` said to stop.
        """
        model = self._model(request)
        style = self.catalog.style_for(model, request.style)
        parsed = parse(request.prompt)
        character = self.catalog.character_named(parsed.character)
        prompt = compose(
            parsed, model=model, style=style, character=character, negative=request.negative
        )
        width, height = _rendered_size(model, request)
        order = EngineRequest(
            task=request.task,
            model=model.key,
            prompt=prompt.positive,
            negative_prompt=prompt.negative,
            width=width,
            height=height,
            seed=request.seed,
            steps=request.steps,
            guidance_scale=request.guidance_scale,
            style=request.style,
            loras=_loras(model, style, character),
            image=inputs.image,
            mask=inputs.mask,
            strength=request.strength,
            control=_control(request),
            transparent=request.transparent,
            job=job,
        )
        engine, result = await self.engines.run(model, order, progress)
        image = result.image
        if (width, height) != (request.width, request.height):
            image = fit(image, request.width, request.height)
        return Made(image, prompt, model, engine, _ignored(request, model, result))

    def _model(self, request: GenerationRequest) -> Model:
        """A job may outlive its model: a catalog can change while it waits."""
        model = self.catalog.models.get(request.model)
        if model is None:
            raise Invalid(f"The model {request.model} is no longer offered", field="model")
        return model


def _rendered_size(model: Model, request: GenerationRequest) -> tuple[int, int]:
    """Edits keep the size of their picture; a picture made of words alone can be fitted."""
    if request.task is Task.TEXT_TO_IMAGE:
        return model.nearest_size(request.width, request.height)
    return request.width, request.height


def _loras(model: Model, style: Style, character: Character | None) -> tuple[Lora, ...]:
    """The LoRAs of the style and the character, where they were trained for this model."""
    return tuple(
        Lora(entry.key, entry.lora.weight, entry.lora.reference)
        for entry in (style, character)
        if entry is not None and entry.lora is not None and entry.lora.fits(model)
    )


def _control(request: GenerationRequest) -> Control | None:
    hint = request.control
    return None if hint is None else Control(hint.kind, hint.strength)


def _ignored(request: GenerationRequest, model: Model, result: EngineResult) -> tuple[str, ...]:
    """What the engine says, and the user's own negatives where the model takes none."""
    ignored = dict.fromkeys(result.ignored)
    negatives = request.negative or parse(request.prompt).negatives
    if negatives and not model.supports_negative:
        ignored["negative_prompt"] = None
    return tuple(ignored)

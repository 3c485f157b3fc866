"""What models, styles, characters and looks are: records that nothing changes once read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from imgen.engines.protocol import Task

Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True, slots=True)
class LoraReference:
    """Where a LoRA's weights are, and how strongly they are applied."""

    reference: str
    """A safetensors file, a folder, or `owner/name[:file]` on the hub; read by the engine."""
    weight: float = 1.0
    """0 has no effect, 1 is the LoRA as trained; -2 to 2."""
    family: str = ""
    """The model family that it was trained for; elsewhere it is left out. Empty: any."""

    def fits(self, model: Model) -> bool:
        """Whether this LoRA was trained for the model's family."""
        return not self.family or self.family == model.family


@dataclass(frozen=True, slots=True)
class Style:
    """A look: words that are added to a prompt, and perhaps a LoRA."""

    key: str
    """Name in requests: `professional`."""
    label: str
    """Name for people: `Professional`."""
    positive: tuple[str, ...] = ()
    """Quality tags, added after the user's prompt."""
    negatives: tuple[str, ...] = ()
    """Terms added to the negative prompt."""
    version: str = "1"
    """Changes when pictures made in this style would come out differently."""
    lora: LoraReference | None = None
    """Weights that carry the look, if it takes more than words."""
    any_model: bool = False
    """Whether every model takes it, also one that does not list it in its `styles`."""


@dataclass(frozen=True, slots=True)
class Character:
    """A fictional adult who looks the same in every picture."""

    key: str
    """Name in prompts, after the `@`: `aya`."""
    label: str
    """Name for people: `Aya`."""
    description: str = ""
    """One sentence for people who choose."""
    trigger: str = ""
    """The words that the LoRA was trained on; they come first in the positive prompt."""
    positive: tuple[str, ...] = ()
    """Terms that describe the character, added after the trigger."""
    negatives: tuple[str, ...] = ()
    """Terms added to the negative prompt."""
    version: str = "1"
    """Changes when the character would come out differently, with its LoRA above all."""
    lora: LoraReference | None = None
    """The weights that know the character; None: words alone."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run a model: an engine, and what it needs to know."""

    engine: str
    options: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Model:
    """Something that makes pictures, and what it needs and can do."""

    key: str
    """Name in requests: `flux-schnell`."""
    label: str
    """Name for people: `FLUX.1 Schnell`."""
    engine: str
    """Which engine runs it: `sketch`, `diffusers`, `comfyui`, `runpod`, `openai`, `vendor`, …"""
    family: str
    """Architecture, which decides what arguments apply: `flux`, `flux2`, `sdxl`, `sd15`, …"""
    styles: tuple[str, ...]
    """Keys of the styles that it offers, in the order shown."""
    default_style: str
    """Key of the style taken when a request names none, or one that is not offered."""
    description: str = ""
    """One short sentence for people who choose."""
    version: str = "1"
    """Changes with the weights: pictures of another version are no longer served from the cache."""
    base_negatives: tuple[str, ...] = ()
    """Terms that open every negative prompt."""
    tasks: frozenset[Task] = frozenset({Task.TEXT_TO_IMAGE})
    """What it can do."""
    steps: int = 30
    """Denoising steps when a request names none."""
    guidance_scale: float = 5.0
    """How closely the prompt is followed when a request does not say; 0 for distilled models."""
    sizes: tuple[Size, ...] = ()
    """The sizes that it makes well; empty: any size within `min_side` and `max_side`."""
    multiple_of: int = 8
    """Width and height must be multiples of this many pixels, where `sizes` is empty."""
    min_side: int = 256
    """Smallest width or height in pixels, where `sizes` is empty."""
    max_side: int = 2048
    """Largest width or height in pixels, where `sizes` is empty."""
    supports_negative: bool = True
    """Whether a negative prompt has any effect."""
    price_credits: int = 1
    """What one picture costs, in credits."""
    task_prices: Mapping[Task, int] = field(default_factory=dict, hash=False)
    """Prices of tasks that cost something else than `price_credits`."""
    licence: str = ""
    """Licence of the weights, as an SPDX name where there is one."""
    commercial_use: bool = True
    """Whether that licence allows commercial use. Where not, an operator must accept it first."""
    options: Mapping[str, object] = field(default_factory=dict, hash=False)
    """What its engine needs to know: weights, scheduler, endpoint, …"""
    fallbacks: tuple[Way, ...] = ()
    """Other engines, asked in this order where the first cannot run here, or fails."""

    @property
    def ways(self) -> tuple[Way, ...]:
        """Every way to run it, the best first."""
        return (Way(self.engine, self.options), *self.fallbacks)

    def price(self, task: Task = Task.TEXT_TO_IMAGE) -> int:
        """What one picture of this task costs, in credits."""
        return self.task_prices.get(task, self.price_credits)

    def can(self, task: Task) -> bool:
        """Whether it does this kind of work."""
        return task in self.tasks

    def nearest_size(self, width: int, height: int) -> Size:
        """The size to render at when `width` × `height` pixels are wanted.

        With a list of good sizes: the one of the nearest shape and, among those, the nearest area.
        Without: the wanted size scaled into the model's limits, shape kept as far as they allow,
        each side rounded to `multiple_of`.
        """
        if self.sizes:
            return min(self.sizes, key=lambda size: _distance(size, (width, height)))
        scale = 1.0
        if min(width, height) < self.min_side:
            scale = self.min_side / min(width, height)
        if max(width, height) * scale > self.max_side:
            scale = self.max_side / max(width, height)
        return self._rounded(width * scale), self._rounded(height * scale)

    def _rounded(self, side: float) -> int:
        step = self.multiple_of
        lowest, highest = math.ceil(self.min_side / step), self.max_side // step
        return step * min(max(round(side / step), lowest), highest)


@dataclass(frozen=True, slots=True)
class Look:
    """What Imagine calls a `style` or a `style_id`: a style, and the model where it means one."""

    key: str
    """Name in requests, the field `style`: `imagine-turbo`, `sdxl-1.0`."""
    label: str
    """Name for people: `Imagine Turbo`."""
    style: str
    """Key of the style."""
    style_id: int | None = None
    """Number in requests, the field `style_id`; None: it goes by its name alone."""
    model: str = ""
    """Key of the model whose weights it means; empty: whichever model is the default."""
    price: int | None = None
    """What a picture in it costs, in credits; None: what the model asks for the task."""
    steps: int | None = None
    """Denoising steps when a request names none; None: the model's."""


def _distance(size: Size, wanted: Size) -> tuple[float, float]:
    """How far apart two sizes are: first in shape, then in area; both as ratios."""
    shape = abs(math.log(size[0] * wanted[1] / (size[1] * wanted[0])))
    area = abs(math.log(size[0] * size[1] / (wanted[0] * wanted[1])))
    return round(shape, 6), area

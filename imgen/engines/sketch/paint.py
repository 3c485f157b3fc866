"""From a prompt to pixels: what the engine and its edits call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from imgen.engines.protocol import Lora, Progress
from imgen.engines.sketch.look import Light
from imgen.engines.sketch.painting.compose import compose
from imgen.engines.sketch.painting.cutout import cut_out
from imgen.engines.sketch.painting.daylight import daylight_of
from imgen.engines.sketch.painting.varnish import varnished
from imgen.engines.sketch.scene.casting import cast
from imgen.engines.sketch.scene.read import read
from imgen.engines.sketch.scene.scene import Scene
from imgen.engines.sketch.styles.registry import STYLES


def paint(
    prompt: str,
    *,
    negative_prompt: str = "",
    style: str = "",
    width: int,
    height: int,
    seed: int,
    steps: int = 20,
    guidance_scale: float = 5.0,
    loras: Sequence[Lora] = (),
    progress: Progress | None = None,
) -> NDArray[np.uint8]:
    """Paint a prompt.

    Args:
        prompt: any text; the empty one gives a landscape.
        negative_prompt: what must not appear, comma-separated.
        style: key of a style; the words of the prompt decide where it is empty or unknown.
        width: pixels, 256 to 2048.
        height: pixels, 256 to 2048.
        seed: 0 to 2**63 - 1; decides everything that the prompt leaves open.
        steps: more of them, more detail.
        guidance_scale: 1 to 20, how boldly the style and the prompt's colours are laid on.
        loras: a character's LoRA gives the people in the picture its look.
        progress: told at least five times, in steps of `steps`.

    Returns:
        (height, width, 3), sRGB.

    Raises:
        imgen.engines.protocol.Abandoned: passed on from `progress`.
    """
    scene = cast(read(prompt, negative_prompt, style, seed), loras)
    tell = _teller(progress, steps)
    chosen = STYLES.get(scene.style)
    painting = compose(
        scene, width, height, detail=_detail(steps, scene), guidance=guidance_scale, tell=tell,
        flat=chosen is not None and chosen.flat,
    )  # fmt: skip
    finished = chosen.finish(painting) if chosen is not None else varnished(painting)
    tell(1.0)
    return finished


def paint_cutout(
    prompt: str,
    *,
    negative_prompt: str = "",
    style: str = "",
    width: int,
    height: int,
    seed: int,
    steps: int = 20,
    guidance_scale: float = 5.0,
    loras: Sequence[Lora] = (),
    progress: Progress | None = None,
    light: Light | None = None,
) -> NDArray[np.uint8]:
    """Paint only the things that a prompt names, filling the frame, on transparency.

    Args:
        light: what falls on the things; the prompt's own hour where None. The rest as in `paint`.

    Returns:
        (height, width, 4), sRGB with straight alpha.

    Raises:
        imgen.engines.protocol.Abandoned: passed on from `progress`.
    """
    scene = cast(read(prompt, negative_prompt, style, seed, alone=True), loras)
    tell = _teller(progress, steps)
    return cut_out(
        scene, width, height, light=light or light_of(scene), detail=_detail(steps, scene),
        guidance=guidance_scale, tell=tell,
    )  # fmt: skip


def read_light(prompt: str, *, negative_prompt: str = "", style: str = "", seed: int = 0) -> Light:
    """The light that `paint` would give a prompt: same arguments, same light."""
    return light_of(read(prompt, negative_prompt, style, seed))


def light_of(scene: Scene) -> Light:
    """The light in a scene, in the terms of a drawn thing."""
    return daylight_of(scene, np.random.default_rng([scene.seed, 9])).for_subjects()


def _detail(steps: int, scene: Scene) -> float:
    return float(np.clip(0.12 + 0.48 * (steps / 20.0) ** 0.5 + 0.2 * scene.quality, 0.1, 1.0))


def _teller(progress: Progress | None, steps: int) -> Callable[[float], None]:
    """Turns shares of the work into steps of the request."""
    of = max(1, steps)

    def tell(share: float) -> None:
        if progress is not None:
            progress(min(of, int(share * of + 1e-6)), of)

    return tell

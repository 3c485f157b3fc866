"""LoRAs: the same character looks the same in every picture, as strongly as its weight says."""

from __future__ import annotations

import colorsys
import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from imgen.engines.protocol import Lora
from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.scene.people import PEOPLE
from imgen.engines.sketch.scene.scene import Scene, Thing

_HAIR = ("black hair", "brown hair", "auburn hair", "red hair", "blonde hair", "grey hair")
_CUTS = ("bob", "long hair", "bun", "ponytail", "curly", "short hair")
_CLOTHES = ("dress", "coat", "sweater", "shirt", "blazer")
_EXTRAS = ("glasses", "scarf", "", "", "hat", "")
_PLAIN: RGB = (168, 162, 154)


def cast(scene: Scene, loras: Sequence[Lora]) -> Scene:
    """The scene with the LoRAs' looks on its people; on its colours where it has no people.

    The look follows from the LoRA's name alone. Weight 0 changes nothing; the outfit's colour
    comes in with the weight, the other traits one by one; above 1 the colour is overdone.
    """
    active = [lora for lora in loras if abs(lora.weight) > 1e-3]
    if not active:
        return scene
    strongest = max(active, key=lambda lora: abs(lora.weight))
    if not any(thing.subject in PEOPLE for thing in scene.things):
        tint = _outfit(strongest.name, strongest.weight)
        return replace(scene, tint=tint, tint_share=min(0.45, 0.16 * abs(strongest.weight)))
    things: list[Thing] = []
    waiting = list(active)
    for thing in scene.things:
        if thing.subject in PEOPLE and waiting:
            things.append(_dressed(thing, waiting.pop(0)))
        else:
            things.append(thing)
    return replace(scene, things=tuple(things))


def _chance(name: str) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(name.encode("utf-8", "replace")), 7])


def _outfit(name: str, weight: float) -> RGB:
    """The character's colour: from plain cloth at 0 to its full strength at 1 and beyond."""
    hue = float(_chance(name).random())
    if weight < 0:
        hue = (hue + 0.5) % 1.0
    share = min(1.0, abs(weight))
    strength = min(0.95, 0.52 * max(1.0, abs(weight)))
    full = colorsys.hls_to_rgb(hue, 0.46, strength)
    red, green, blue = (round(p + (255 * f - p) * share) for p, f in zip(_PLAIN, full, strict=True))
    return red, green, blue


def _dressed(thing: Thing, lora: Lora) -> Thing:
    rng = _chance(lora.name)
    rng.random()
    own = int(rng.integers(2**31))
    traits = [
        options[int(rng.integers(len(options)))] for options in (_HAIR, _CUTS, _CLOTHES, _EXTRAS)
    ]
    share = min(1.0, abs(lora.weight))
    taken = [
        trait for trait, least in zip(traits, (0.3, 0.5, 0.7, 0.9), strict=True) if share >= least
    ]
    said = " ".join(sorted(name for name in thing.attributes if not name.startswith("not ")))
    free = [
        trait
        for trait in taken
        if trait and f"not {trait}" not in thing.attributes and not _contradicts(trait, said)
    ]
    return replace(
        thing,
        seed=own if share >= 0.15 else thing.seed,
        colour=thing.colour or _outfit(lora.name, lora.weight),
        attributes=thing.attributes | frozenset(free),
    )


def _contradicts(trait: str, said: str) -> bool:
    """What the prompt says about hair or clothes goes before the character's own."""
    if trait in _HAIR or trait in _CUTS:
        return "hair" in said or "bald" in said
    if trait in _CLOTHES:
        return any(word in said for word in (*_CLOTHES, "suit", "jacket", "gown", "turtleneck"))
    return False

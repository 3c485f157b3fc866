"""From a prompt to a scene."""

from __future__ import annotations

import re

from imgen.engines.sketch.scene.scene import Scene, Thing
from imgen.engines.sketch.styles.registry import find_style
from imgen.engines.sketch.subjects.registry import find_subject


def read(prompt: str, negative_prompt: str = "", style: str = "", seed: int = 0) -> Scene:
    words = re.findall(r"[a-z]+", prompt.lower())
    things = []
    for index, word in enumerate(words):
        found = find_subject(word)
        if found:
            things.append(Thing(found.name, seed=seed * 31 + index))
    setting = next((w for w in words if w in ("mountains", "lake", "sea", "desert", "beach")), "meadow")
    time = next((w for w in words if w in ("noon", "sunset", "night", "dawn")), "noon")
    chosen = find_style(style) or find_style(prompt)
    return Scene(setting, time, "clear", "summer", tuple(things), style=chosen.name if chosen else "", seed=seed)

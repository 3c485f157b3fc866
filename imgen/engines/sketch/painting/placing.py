"""Where the things stand: sizes and places that make a picture of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgen.engines.sketch.painting.canvas import Canvas
from imgen.engines.sketch.painting.land import HILLTOP_M
from imgen.engines.sketch.painting.sprite import Box
from imgen.engines.sketch.scene.scene import Scene, Thing
from imgen.engines.sketch.subjects.registry import SUBJECTS
from imgen.engines.sketch.subjects.subject import Place, Subject


@dataclass(frozen=True, slots=True)
class Placed:
    """A thing and where it goes."""

    thing: Thing
    subject: Subject
    box: Box
    place: Place
    flip: bool
    distance: float
    """Metres."""

    @property
    def dip(self) -> float:
        """Share of its height that lies under water, where it floats."""
        if "underwater" in self.subject.places:
            return 0.26
        return 0.035 if self.subject.height_m >= 0.9 else 0.12


_LARGE_M = 4.0
"""Things taller than this stand back from the viewer."""


def place_all(scene: Scene, canvas: Canvas, rng: np.random.Generator) -> list[Placed]:
    """Boxes for every thing of a scene, farthest first."""
    things = [(thing, SUBJECTS[thing.subject]) for thing in scene.things]
    if not things:
        return []
    lead = things[0][1]
    if scene.setting == "studio" and not any(thing.subject == "portrait" for thing, _ in things):
        return _on_show(scene, canvas, rng)
    slots = _slots(scene, len(things), rng)
    placed = [
        _placed(scene, canvas, thing, subject, lead, slot, len(things), rng)
        for (thing, subject), slot in zip(things, slots, strict=True)
    ]
    return sorted(placed, key=lambda item: (-item.distance, item.box.foot))


def _on_show(scene: Scene, canvas: Canvas, rng: np.random.Generator) -> list[Placed]:
    """Side by side in the middle of a plain ground."""
    view = canvas.view
    fill = 0.74 if "close_up" in scene.composition else 0.58
    boxes = line_up(scene.things, view.width, view.height, fill)
    drop = 0.04 * view.height
    return [
        Placed(
            thing, SUBJECTS[thing.subject],
            Box(box.left, box.top + drop, box.width, box.height), "ground",
            bool(rng.random() < 0.4), 4.0,
        )
        for thing, box in zip(scene.things, boxes, strict=True)
    ]  # fmt: skip


def line_up(things: Sequence[Thing], width: int, height: int, fill: float) -> list[Box]:
    """Boxes side by side on one foot line, in the middle of a frame, taking a share of it."""
    lead = SUBJECTS[things[0].subject].height_m
    heights = [
        float(np.clip((SUBJECTS[thing.subject].height_m / lead) ** 0.34, 0.4, 1.6))
        * thing.size**0.5
        for thing in things
    ]
    widths = [h * SUBJECTS[thing.subject].aspect for h, thing in zip(heights, things, strict=True)]
    gap = 0.06 * sum(widths) / len(widths)
    total = sum(widths) + gap * (len(widths) - 1)
    unit = min(fill * width / total, fill * height / max(heights))
    left = (width - total * unit) / 2
    foot = (height + max(heights) * unit) / 2
    boxes = []
    for w, h in zip(widths, heights, strict=True):
        boxes.append(Box(left, foot - h * unit, w * unit, h * unit))
        left += (w + gap) * unit
    return boxes


def _slots(scene: Scene, count: int, rng: np.random.Generator) -> list[float]:
    """Shares of the width, well apart; the first is the main thing's."""
    centred = scene.setting == "studio" or bool(
        scene.composition & {"symmetrical", "centred", "portrait", "close_up"}
    )
    if count == 1:
        third = float(rng.uniform(0.30, 0.40))
        return [0.5 if centred else third if rng.random() < 0.5 else 1.0 - third]
    edge = 0.5 / count
    even = np.linspace(max(edge, 0.14), 1 - max(edge, 0.14), count)
    if not scene.composition & {"symmetrical"}:
        even = even + rng.uniform(-0.22, 0.22, count) / count
    same = len({thing.subject for thing in scene.things}) == 1
    if same or count > 6:
        rng.shuffle(even)
        return [float(slot) for slot in even]
    # The main thing takes the slot nearest to a golden section, the rest fill up around it.
    anchor = 0.5 if centred else float(rng.choice([0.38, 0.62]))
    order = sorted(range(count), key=lambda i: abs(float(even[i]) - anchor))
    return [float(even[i]) for i in order]


_ALOFT = frozenset({"flying", "soaring", "floating", "hovering", "over", "gliding", "airborne"})


def _preferred(thing: Thing, subject: Subject) -> tuple[Place, ...]:
    """A subject's places; what flies in the prompt flies in the picture, if it can."""
    if thing.attributes & _ALOFT and "air" in subject.places:
        return ("air", *subject.places)
    return subject.places


def _place_of(canvas: Canvas, thing: Thing, subject: Subject) -> Place:
    """The first of a subject's places that this picture has."""
    wet = bool(canvas.water.max() > 0.5)
    dry = bool((canvas.water < 0.5)[int(canvas.view.height * 0.7) :].any())
    if canvas.floating:
        return "underwater"
    for place in _preferred(thing, subject):
        if place == "water" and not wet:
            continue
        if place == "ground" and not dry:
            continue
        return "ground" if place == "indoors" else place
    return "ground" if dry else "water"


def _share_of_height(
    scene: Scene, thing: Thing, subject: Subject, lead: Subject, count: int, place: Place
) -> float:
    """How tall a thing is to be, as a share of the picture."""
    base = {"air": 0.28, "sky": 0.24, "water": 0.34, "underwater": 0.36}.get(place, 0.44)
    if place in ("air", "sky") and subject.height_m < 1.0:
        base = 0.13 if subject.height_m < 0.3 else 0.18
    if subject.height_m > _LARGE_M and place in ("ground", "indoors"):
        base = 0.50
    elif subject.aspect < 0.5 and place == "ground":
        base = 0.56
    if scene.composition & {"close_up", "portrait"}:
        base *= 1.75
    elif "wide" in scene.composition:
        base *= 0.74
    alike = sum(1 for other in scene.things if other.subject == thing.subject)
    base *= 1.0 / (1.0 + 0.30 * (count - 1)) ** 0.62
    if alike > 4:
        base *= 0.85
    if scene.setting in ("space", "underwater"):
        return float(base * float(np.clip(thing.size, 0.4, 2.4)) ** 0.75)
    ratio = float((subject.height_m / lead.height_m) ** 0.34)
    base *= float(np.clip(ratio, 0.42, 1.8)) / (1.0 if ratio <= 1 else 1.15)
    return float(base * float(np.clip(thing.size, 0.4, 2.4)) ** 0.75)


def _placed(
    scene: Scene, canvas: Canvas, thing: Thing, subject: Subject, lead: Subject, slot: float,
    count: int, rng: np.random.Generator,
) -> Placed:  # fmt: skip
    view = canvas.view
    place = _place_of(canvas, thing, subject)
    share = _share_of_height(scene, thing, subject, lead, count, place)
    height = share * view.height
    crowd = 1.0 / (1.0 + 0.22 * (count - 1))
    widest = view.width * (0.94 if scene.composition & {"close_up", "portrait"} else 0.62)
    height = min(height, max(widest * crowd, 0.16 * view.width) / subject.aspect)
    slot = thing.position if thing.position is not None else slot
    if subject.name == "portrait":
        x, foot, away = slot * view.width, float(view.height), 1.6
        height = min(
            (0.86 if count == 1 else 0.70) * view.height * thing.size**0.3,
            0.92 * view.width * crowd / subject.aspect,
        )
        place = "indoors"
    elif place in ("air", "sky", "underwater"):
        if count > 1:
            height *= float(rng.uniform(0.62, 1.12))
        x, foot, away = _aloft(scene, canvas, thing, subject, slot, height, place, rng)
    else:
        x, foot, height = _standing(canvas, thing, subject, slot, height, place, count, rng)
        away = float(
            canvas.distance[min(view.height - 1, max(0, int(foot) - 1)), _column(view.width, x)]
        )
        away = min(away, view.distance(foot))
    width = height * subject.aspect
    box = Box(x - width / 2, foot - height, width, height)
    inward = x > view.width * 0.5
    flip = inward if rng.random() < 0.75 else not inward
    return Placed(thing, subject, box, place, flip, away)


def _column(width: int, x: float) -> int:
    return int(np.clip(x, 0, width - 1))


def _aloft(
    scene: Scene, canvas: Canvas, thing: Thing, subject: Subject, slot: float, height: float,
    place: Place, rng: np.random.Generator,
) -> tuple[float, float, float]:  # fmt: skip
    view = canvas.view
    room = max(view.horizon, view.height * 0.3)
    depth = thing.depth if thing.depth is not None else float(rng.uniform(0.1, 0.9))
    centre = room * (0.30 + 0.34 * float(rng.random()))
    if place == "underwater":
        room, depth = view.height, depth * 0.03
        centre = room * (0.30 + 0.40 * float(rng.random()))
    elif subject.height_m < 0.12:
        room, depth = view.height, depth * 0.02
        centre = room * (0.30 + 0.36 * float(rng.random()))
    if "centred" in scene.composition:
        centre = room * 0.5
    centre = max(centre, height * 0.5 + 0.03 * view.height)
    return slot * view.width, centre + height / 2, 4.0 + 700.0 * depth


def _standing(
    canvas: Canvas, thing: Thing, subject: Subject, slot: float, height: float, place: Place,
    count: int, rng: np.random.Generator,
) -> tuple[float, float, float]:  # fmt: skip
    """(column, row of the foot, height): where the wanted kind of ground is, near the wish."""
    view = canvas.view
    depth = thing.depth
    if depth is None:
        depth = 0.62 if subject.height_m > _LARGE_M else 0.30
        if count > 1:
            depth = float(np.clip(depth + rng.uniform(-0.28, 0.28), 0.06, 0.9))
    room = view.height - view.horizon
    wish = view.horizon + room * (0.96 - 0.80 * depth)
    reference = view.horizon + room * (
        0.96 - 0.80 * (0.62 if subject.height_m > _LARGE_M else 0.30)
    )
    if "hilltop" in thing.attributes:
        return _crowning(canvas, slot * view.width, height)
    best: tuple[float, float, float] = (-1e9, slot * view.width, wish)
    for attempt in range(28):
        x = (slot + float(rng.normal(0, 0.012 * attempt))) * view.width
        row = wish + float(rng.normal(0, 0.018 * attempt)) * room
        row = float(np.clip(row, view.horizon + 0.04 * room, view.height * 0.985))
        score = _fit(canvas, x, row, height * subject.aspect, place)
        score = 2.2 * score - abs(x / view.width - slot) * 1.6 - abs(row - wish) / room
        if score > best[0]:
            best = (score, float(np.clip(x, 0.06 * view.width, 0.94 * view.width)), row)
    _, x, row = best
    scale = (row - view.horizon + 0.25 * room) / (reference - view.horizon + 0.25 * room)
    return x, row, height * float(np.clip(scale, 0.45, 1.35))


def _crowning(canvas: Canvas, x: float, height: float) -> tuple[float, float, float]:
    """On the brow of the hill that rises at this column."""
    column = canvas.distance[:, _column(canvas.view.width, x)]
    brow = int(np.argmax(column < 1.25 * HILLTOP_M))
    foot = brow + 0.035 * canvas.view.height
    return x, foot, min(height, 0.88 * foot)


def _fit(canvas: Canvas, x: float, row: float, width: float, place: Place) -> float:
    """1 where the whole foot stands on the wanted kind of ground."""
    y = int(np.clip(row, 0, canvas.view.height - 1))
    left = int(np.clip(x - width * 0.45, 0, canvas.view.width - 2))
    right = int(np.clip(x + width * 0.45, left + 1, canvas.view.width - 1))
    below = min(canvas.view.height - 1, y + max(2, int(0.012 * canvas.view.height)))
    wet = float(canvas.water[y : below + 1, left : right + 1].mean())
    airy = float((canvas.distance[y, left : right + 1] > 20_000).mean())
    return (wet if place == "water" else 1.0 - wet) - airy

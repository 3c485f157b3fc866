"""Outlines as SVG path data: smooth curves through points, tapered limbs, turned profiles."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def _read(text: str) -> list[tuple[float, float, bool]]:
    """Points as written, `x,y x,y! …`; an exclamation mark makes a sharp corner."""
    points = []
    for word in text.split():
        x, _, y = word.rstrip("!").partition(",")
        points.append((float(x), float(y), word.endswith("!")))
    return points


def _beziers(points: Sequence[tuple[float, float, bool]], closed: bool) -> str:
    """Centripetal-like Catmull-Rom through the points, flat at corners and ends."""
    count = len(points)
    tangents: list[Point] = []
    for i, (x, y, corner) in enumerate(points):
        before, after = points[i - 1], points[(i + 1) % count]
        if corner or (not closed and i in (0, count - 1)):
            tangents.append((0.0, 0.0))
            continue
        dx, dy = after[0] - before[0], after[1] - before[1]
        size = math.hypot(dx, dy) or 1.0
        tangents.append((dx / size, dy / size))
        del x, y
    d = f"M{_n(points[0][0])},{_n(points[0][1])}"
    for i in range(count if closed else count - 1):
        j = (i + 1) % count
        (x0, y0, _), (x1, y1, _) = points[i], points[j]
        reach = math.hypot(x1 - x0, y1 - y0) * 0.36
        a, b = tangents[i], tangents[j]
        d += (
            f"C{_n(x0 + a[0] * reach)},{_n(y0 + a[1] * reach)} "
            f"{_n(x1 - b[0] * reach)},{_n(y1 - b[1] * reach)} {_n(x1)},{_n(y1)}"
        )
    return d + ("Z" if closed else "")


def blob(text: str) -> str:
    """A closed smooth outline through `x,y x,y …`; `x,y!` is a sharp corner."""
    return _beziers(_read(text), closed=True)


def line(text: str) -> str:
    """An open smooth line through `x,y x,y …`."""
    return _beziers(_read(text), closed=False)


def turned(text: str, middle: float) -> str:
    """A closed outline, symmetric about x = middle, from its right profile, top to bottom.

    The x of each point is the distance from the middle.
    """
    right = _read(text)
    left = [(-x, y, c) for x, y, c in reversed(right) if abs(x) > 1e-6]
    points = [(middle + x, y, c) for x, y, c in [*right, *left]]
    return _beziers(points, closed=True)


def poly(text: str) -> str:
    """A closed polygon through `x,y x,y …`."""
    return "M" + "L".join(f"{_n(x)},{_n(y)}" for x, y, _ in _read(text)) + "Z"


def box(x: float, y: float, width: float, height: float, round_by: float = 0.0) -> str:
    """A rectangle from its top left corner, with rounded corners if asked."""
    r = min(round_by, width / 2, height / 2)
    if r <= 0:
        return f"M{_n(x)},{_n(y)}h{_n(width)}v{_n(height)}h{_n(-width)}Z"
    w, h, a = _n(width - 2 * r), _n(height - 2 * r), f"a{_n(r)},{_n(r)} 0 0 1 "
    return (
        f"M{_n(x + r)},{_n(y)}h{w}{a}{_n(r)},{_n(r)}v{h}{a}{_n(-r)},{_n(r)}"
        f"h-{w}{a}{_n(-r)},{_n(-r)}v-{h}{a}{_n(r)},{_n(-r)}Z"
    )


def oval(x: float, y: float, rx: float, ry: float | None = None) -> str:
    """An ellipse around its centre; a circle with one radius."""
    ry = rx if ry is None else ry
    a = f"a{_n(rx)},{_n(ry)} 0 1 0 "
    return f"M{_n(x - rx)},{_n(y)}{a}{_n(2 * rx)},0{a}{_n(-2 * rx)},0Z"


def ring(x: float, y: float, outer: float, inner: float, flatten: float = 1.0) -> str:
    """A circle with a hole, or an ellipse `flatten` times as high; the hole runs the other way."""
    a = f"a{_n(inner)},{_n(inner * flatten)} 0 1 1 "
    hole = f"M{_n(x - inner)},{_n(y)}{a}{_n(2 * inner)},0{a}{_n(-2 * inner)},0Z"
    return oval(x, y, outer, outer * flatten) + hole


def limb(*stations: tuple[float, float, float]) -> str:
    """A tapered ribbon with round ends along (x, y, width) stations: legs, tails, necks, boughs."""
    count = len(stations)
    right, left = [], []
    for i, (x, y, width) in enumerate(stations):
        before, after = stations[max(i - 1, 0)], stations[min(i + 1, count - 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        size = math.hypot(dx, dy) or 1.0
        ox, oy = -dy / size * width / 2, dx / size * width / 2
        right.append((x + ox, y + oy, False))
        left.append((x - ox, y - oy, False))
    start, end = _cap(stations[1], stations[0]), _cap(stations[-2], stations[-1])
    return _beziers([start, *left, end, *reversed(right)], closed=True)


def _cap(
    inner: tuple[float, float, float], tip: tuple[float, float, float]
) -> tuple[float, float, bool]:
    dx, dy = tip[0] - inner[0], tip[1] - inner[1]
    size = math.hypot(dx, dy) or 1.0
    reach = tip[2] / 2
    return tip[0] + dx / size * reach, tip[1] + dy / size * reach, False


def star(x: float, y: float, outer: float, inner: float, tips: int, *, turn: float = 0.0) -> str:
    """A star with its first tip up, turned clockwise by `turn` degrees."""
    points = []
    for i in range(2 * tips):
        radius = inner if i % 2 else outer
        angle = math.radians(turn - 90 + i * 180 / tips)
        points.append(f"{x + radius * math.cos(angle)},{y + radius * math.sin(angle)}")
    return poly(" ".join(points))


def around(x: float, y: float, radius: float, degrees: float) -> Point:
    """The point at `degrees` clockwise from up, at `radius` from (x, y)."""
    angle = math.radians(degrees - 90)
    return x + radius * math.cos(angle), y + radius * math.sin(angle)


def lumps(x: float, y: float, rx: float, ry: float, *, count: int, depth: float) -> str:
    """A cloud-like outline: arcs that bulge by `depth` around an ellipse."""
    points = [
        (x + rx * math.cos(i * math.tau / count), y + ry * math.sin(i * math.tau / count))
        for i in range(count)
    ]
    d = f"M{_n(points[0][0])},{_n(points[0][1])}"
    for i in range(count):
        (x0, y0), (x1, y1) = points[i], points[(i + 1) % count]
        radius = math.hypot(x1 - x0, y1 - y0) / 2 * (1 + depth)
        d += f"A{_n(radius)},{_n(radius)} 0 0 1 {_n(x1)},{_n(y1)}"
    return d + "Z"

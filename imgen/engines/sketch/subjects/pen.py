"""The pen that subjects are drawn with: it knows the light, so that a form shades itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from imgen.engines.sketch.look import RGB, Look
from imgen.engines.sketch.subjects.colour import Tones, hexed, lift, lit, mix, tones, turn
from imgen.engines.sketch.subjects.shapes import line, oval
from imgen.engines.sketch.subjects.subject import Place, Subject

T = TypeVar("T")
Frame = tuple[float, float, float, float]
"""Left, top, right and bottom of the part of the drawing plane that becomes the subject's box."""
WINDOW: RGB = (255, 205, 120)
"""Warm light behind a window at night."""


class Pen:
    """Gathers the SVG of one thing. Draw as if it faced right; the pen flips it when asked.

    Args:
        name: the subject's name, which begins every id.
        look: what it is to be this once.
    """

    def __init__(self, name: str, look: Look) -> None:
        self.look = look
        self.rng = look.rng()
        self.night = look.light.night
        self.detail = look.detail
        x, y = look.light.direction
        size = math.hypot(x, y) or 1.0
        self.towards = (-x / size if look.flip else x / size, y / size)
        """Unit vector towards the light in the plane that is being drawn in."""
        self._prefix = f"{name}{look.seed}-"
        self._ids = 0
        self._defs: list[str] = []
        self._parts: list[str] = []
        self._gradients: dict[tuple[object, ...], str] = {}

    # -- choices ------------------------------------------------------------------------------
    def has(self, *words: str) -> bool:
        """Whether the prompt bound any of these words to the noun."""
        return not self.look.attributes.isdisjoint(words)

    def vary(self, low: float, high: float) -> float:
        """A number of this one thing's own."""
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """True for this share of all seeds."""
        return bool(self.rng.random() < share)

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, by seed."""
        return options[int(self.rng.integers(len(options)))]

    def main(self, *own: RGB) -> RGB:
        """The colour that the prompt asked for, or one of the thing's own, slightly varied."""
        mine = turn(lift(self.pick(own), self.vary(-0.025, 0.025)), self.vary(-5, 5))
        return self.look.colour or mine

    # -- colours ------------------------------------------------------------------------------
    def tones(self, rgb: RGB) -> Tones:
        """The five tones of a surface in this light."""
        return tones(rgb, self.look.light)

    def lit(self, rgb: RGB) -> str:
        """A surface colour as this light shows it, as `#rrggbb`."""
        return hexed(lit(rgb, self.look.light))

    # -- marks --------------------------------------------------------------------------------
    def form(self, d: str, rgb: RGB, *, shade: float = 4.0, rim: float = 0.9) -> None:
        """A modelled form: a gradient along the light, a shade crescent and a lit rim.

        Args:
            d: closed path data.
            rgb: the surface's own colour.
            shade: width of the shade on the far side, in drawing units.
            rim: width of the bright edge on the near side.
        """
        t = self.tones(rgb)
        x, y = self.towards
        c = self._id()
        shape = f"{c}s"
        self._defs.append(f'<clipPath id="{c}"><path id="{shape}" d="{d}"/></clipPath>')
        body = hexed(t.base) if self.detail < 0.15 else self._ramp(t)
        use = f'<use xlink:href="#{shape}" href="#{shape}"'
        edge = ""
        if self.detail >= 0.15 and rim:
            stops = [(0.0, t.rim, 1.0), (0.3, t.rim, 0.7), (0.55, t.rim, 0.0)]
            ramp = self._gradient("linearGradient", self._along(), stops)
            edge = f'{use} fill="none" stroke="{ramp}" stroke-width="{2 * rim:.2f}"/>'
        self._parts.append(
            f'<g clip-path="url(#{c})">{use} fill="{hexed(t.dark)}"/>'
            f'{use} fill="{body}" transform="translate({x * shade:.2f},{y * shade:.2f})"/>'
            f"{edge}</g>"
        )

    def fill(self, d: str, rgb: RGB, alpha: float = 1.0) -> None:
        """A closed path with a gradient along the light."""
        t = self.tones(rgb)
        self._path(d, hexed(t.base) if self.detail < 0.15 else self._ramp(t), alpha)

    def flat(self, d: str, rgb: RGB, alpha: float = 1.0) -> None:
        """A closed path in one tone, as the light shows that colour."""
        self._path(d, self.lit(rgb), alpha)

    def emit(self, d: str, rgb: RGB, alpha: float = 1.0) -> None:
        """A closed path that gives its own light: never dimmed."""
        self._path(d, hexed(rgb), alpha)

    def ball(self, x: float, y: float, rx: float, rgb: RGB, ry: float | None = None) -> None:
        """An ellipse modelled as a ball."""
        self.round(oval(x, y, rx, ry), rgb)

    def round(self, d: str, rgb: RGB) -> None:
        """A closed path modelled as something round, with light bounced into its far edge."""
        t = self.tones(rgb)
        lx, ly = 0.5 + self.towards[0] * 0.26, 0.5 + self.towards[1] * 0.26
        stops = [(0.0, t.rim), (0.14, t.light), (0.5, t.base), (0.86, t.dark), (1.0, t.deep)]
        if self.detail < 0.15:
            stops = [(0.0, t.light), (0.5, t.base), (1.0, t.dark)]
        where = f'cx="{lx:.2f}" cy="{ly:.2f}" r=".72"'
        self._path(d, self._gradient("radialGradient", where, [(o, c, 1.0) for o, c in stops]))

    def upright(self, d: str, rgb: RGB) -> None:
        """A closed path modelled as an upright cylinder: towers, trunks, bottles."""
        t = self.tones(rgb)
        side = -1 if self.towards[0] < 0 else 1
        stops = [(0.0, t.base), (0.22, t.light), (0.5, t.base), (0.8, t.dark), (1.0, t.deep)]
        x1, x2 = (0, 1) if side < 0 else (1, 0)
        where = f'x1="{x1}" y1="0" x2="{x2}" y2="0"'
        self._path(d, self._gradient("linearGradient", where, [(o, c, 1.0) for o, c in stops]))

    def fade(
        self, d: str, rgb: RGB, alphas: tuple[float, float], angle: float = 180, own: bool = False
    ) -> None:
        """A closed path whose opacity runs between two values; 180 = from top to bottom."""
        colour = rgb if own else lit(rgb, self.look.light)
        dx, dy = math.sin(math.radians(angle)) / 2, -math.cos(math.radians(angle)) / 2
        where = f'x1="{0.5 - dx:.2f}" y1="{0.5 - dy:.2f}" x2="{0.5 + dx:.2f}" y2="{0.5 + dy:.2f}"'
        stops = [(0.0, colour, alphas[0]), (1.0, colour, alphas[1])]
        self._path(d, self._gradient("linearGradient", where, stops))

    def glow(self, x: float, y: float, radius: float, rgb: RGB, alpha: float = 0.8) -> None:
        """A soft pool of light."""
        stops = [(0.0, rgb, alpha), (0.35, rgb, alpha * 0.4), (1.0, rgb, 0.0)]
        self._path(oval(x, y, radius), self._gradient("radialGradient", "", stops))

    def stroke(self, d: str, rgb: RGB, width: float, alpha: float = 1.0) -> None:
        """An open line with round ends."""
        opacity = "" if alpha >= 1 else f' stroke-opacity="{alpha:.2f}"'
        self._parts.append(
            f'<path d="{d}" fill="none" stroke="{self.lit(rgb)}" stroke-width="{width:.2f}"'
            f' stroke-linecap="round" stroke-linejoin="round"{opacity}/>'
        )

    def window(self, d: str, dark: RGB = (74, 92, 118), *, glowing: bool | None = None) -> None:
        """A pane: sky in it by day, warm light behind it at night (unless told not to)."""
        if self.night if glowing is None else glowing:
            self.emit(d, self.pick((WINDOW, lift(WINDOW, 0.05), mix(WINDOW, (255, 170, 80), 0.4))))
        else:
            self.fill(d, dark)

    def eye(self, x: float, y: float, size: float, iris: RGB = (38, 30, 30)) -> None:
        """A simple bright eye; it glows faintly at night when the iris has a colour."""
        if self.night and max(iris) > 120:
            self.glow(x, y, size * 2.4, iris, 0.55)
            self.emit(oval(x, y, size), iris)
        else:
            self.flat(oval(x, y, size), iris)
        if max(iris) > 90:
            self.flat(oval(x, y, size * 0.5, size * 0.8), (18, 16, 22))
        glint = x + self.towards[0] * size * 0.35, y + self.towards[1] * size * 0.35
        self.emit(oval(*glint, size * 0.28), (255, 255, 255), 0.95 if not self.night else 0.6)

    def hatch(
        self,
        area: Frame,
        rgb: RGB,
        angle: float,
        length: float,
        *,
        count: int,
        width: float = 0.5,
        alpha: float = 0.5,
    ) -> None:
        """Short curved strokes over an area: fur, grass, straw, grain. More with more detail."""
        many = int(count * max(0.0, self.detail - 0.2) * 1.6)
        if not many:
            return
        left, top, right, bottom = area
        d = ""
        for u, v, wobble, size in self.rng.random((many, 4)):
            x, y = left + u * (right - left), top + v * (bottom - top)
            a = math.radians(angle - 90 + (wobble - 0.5) * 36)
            reach = length * (0.6 + 0.8 * size)
            ex, ey = math.cos(a) * reach, math.sin(a) * reach
            bx, by = ex * 0.5 - ey * 0.2, ey * 0.5 + ex * 0.2
            d += f"M{x:.1f},{y:.1f}q{bx:.1f},{by:.1f} {ex:.1f},{ey:.1f}"
        self.stroke(d, rgb, width, alpha)

    def lines(self, points: Sequence[str], rgb: RGB, width: float, alpha: float = 1.0) -> None:
        """Several smooth open lines at once."""
        self.stroke("".join(line(text) for text in points), rgb, width, alpha)

    # -- groups -------------------------------------------------------------------------------
    @contextmanager
    def within(self, d: str) -> Iterator[None]:
        """Whatever is drawn inside stays inside this outline."""
        c = self._id()
        self._defs.append(f'<clipPath id="{c}"><path d="{d}"/></clipPath>')
        with self._group(f'clip-path="url(#{c})"'):
            yield

    @contextmanager
    def turned(self, degrees: float, x: float, y: float) -> Iterator[None]:
        """Draw rotated clockwise around a point; the light stays where it is."""
        held = self.towards
        a = math.radians(-degrees)
        cos, sin = math.cos(a), math.sin(a)
        self.towards = (held[0] * cos - held[1] * sin, held[0] * sin + held[1] * cos)
        with self._group(f'transform="rotate({degrees:.1f} {x:.2f} {y:.2f})"'):
            yield
        self.towards = held

    @contextmanager
    def moved(self, x: float, y: float, scale: float = 1.0, mirror: bool = False) -> Iterator[None]:
        """Draw with the origin at (x, y), scaled, and mirrored left to right if asked."""
        held = self.towards
        self.towards = (-held[0], held[1]) if mirror else held
        with self._group(
            f'transform="translate({x:.2f},{y:.2f}) '
            f'scale({-scale if mirror else scale:.3f},{scale:.3f})"'
        ):
            yield
        self.towards = held

    @contextmanager
    def _group(self, attributes: str) -> Iterator[None]:
        self._parts.append(f"<g {attributes}>")
        yield
        self._parts.append("</g>")

    # -- the result ---------------------------------------------------------------------------
    def svg(self, frame: Frame) -> str:
        """Everything drawn, with `frame` mapped to the box 0..100*aspect, 0..100."""
        left, top, right, bottom = frame
        scale = 100 / (bottom - top)
        place = f"scale({scale:.4f}) translate({-left:.2f},{-top:.2f})"
        if self.look.flip:
            place = f"translate({(right - left) * scale:.2f},0) scale(-1,1) {place}"
        defs = f"<defs>{''.join(self._defs)}</defs>" if self._defs else ""
        return f'<g transform="{place}">{defs}{"".join(self._parts)}</g>'

    # -- inside -------------------------------------------------------------------------------
    def _id(self) -> str:
        self._ids += 1
        return f"{self._prefix}{self._ids}"

    def _path(self, d: str, paint: str, alpha: float = 1.0) -> None:
        opacity = "" if alpha >= 1 else f' fill-opacity="{alpha:.2f}"'
        self._parts.append(f'<path d="{d}" fill="{paint}"{opacity}/>')

    def _ramp(self, t: Tones) -> str:
        stops = [(0.0, t.light, 1.0), (0.45, t.base, 1.0), (1.0, mix(t.base, t.dark, 0.75), 1.0)]
        return self._gradient("linearGradient", self._along(), stops)

    def _along(self) -> str:
        x, y = self.towards
        return (
            f'x1="{0.5 + x / 2:.2f}" y1="{0.5 + y / 2:.2f}" '
            f'x2="{0.5 - x / 2:.2f}" y2="{0.5 - y / 2:.2f}"'
        )

    def _gradient(self, kind: str, where: str, stops: Sequence[tuple[float, RGB, float]]) -> str:
        key = (kind, where, tuple(stops))
        if key not in self._gradients:
            name = self._id()
            inner = "".join(
                f'<stop offset="{offset:.2f}" stop-color="{hexed(rgb)}"'
                + (f' stop-opacity="{alpha:.2f}"' if alpha < 1 else "")
                + "/>"
                for offset, rgb, alpha in stops
            )
            self._defs.append(f'<{kind} id="{name}" {where}>{inner}</{kind}>')
            self._gradients[key] = f"url(#{name})"
        return self._gradients[key]


def drawn(
    name: str,
    words: str,
    frame: Frame,
    paint: Callable[[Pen], None],
    *,
    height: float,
    places: tuple[Place, ...] = ("ground",),
) -> Subject:
    """A subject from what paints it.

    Args:
        name: singular noun and key.
        words: its synonyms, singular, separated by commas.
        frame: the part of the drawing plane that becomes its box.
        paint: draws it, facing right.
        height: typical height, in metres.
        places: where it belongs, best first.
    """

    def draw(look: Look) -> str:
        pen = Pen(name, look)
        paint(pen)
        return pen.svg(frame)

    left, top, right, bottom = frame
    synonyms = tuple(word.strip() for word in words.split(",") if word.strip())
    return Subject(name, synonyms, (right - left) / (bottom - top), height, places, draw)

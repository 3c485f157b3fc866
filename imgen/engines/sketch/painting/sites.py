"""Every open-air setting: its land, and the place from which it looks best."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imgen.engines.sketch.painting import dry_land, shores
from imgen.engines.sketch.painting.land import Land, Plot


@dataclass(frozen=True, slots=True)
class Site:
    """A kind of land and the place from which it looks best."""

    shape: Callable[[Plot], Land]
    horizon: tuple[float, float] = (0.48, 0.58)
    """Share of the height from the top, between these."""
    eye: tuple[float, float] = (3.0, 5.0)
    """Metres."""
    trees: float = 0.0
    """Trees per hectare near the viewer."""
    kinds: tuple[str, ...] = ("broadleaf",)
    """`conifer`, `broadleaf`, `palm`; named twice, twice as common."""


_MIXED = ("conifer", "broadleaf")
_CONIFERS = ("conifer",)
_TROPICAL = ("palm", "broadleaf", "palm")

SITES: Mapping[str, Site] = {
    "mountains": Site(dry_land.mountains, (0.56, 0.66), (6, 11), trees=9, kinds=_CONIFERS),
    "lake": Site(shores.lake, (0.44, 0.54), (8, 11), trees=30, kinds=_MIXED),
    "river": Site(shores.river, (0.44, 0.54), (5.5, 7.5), trees=60, kinds=_MIXED),
    "hills": Site(dry_land.hills, (0.46, 0.56), (4, 7), trees=7),
    "meadow": Site(dry_land.meadow, (0.48, 0.60), (2.0, 3.0), trees=3),
    "field": Site(dry_land.field, (0.46, 0.58), (2.6, 3.6), trees=2),
    "forest": Site(dry_land.forest, (0.50, 0.58), (2.0, 2.6), trees=520, kinds=_MIXED),
    "desert": Site(dry_land.desert, (0.50, 0.60), (6, 9), trees=0),
    "snowfield": Site(dry_land.snowfield, (0.50, 0.60), (4, 6), trees=16, kinds=_CONIFERS),
    "canyon": Site(dry_land.canyon, (0.50, 0.60), (10, 16), trees=0),
    "sea": Site(shores.sea, (0.42, 0.54), (4, 7), trees=0),
    "beach": Site(shores.beach, (0.40, 0.50), (2.6, 3.4), trees=0),
    "coast": Site(shores.coast, (0.44, 0.54), (9, 11), trees=2),
    "island": Site(shores.island, (0.50, 0.58), (10, 16), trees=0),
    "jungle": Site(dry_land.jungle, (0.50, 0.58), (2.0, 2.8), trees=620, kinds=_TROPICAL),
    "garden": Site(dry_land.garden, (0.42, 0.52), (1.7, 2.2), trees=70),
    "waterfall": Site(shores.waterfall, (0.55, 0.62), (4.5, 6.0), trees=120, kinds=_MIXED),
    "village": Site(dry_land.village, (0.46, 0.54), (5.5, 8), trees=16, kinds=_MIXED),
    "volcano": Site(dry_land.volcano, (0.60, 0.68), (8, 14), trees=6),
}  # fmt: skip
"""Every open-air setting that is made of land and water."""

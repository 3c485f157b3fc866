"""Land measured for one picture: sampled along the rays of the camera, and asked for heights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgen.engines.sketch.painting.daylight import Daylight
from imgen.engines.sketch.painting.filters import sampled
from imgen.engines.sketch.painting.land import Land, Plot
from imgen.engines.sketch.painting.noise import Field, Noise
from imgen.engines.sketch.painting.sites import SITES
from imgen.engines.sketch.painting.view import View, distances
from imgen.engines.sketch.scene.scene import Scene


@dataclass(frozen=True, slots=True)
class Terrain:
    """Land as it was seen, for whoever plants or places things on it."""

    land: Land
    z: Field
    """(samples,) metres."""
    plot: Plot
    view: View
    day: Daylight
    stride: int
    """Pixels of the picture for each column of samples."""

    @property
    def columns(self) -> Field:
        """For each column of the picture, the column of samples, (width,)."""
        return self._column(np.arange(self.view.width, dtype=np.float32))

    @property
    def spacing(self) -> Field:
        """Metres between neighbouring samples in a row, (samples, 1)."""
        return np.asarray(self.z[:, None] * np.float32(self.stride / self.view.focal), np.float32)

    def _column(self, pixels: Field) -> Field:
        shift = np.float32((self.stride - 1) / 2)
        return np.asarray((pixels - shift) / np.float32(self.stride), np.float32)

    def height_at(self, x: Field, z: Field) -> Field:
        """Height of the land at points, in metres."""
        return self._sampled(self.land.height, x, z)

    def clear_at(self, x: Field, z: Field) -> Field:
        """0 to 1: whether nothing may grow at points."""
        clear = self.land.clear
        if isinstance(clear, float):
            return np.full(x.shape, clear, np.float32)
        return self._sampled(clear, x, z)

    def _sampled(self, field: Field, x: Field, z: Field) -> Field:
        row = np.interp(z, self.z, np.arange(len(self.z))).astype(np.float32)
        column = self._column(x / z * np.float32(self.view.focal) + 0.5 * (self.view.width - 1))
        return sampled(field, column[None], row[None]).reshape(x.shape)


def survey(view: View, day: Daylight, scene: Scene, seed: int, detail: float) -> Terrain:
    """Shape the land that the camera will see."""
    near = 0.30 * view.distance(view.height)
    z = distances(max(near, 0.6), 34_000.0, 270 + round(130 * detail))
    stride = 1 if view.width < 900 else 2
    middles = np.arange((stride - 1) / 2, view.width, stride) - 0.5 * (view.width - 1)
    angles = (middles / view.focal).astype(np.float32)
    ahead = np.repeat(z[:, None], len(angles), axis=1)
    across = (ahead * angles[None, :]).astype(np.float32)
    noises = (Noise.seeded(seed, 1), Noise.seeded(seed, 2), Noise.seeded(seed, 3))
    plot = Plot(
        across, ahead, noises, np.random.default_rng([seed, 4]), scene, 4 + round(3 * detail)
    )
    land = SITES[scene.setting].shape(plot)
    return Terrain(land, z, plot, view, day, stride)

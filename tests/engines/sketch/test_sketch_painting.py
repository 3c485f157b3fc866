"""Pictures that mean what the prompt says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imgen.engines.protocol import Abandoned, Lora
from imgen.engines.sketch.paint import paint, paint_cutout, read_light

Image = NDArray[np.uint8]
SIZE = (320, 256)


def painted(prompt: str, seed: int = 11, **changes: object) -> Image:
    options: dict[str, object] = {"width": SIZE[0], "height": SIZE[1], "seed": seed, **changes}
    return paint(prompt, **options)  # type: ignore[arg-type]


def brightness(image: Image) -> float:
    return float(image.mean())


def warmth(image: Image) -> float:
    """Red over blue, on average."""
    return float(image[..., 0].mean() - image[..., 2].mean())


def greenness(image: Image) -> float:
    """Green over the mean of red and blue, on average."""
    red, green, blue = (image[..., c].astype(float).mean() for c in range(3))
    return float(green - (red + blue) / 2)


def share_of(image: Image, channel: int, margin: int = 40) -> float:
    """Share of pixels in which one channel stands out over both others."""
    values = image.astype(int)
    others = [values[..., c] for c in range(3) if c != channel]
    return float((values[..., channel] > np.maximum(*others) + margin).mean())


def difference(first: Image, second: Image) -> float:
    return float(np.abs(first.astype(int) - second.astype(int)).mean())


@pytest.mark.parametrize("place", ["mountains", "the sea", "a city", "a meadow", "a street"])
def test_night_is_darker_than_noon(place: str) -> None:
    night = brightness(painted(f"{place} at night"))
    assert night < 0.6 * brightness(painted(f"{place} at noon"))


@pytest.mark.parametrize("place", ["mountains", "the sea", "desert dunes"])
def test_sunset_is_warmer_than_overcast(place: str) -> None:
    sunset, overcast = painted(f"{place} at sunset"), painted(f"{place}, overcast, noon")
    assert warmth(sunset) > warmth(overcast) + 20


def test_a_forest_is_greener_than_a_desert() -> None:
    forest = painted("a forest in summer at noon")
    assert greenness(forest) > greenness(painted("desert at noon")) + 8


def test_winter_is_whiter_than_summer() -> None:
    winter, summer = painted("hills in winter at noon"), painted("hills in summer at noon")
    lower = slice(SIZE[1] * 2 // 3, None)
    assert brightness(winter[lower]) > brightness(summer[lower]) + 50


def test_fog_takes_the_contrast_of_the_distance() -> None:
    clear, foggy = painted("hills at noon"), painted("hills at noon, thick fog")
    band = slice(SIZE[1] // 3, SIZE[1] * 2 // 3)
    assert foggy[band].std() < 0.8 * clear[band].std()


def test_autumn_turns_the_leaves() -> None:
    autumn, summer = painted("a forest in autumn, noon"), painted("a forest in summer, noon")
    assert greenness(autumn) < greenness(summer) - 8


@pytest.mark.parametrize(("colour", "channel"), [("red", 0), ("blue", 2)])
def test_a_coloured_thing_shows_its_colour(colour: str, channel: int) -> None:
    image = painted(f"a {colour} car on a plain white background")
    other = painted(f"a {'blue' if colour == 'red' else 'red'} car on a plain white background")
    assert share_of(image, channel) > share_of(other, channel) + 0.03


def test_a_palette_colours_the_picture() -> None:
    assert (
        warmth(painted("hills, orange and red tones")) > warmth(painted("hills, blue tones")) + 10
    )


def test_black_and_white_has_no_colour() -> None:
    image = painted("mountains, black and white photo", style="").astype(int)
    assert np.abs(image[..., 0] - image[..., 2]).mean() < 12


def test_still_water_mirrors_the_sky() -> None:
    image = painted("a lake at sunset, calm water", seed=3).astype(float)
    sky = image[: SIZE[1] // 4].mean(axis=(0, 1))
    water = image[SIZE[1] * 11 // 20 : SIZE[1] * 13 // 20].mean(axis=(0, 1))
    grass = painted("a meadow at sunset", seed=3)[SIZE[1] * 11 // 20 : SIZE[1] * 13 // 20]
    meadow = grass.astype(float).mean(axis=(0, 1))
    assert np.abs(water - sky).sum() < np.abs(meadow - sky).sum()


def test_the_same_request_gives_the_same_bytes() -> None:
    prompt = "three boats on a lake at sunset, a cat in the foreground"
    assert np.array_equal(painted(prompt), painted(prompt))


def test_another_seed_is_another_composition() -> None:
    """Still different after everything finer than a sixteenth of the width is averaged away."""
    first, second = (painted("mountains at noon, clear", seed=seed) for seed in (1, 2))
    coarse = [image.reshape(16, 16, 16, 20, 3).mean(axis=(1, 3)) for image in (first, second)]
    assert np.abs(coarse[0] - coarse[1]).max() > 30


def test_more_steps_give_more_detail() -> None:
    few, many = (painted("a forest at noon", steps=steps) for steps in (2, 60))
    fine = [np.abs(np.diff(image.astype(int), axis=1)).mean() for image in (few, many)]
    assert fine[1] > fine[0]


def test_guidance_strengthens_the_colours() -> None:
    weak, strong = (painted("a beach at noon", guidance_scale=scale) for scale in (1.5, 14.0))
    spread = [float(np.ptp(image.astype(int), axis=2).mean()) for image in (weak, strong)]
    assert spread[1] > spread[0] + 5


def test_the_weight_of_a_lora_is_seen() -> None:
    images = [
        painted("portrait of a woman", loras=(Lora("mira", weight),)) for weight in (0.0, 0.5, 1.0)
    ]
    assert difference(images[0], images[1]) > 1
    assert difference(images[1], images[2]) > 1


def test_a_negated_thing_is_not_painted() -> None:
    """Without its dog, the picture is that of the meadow alone."""
    gone = painted("a meadow at noon, clear, no dog")
    assert difference(gone, painted("a meadow at noon, clear, a dog")) > 0.5


@pytest.mark.parametrize(
    "prompt",
    [
        "", "a room", "a café", "a library at night", "a cup on a table", "a street in the rain",
        "city at night, neon", "space, planets", "underwater", "above the clouds", "a waterfall",
        "a jungle", "a garden", "a village in the snow", "an island", "a volcano", "a river",
        "storm over the coast, lightning", "a canyon", "fireworks over a lake", "aurora",
    ],
)  # fmt: skip
def test_every_setting_fills_the_whole_picture(prompt: str) -> None:
    image = painted(prompt)
    assert image.shape == (SIZE[1], SIZE[0], 3)
    assert image.std() > 8
    edges = [image[0], image[-1], image[:, 0], image[:, -1]]
    assert all(0 < edge.mean() < 255 for edge in edges)


@pytest.mark.parametrize(("width", "height"), [(256, 256), (256, 1024), (1280, 256), (301, 517)])
@pytest.mark.parametrize("prompt", ["a lake with a boat", "a room with a cat", "city at night"])
def test_any_size_comes_out_as_asked(width: int, height: int, prompt: str) -> None:
    image = paint(prompt, width=width, height=height, seed=1)
    assert image.shape == (height, width, 3)


def test_a_cutout_is_its_things_alone_and_fills_the_frame() -> None:
    image = paint_cutout("a red car in a street", width=384, height=256, seed=2)
    alpha = image[..., 3]
    rows, columns = np.nonzero(alpha > 128)
    assert image.shape == (256, 384, 4)
    assert max(np.ptp(rows) / 256, np.ptp(columns) / 384) > 0.7
    assert alpha[0].max() == alpha[:, 0].max() == alpha[-1].max() == alpha[:, -1].max() == 0
    assert share_of(image[..., :3][alpha > 200][None], 0) > 0.2


def test_a_cutout_shows_as_many_things_as_were_asked_for() -> None:
    one, three = (
        paint_cutout(prompt, width=512, height=256, seed=2)[..., 3].max(axis=0) > 128
        for prompt in ("a cat", "three cats")
    )
    assert _runs(one) == 1
    assert _runs(three) == 3


def _runs(columns: NDArray[np.bool_]) -> int:
    """How many stretches of True there are."""
    return int(np.count_nonzero(np.diff(np.concatenate(([False], columns)).astype(int)) == 1))


def test_light_is_read_as_it_is_painted() -> None:
    night, noon = read_light("hills at night"), read_light("hills at noon")
    assert night.night
    assert not noon.night
    red, _, blue = read_light("hills at sunset").sun
    assert red > blue
    assert read_light("hills at noon", seed=4) == read_light("hills at noon", seed=4)


def test_progress_rises_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    painted("a lake with a boat", steps=12, progress=lambda step, of: seen.append((step, of)))
    assert len(seen) >= 5
    assert [step for step, _ in seen] == sorted(step for step, _ in seen)
    assert seen[-1] == (12, 12)


def test_a_picture_that_nobody_wants_is_given_up() -> None:
    def stop(step: int, of: int) -> None:
        if step * 2 > of:
            raise Abandoned

    with pytest.raises(Abandoned):
        painted("a lake with a boat", progress=stop)

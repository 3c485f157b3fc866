"""What the remote engines share: frames, canvases, pictures, messages."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgen.engines.comfyui.listen import Heard
from imgen.engines.comfyui.workflow import parse_template
from imgen.engines.protocol import Task
from imgen.engines.remote.canvas import canvas_of
from imgen.engines.remote.pictures import as_png, read_picture
from imgen.engines.remote.placement import in_one_of, in_steps
from imgen.errors import Invalid, Upstream
from tests.engines.remote.local import disc, make_request, noise

unhurried = settings(deadline=None)


_SIDES = st.integers(16, 900)


class TestPlacements:
    @unhurried
    @given(_SIDES, _SIDES, st.sampled_from([8, 16, 64]), st.integers(70_000, 4_000_000))
    def test_a_frame_in_steps_gives_the_picture_back(
        self, width: int, height: int, step: int, most: int
    ) -> None:
        place = in_steps(width, height, step=step, most_pixels=most)
        assert place.outer[0] % step == place.outer[1] % step == 0
        picture = np.full((height, width, 3), 77, np.uint8)
        frame = place.put(picture)
        assert frame.shape == (place.outer[1], place.outer[0], 3)
        assert np.array_equal(place.take(frame), picture)

    @unhurried
    @given(_SIDES, _SIDES)
    def test_a_frame_has_its_least_area_and_its_longest_shape(
        self, width: int, height: int
    ) -> None:
        place = in_steps(
            width, height, step=16, most_pixels=2_000_000, least_pixels=655_360, longest=3.0
        )
        long, short = max(place.outer), min(place.outer)
        assert long * short >= 655_360
        assert long <= 3 * short
        picture = np.full((height, width, 3), 77, np.uint8)
        assert place.take(place.put(picture)).shape == (height, width, 3)

    @unhurried
    @given(_SIDES, _SIDES)
    def test_a_frame_of_a_list_holds_the_whole_picture(self, width: int, height: int) -> None:
        sizes = [(1024, 1024), (1536, 1024), (1024, 1536)]
        place = in_one_of(width, height, sizes)
        assert place.outer in sizes
        assert place.left + place.inner[0] <= place.outer[0]
        assert place.top + place.inner[1] <= place.outer[1]
        assert place.inner[0] == place.outer[0] or place.inner[1] == place.outer[1]

    def test_pixels_that_are_not_scaled_stay_the_same(self) -> None:
        picture = noise(1, 100, 70)
        place = in_steps(100, 70, step=16, most_pixels=1_000_000)
        assert np.array_equal(place.take(place.put(picture)), picture)


class TestCanvases:
    def test_transparency_is_kept_and_what_is_painted_is_there(self) -> None:
        image, mask = disc()
        clear = np.dstack([image, np.zeros_like(mask)])
        canvas = canvas_of(make_request(task=Task.INPAINT, image=clear, mask=mask))
        result = canvas.finished(noise(1, 96, 64))
        assert np.array_equal(result[..., 3], mask)

    def test_a_feather_blends(self) -> None:
        image = np.zeros((64, 96, 3), np.uint8)
        mask = np.full((64, 96), 51, np.uint8)
        canvas = canvas_of(make_request(task=Task.INPAINT, image=image, mask=mask))
        assert canvas.finished(np.full_like(image, 200)).max() == 40

    def test_a_picture_stands_in_the_middle_of_a_larger_frame(self) -> None:
        image, _ = disc()
        fields = {"task": Task.OUTPAINT, "image": image, "height": 96}
        canvas = canvas_of(make_request(**fields, width=128))
        assert np.array_equal(canvas.colour[16:80, 16:112], image)
        with pytest.raises(Invalid, match="smaller than the picture"):
            canvas_of(make_request(**fields, width=90))


class TestPictures:
    @pytest.mark.parametrize("channels", [3, 4])
    def test_there_and_back(self, channels: int) -> None:
        pixels = np.random.default_rng(1).integers(0, 256, (9, 7, channels), np.uint8)
        assert np.array_equal(read_picture(as_png(pixels)), pixels)

    @unhurried
    @given(st.binary(max_size=200))
    def test_any_bytes_are_a_picture_or_an_error_of_ours(self, data: bytes) -> None:
        for start in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP"):
            with pytest.raises(Upstream):
                read_picture(start + data)

    def test_an_unreasonable_size_is_refused_unread(self) -> None:
        head = bytearray(as_png(noise(1, 4, 4)))
        head[16:24] = (9_000).to_bytes(4, "big") * 2
        with pytest.raises(Upstream):
            read_picture(bytes(head))


class TestMessages:
    @unhurried
    @given(st.text(max_size=80))
    def test_any_message_is_heard_or_passed_over(self, text: str) -> None:
        heard = Heard("p")
        heard.hear(text)
        assert (heard.step, heard.over) == (0, False)

    def test_progress_is_heard_in_the_newer_way_too(self) -> None:
        """All nodes at once, in floats; what counts is the sampler's, or whichever runs."""
        for sampler, step in (("s", 3), ("", 5)):
            heard = Heard("p", sampler)
            states = {
                "s": (3.0, 8.0, "running"),
                "t": (5.0, 8.0, "running"),
                "u": (1, 1, "finished"),
            }
            nodes = {
                name: {"value": value, "max": most, "state": state}
                for name, (value, most, state) in states.items()
            }
            data = {"prompt_id": "p", "nodes": nodes}
            heard.hear(json.dumps({"type": "progress_state", "data": data}))
            assert (heard.step, heard.of) == (step, 8)

    @pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "true", '"3"', "null", "[]", "9e9"])
    def test_a_count_that_is_none_is_passed_over(self, value: str) -> None:
        heard = Heard("p")
        place = '"prompt_id": "p", "node": "s"'
        heard.hear(f'{{"type": "progress", "data": {{"value": {value}, "max": 8, {place}}}}}')
        nodes = f'{{"s": {{"value": {value}, "max": {value}, "state": "running"}}}}'
        heard.hear(f'{{"type": "progress_state", "data": {{"nodes": {nodes}, {place}}}}}')
        heard.hear(f'{{"type": "progress_state", "data": {{"nodes": {value}, {place}}}}}')
        assert (heard.step, heard.of) == (0, 0)

    @unhurried
    @given(st.lists(st.tuples(st.integers(-3, 9), st.integers(-3, 9)), max_size=9))
    def test_progress_only_goes_up(self, told: list[tuple[int, int]]) -> None:
        heard, last = Heard("p"), 0.0
        for value, most in told:
            data = f'{{"value": {value}, "max": {most}, "prompt_id": "p", "node": "s"}}'
            heard.hear(f'{{"type": "progress", "data": {data}}}')
            share = heard.step / heard.of if heard.of else 0.0
            assert last <= share <= 1
            last = share


@unhurried
@given(st.text(max_size=40), st.integers(0, 2**63 - 1))
def test_whatever_a_prompt_says_stays_the_prompt(prompt: str, seed: int) -> None:
    given_ = {"1": {"class_type": "X", "inputs": {"a": "so: {{prompt}}", "b": ["{{seed}}"]}}}
    filled = parse_template(given_, "own").filled({"prompt": prompt, "seed": seed})
    assert filled["1"]["inputs"] == {"a": f"so: {prompt}", "b": [seed]}

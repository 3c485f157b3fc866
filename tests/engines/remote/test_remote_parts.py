"""What the remote engines share: waits between tries, circuit breakers, downloads, frames."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from imgen.engines.comfyui.listen import Heard
from imgen.engines.comfyui.workflow import parse_template
from imgen.engines.protocol import Task
from imgen.engines.remote import server as servers
from imgen.engines.remote.breaker import Breaker
from imgen.engines.remote.canvas import canvas_of
from imgen.engines.remote.download import download, is_public
from imgen.engines.remote.pictures import as_png, read_picture
from imgen.engines.remote.placement import in_one_of, in_steps
from imgen.engines.remote.server import Patience, Server, retry_after
from imgen.errors import Invalid, Unavailable, Upstream
from tests.engines.remote.local import Fault, Local, disc, make_request, noise, serving

unhurried = settings(deadline=None)
_wait = servers._wait  # as it is, before conftest shortens it


@dataclass
class Waits:
    """Stands in for sleeping, and remembers what was asked."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def _hello(_request: Request) -> Response:
    return Response(b'{"hello": 1}')


def _greeter() -> Local:
    return Local(Starlette(routes=[Route("/hello", _hello, methods=["GET", "POST"])]))


class TestTries:
    @pytest.fixture(autouse=True)
    def _real_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(servers, "_wait", _wait)

    async def test_waits_double_with_jitter(self) -> None:
        local, waits = _greeter(), Waits()
        local.faults += [Fault("/hello", status=500)] * 3
        async with serving(local) as url:
            patience = Patience(tries=4, sleep=waits)
            async with Server(url, "It", patience=patience).calls() as calls:
                assert (await calls.ask("GET", "/hello")).json() == {"hello": 1}
        assert len(waits.seconds) == 3
        for number, seconds in enumerate(waits.seconds, start=1):
            assert 0.25 * 2**number <= seconds <= 0.5 * 2**number

    async def test_what_a_server_asks_for_is_kept_to(self) -> None:
        local, waits = _greeter(), Waits()
        local.faults.append(Fault("/hello", status=429, headers=((b"retry-after", b"7"),)))
        patience = Patience(sleep=waits)
        async with serving(local) as url, Server(url, "It", patience=patience).calls() as calls:
            await calls.ask("GET", "/hello")
        assert 7 <= waits.seconds[0] < 7.2

    async def test_a_server_that_asks_for_too_much_is_not_waited_for(self) -> None:
        local, waits = _greeter(), Waits()
        local.faults.append(Fault("/hello", status=503, headers=((b"retry-after", b"900"),)))
        patience = Patience(sleep=waits)
        async with serving(local) as url, Server(url, "It", patience=patience).calls() as calls:
            with pytest.raises(Upstream) as caught:
                await calls.ask("GET", "/hello")
        assert caught.value.retry_after == 900
        assert waits.seconds == []

    @pytest.mark.parametrize(
        ("fault", "sent"),
        [
            (Fault("/hello", status=500), 1),
            (Fault("/hello", cut=True), 1),
            (Fault("/hello", status=429), 2),
            (Fault("/hello", status=503), 2),
        ],
    )
    async def test_what_may_have_begun_is_sent_once(self, fault: Fault, sent: int) -> None:
        local = _greeter()
        local.faults.append(fault)
        async with serving(local) as url:
            patience = Patience(sleep=Waits())
            async with Server(url, "It", patience=patience).calls() as calls:
                if sent == 1:
                    with pytest.raises(Upstream):
                        await calls.ask("POST", "/hello", body={}, repeatable=False)
                else:
                    await calls.ask("POST", "/hello", body={}, repeatable=False)
        assert len(local.calls) == sent

    async def test_a_redirect_is_not_followed(self) -> None:
        local = _greeter()
        local.faults.append(Fault("/hello", status=302, headers=((b"location", b"/other"),)))
        async with serving(local) as url, Server(url, "It", "key").calls() as calls:
            assert not (await calls.ask("GET", "/hello")).good
        assert len(local.calls) == 1

    @pytest.mark.parametrize("url", ["", "host", "ftp://host", "http://", "http://h/?key=1", "//h"])
    def test_an_address_that_is_none_is_refused(self, url: str) -> None:
        with pytest.raises(Invalid, match="must look like"):
            Server(url, "It")

    def test_a_key_that_no_header_can_carry_is_refused_unseen(self) -> None:
        with pytest.raises(Invalid, match="no header can carry") as caught:
            Server("http://host", "It", "se\ncret")
        assert "se" not in caught.value.message.split()

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [("3", 3.0), ("", None), ("soon", None), ("-1", None), ("9" * 30, 86_400.0)],
    )
    def test_retry_after_in_seconds(self, value: str, seconds: float | None) -> None:
        assert retry_after(value) == seconds

    def test_retry_after_as_a_date(self) -> None:
        assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
        assert retry_after("Wed, 21 Oct 2099 07:28:00 GMT") == 86_400.0


class TestBreaker:
    def test_opens_after_failures_in_a_row_and_lets_one_try_after_a_while(self) -> None:
        now = 100.0
        breaker = Breaker(failures=2, seconds=30, clock=lambda: now)
        breaker.failed()
        breaker.succeeded()
        breaker.failed()
        breaker.check("It")
        breaker.failed()
        assert breaker.open
        with pytest.raises(Unavailable) as caught:
            breaker.check("It")
        assert caught.value.retry_after == 30
        now = 131.0
        breaker.check("It")  # the one that tries
        with pytest.raises(Unavailable):
            breaker.check("It")
        breaker.succeeded()
        breaker.check("It")
        assert not breaker.open


class TestDownloads:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "ff02::1",
            "::ffff:192.168.1.1",
            "2002:0a00:0001::1",
            "64:ff9b::a00:1",
        ],
    )
    def test_private_addresses_are_told_from_public_ones(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
    def test_public_addresses(self, address: str) -> None:
        assert is_public(address)

    @unhurried
    @given(st.ip_addresses(v=4))
    def test_wrapping_changes_nothing(self, address: ipaddress.IPv4Address) -> None:
        assert is_public(f"::ffff:{address}") == is_public(str(address))

    async def test_a_redirect_into_the_network_is_refused(self) -> None:
        async def moved(_request: Request) -> Response:
            return RedirectResponse("http://127.0.0.1:9/secret")

        async with serving(Starlette(routes=[Route("/x", moved)])) as url:
            host = url.removeprefix("http://")
            with pytest.raises(Upstream, match="not public"):
                await download(f"{url}/x", trusted=[host], largest=100)

    async def test_a_redirect_on_a_trusted_host_is_followed_and_a_loop_is_not(self) -> None:
        async def moved(request: Request) -> Response:
            left = int(request.path_params["left"])
            if left == 0:
                return Response(b"done")
            return RedirectResponse(f"/x/{left - 1}")

        async with serving(Starlette(routes=[Route("/x/{left}", moved)])) as url:
            host = url.removeprefix("http://")
            assert await download(f"{url}/x/3", trusted=[host], largest=100) == b"done"
            with pytest.raises(Upstream, match="too often"):
                await download(f"{url}/x/4", trusted=[host], largest=100)

    async def test_a_limit_on_size(self) -> None:
        async with serving(_greeter()) as url:
            with pytest.raises(Upstream, match="too large"):
                await download(f"{url}/hello", trusted=["127.0.0.1"], largest=5)

    async def test_the_name_is_what_the_server_sees(self) -> None:
        local = _greeter()
        async with serving(local) as url:
            named = url.replace("127.0.0.1", "localhost")
            await download(f"{named}/hello", trusted=["localhost"], largest=100)
        assert local.calls[0].headers["host"] == named.removeprefix("http://")


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

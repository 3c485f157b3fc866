"""How the remote engines call: tries, waits, circuit breakers, limits, downloads."""

from __future__ import annotations

import gzip
import ipaddress
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from imgen.engines.remote import server as servers
from imgen.engines.remote.breaker import Breaker
from imgen.engines.remote.download import download, is_public
from imgen.engines.remote.server import Calls, Patience, Reply, Server, retry_after
from imgen.errors import Invalid, Unavailable, Upstream
from tests.engines.remote.local import Fault, Local, serving

unhurried = settings(deadline=None)
_wait = servers._wait  # as it is, before conftest shortens it
_DATE = r"Mon, [0-9]{1,2} Jan [0-9]{1,5} [0-9]{1,2}:[0-9]{2}:[0-9]{2} [+-][0-9]{1,25}"


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
            (Fault("/hello", status=503), 1),
            (Fault("/hello", hang=True), 1),
        ],
    )
    async def test_what_may_have_begun_is_sent_once(self, fault: Fault, sent: int) -> None:
        local = _greeter()
        local.faults.append(fault)
        async with serving(local) as url:
            patience = Patience(timeout=0.5, sleep=Waits())
            async with Server(url, "It", patience=patience).calls() as calls:
                if sent == 1:
                    with pytest.raises(Upstream):
                        await calls.ask("POST", "/hello", body={}, repeatable=False)
                else:
                    await calls.ask("POST", "/hello", body={}, repeatable=False)
        assert len(local.calls) == sent

    async def test_who_is_not_there_is_not_waited_for_as_long_as_a_picture(self) -> None:
        limits: list[dict[str, float]] = []

        def answer(request: httpx.Request) -> httpx.Response:
            limits.append(request.extensions["timeout"])
            return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

        server = Server("http://host", "It", patience=Patience(timeout=300))
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            await Calls(server, client).ask("GET", "/hello")
            await Calls(server, client).fetch("http://host/one.png", largest=100)
        assert [(one["connect"], one["read"]) for one in limits] == [(10, 300), (10, 60)]

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

    @unhurried
    @given(st.text(max_size=40) | st.from_regex(_DATE, fullmatch=True))
    def test_any_retry_after_is_seconds_or_none(self, value: str) -> None:
        seconds = retry_after(value)
        assert seconds is None or 0 <= seconds <= 86_400

    @pytest.mark.parametrize("zone", ["-99999999999999999999", "-2400", "+9999"])
    def test_a_date_in_a_zone_that_is_none_is_no_date(self, zone: str) -> None:
        assert retry_after(f"Mon, 01 Jan 2029 00:00:00 {zone}") in (None, 86_400.0)

    def test_retry_after_as_a_date(self) -> None:
        assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
        assert retry_after("Wed, 21 Oct 2099 07:28:00 GMT") == 86_400.0


class TestAnswers:
    async def test_a_refusal_is_read_to_its_first_64_kib(self) -> None:
        local = _greeter()
        local.faults.append(Fault("/hello", status=400, body=b"[" * 10_000_000))
        async with serving(local) as url, Server(url, "It").calls() as calls:
            reply = await calls.ask("GET", "/hello", largest=64_000_000)
        assert (reply.status, len(reply.content), reply.json()) == (400, 65_536, None)

    async def test_a_compressed_answer_is_not_unpacked(self) -> None:
        local, body = _greeter(), gzip.compress(bytes(100_000_000))
        packed = ((b"content-encoding", b"gzip"),)
        async with serving(local) as url, Server(url, "It").calls() as calls:
            local.faults.append(Fault("/hello", body=body, headers=packed))
            with pytest.raises(Upstream, match="compressed"):
                await calls.ask("GET", "/hello", largest=1_000_000)
            local.faults.append(Fault("/hello", status=401, body=body, headers=packed))
            reply = await calls.ask("GET", "/hello", largest=1_000_000)
            assert (reply.status, reply.content) == (401, body[:65_536])
            local.faults.append(Fault("/hello", body=body, headers=packed))
            with pytest.raises(Upstream, match="compressed"):
                await download(f"{url}/hello", trusted=["127.0.0.1"], largest=1_000_000)

    @pytest.mark.parametrize("part", [b"[],", b"1,", b"[[]],"])
    def test_what_has_millions_of_parts_is_not_parsed(self, part: bytes) -> None:
        assert Reply(200, b"[" + part * 1_500_000 + b"1]").json() is None
        assert len(Reply(200, b"[" + part * 10_000 + b"1]").json()) == 10_001
        assert Reply(200, b'["' + b"A" * 20_000_000 + b'"]').json() == ["A" * 20_000_000]

    @pytest.mark.parametrize("path", ["/\x00", "/\ud800", "http://h:x/"])
    async def test_an_address_that_is_none_is_a_fault_of_the_server_s(self, path: str) -> None:
        async with Server("http://127.0.0.1:9", "It").calls() as calls:
            with pytest.raises(Upstream, match="no web address"):
                await calls.ask("GET", path)


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
            "64:ff9b:1::a00:1",
            "2002:0808:0808::1",
            "2001::1",
            "2001:db8::1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "::ffff:0:8.8.8.8",
            "fec0::1",
            "3fff::1",
            "5f00::1",
            "100::1",
            "4000::1",
            "192.88.99.1",
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

    @pytest.mark.parametrize(
        "url",
        [
            "https://a..b/x.png",
            f"https://{'a' * 64}.com/x.png",
            "https://xn--.com/x.png",
            "http://127.0.0.1:99999/x.png",
            "http://\ud800/x.png",
            "http://h:x/x.png",
        ],
    )
    async def test_an_address_that_is_none_is_refused(self, url: str) -> None:
        with pytest.raises(Upstream, match="no web address"):
            await download(url, trusted=["127.0.0.1"], largest=100)

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

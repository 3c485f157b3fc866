"""The client of the benchmarks, and the load it makes, against a real server."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import load
from bench.http import Connection, request

_seen: list[tuple[str, int, object]] = []


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        _seen.append((self.headers["X-Name"], self.client_address[1], json.loads(body)))
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


async def test_one_connection_carries_all_requests(url: str) -> None:
    _seen.clear()
    connection = await Connection.to(url)
    for number in range(3):
        sent = {"number": number, "text": "ä"}
        assert await connection.json(request("POST", f"{url}/", sent, {"X-Name": "n"})) == sent
    await connection.close()
    assert len({port for _, port, _ in _seen}) == 1


async def test_a_refusal_is_not_counted_as_an_answer(url: str) -> None:
    connection = await Connection.to(url)
    with pytest.raises(RuntimeError, match="404 Not Found"):
        await connection.exchange(request("POST", f"{url}/missing", {}))
    await connection.close()


@pytest.mark.parametrize(
    "with_wrk",
    [
        pytest.param(
            True,
            id="wrk",
            marks=pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed"),
        ),
        pytest.param(False, id="asyncio"),
    ],
)
def test_load_sends_the_request_as_it_is(
    url: str, with_wrk: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not with_wrk:
        monkeypatch.setattr(shutil, "which", lambda _name: None)
    _seen.clear()
    sent = {"prompt": 'a "paper" boat \\ ä\n'}
    rate, milliseconds = load.load(
        url, request("POST", f"{url}/", sent, {"X-Name": "boat"}), clients=2, seconds=0.2
    )
    assert rate > 0
    assert milliseconds > 0
    assert {name for name, _, _ in _seen} == {"boat"}
    assert all(body == sent for _, _, body in _seen)
    assert len({port for _, port, _ in _seen}) == 2


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_wrk_does_not_count_refusals_either(url: str) -> None:
    with pytest.raises(RuntimeError, match="Non-2xx"):
        load.load(url, request("POST", f"{url}/missing", {}), clients=1, seconds=1)

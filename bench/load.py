"""Requests per second under load: with wrk where it is installed, else with a client of our own.

wrk (Debian: apt-get install wrk) takes a tenth of the processor time that a client in Python does;
on a machine with few cores the client's share is otherwise missing from the server's.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import uvloop

from bench.http import Connection

_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_MEDIAN = re.compile(r"50%\s+([\d.]+)(us|ms|s)")
_REFUSED = re.compile(r"Non-2xx or 3xx responses|Socket errors")
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def tool() -> str:
    """Which client is used here."""
    return "wrk" if shutil.which("wrk") else "asyncio client"


def load(url: str, request: bytes, *, clients: int, seconds: float) -> tuple[float, float]:
    """Send one request again and again.

    Args:
        url: of the server.
        request: as `bench.http.request` makes it.
        clients: connections, each with one request under way.
        seconds: for how long; wrk knows whole ones only.

    Returns:
        Requests per second, and the median latency in milliseconds.

    Raises:
        RuntimeError: a reply was not 200.
    """
    if shutil.which("wrk"):
        return _wrk(url, request, clients, max(1, round(seconds)))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_asyncio(url, request, clients, seconds))


def _wrk(url: str, request: bytes, clients: int, seconds: int) -> tuple[float, float]:
    with TemporaryDirectory(prefix="imgen-bench-") as folder:
        script = Path(folder) / "request.lua"
        script.write_text(_lua(request))
        parts = urlsplit(url)
        options = ["-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "-s", str(script)]
        command = ["wrk", *options, f"{parts.scheme}://{parts.netloc}/"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate, latency = _RATE.search(said), _MEDIAN.search(said)
    if rate is None or latency is None or _REFUSED.search(said):
        raise RuntimeError(said)
    return float(rate[1]), float(latency[1]) * _MILLISECONDS[latency[2]]


def _lua(request: bytes) -> str:
    """The request as it is; `request()` hands wrk a string that goes over the wire unchanged."""
    escaped = "".join(f"\\{byte:03d}" for byte in request)
    return f'local raw = "{escaped}"\nfunction request() return raw end\n'


async def _asyncio(url: str, request: bytes, clients: int, seconds: float) -> tuple[float, float]:
    latencies: list[float] = []
    began = time.perf_counter()

    async def client() -> None:
        connection = await Connection.to(url)
        while (sent := time.perf_counter()) < began + seconds:
            await connection.exchange(request)
            latencies.append(time.perf_counter() - sent)
        await connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    took = time.perf_counter() - began
    return len(latencies) / took, sorted(latencies)[len(latencies) // 2] * 1000

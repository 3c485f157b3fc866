"""A picture of 20 MB sent over loopback and decoded, beside a bare FastAPI upload with Pillow.

Both run under the same server (uvloop, httptools, one process). imgen's side checks limits, finds
where the file ends, turns it upright, converts its colours; FastAPI's decodes it. `peak MB` is what
the process grew by at most over its size when idle, one upload at a time, then four at once.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
from PIL import Image

from bench.peers.processes import missing, uvicorn
from bench.rounds import alternate, cpu_seconds, noise, table, write

_APPS = {"imgen": "bench.peers.upload_ours:app", "FastAPI + Pillow": "bench.peers.upload_bare:app"}
_MEGA = 1_000_000


def main() -> None:
    """Measure, print two tables, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    uploads, rounds = (2, 1) if quick else (6, 3)
    apps = dict(_APPS)
    if obstacle := missing("fastapi", redis=False):
        print(f"SKIPPED FastAPI: {obstacle}", file=sys.stderr)
        del apps["FastAPI + Pillow"]
    files = {"PNG": _noisy("PNG"), "JPEG": _noisy("JPEG")}
    results = {}
    with TemporaryDirectory(prefix="imgen-bench-") as folder:
        for kind, data in files.items():
            contenders = {
                name: partial(_measure, app, data, uploads, Path(folder) / "server.log")
                for name, app in apps.items()
            }
            results[kind] = alternate(contenders, rounds)
            print(f"\na {kind} of {len(data) / _MEGA:.1f} MB\n{table(results[kind])}")
    print(f"median (min–max) of {rounds} rounds of {uploads} uploads; {noise()}")
    print(write("uploads", {"rounds": rounds, "rows": results}))


def _noisy(format: str) -> bytes:
    """About 20 MB: noise, which no format makes smaller."""
    side = 2600 if format == "PNG" else 3900
    pixels = np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format=format, compress_level=1, quality=95)
    return buffer.getvalue()


def _measure(app: str, data: bytes, uploads: int, log: Path) -> Mapping[str, float]:
    """A fresh server: a process's peak memory cannot be set back."""
    with uvicorn(app, log) as (url, pid):
        send = partial(_send, f"{url}/upload", data)
        send()  # what is imported on first use is not measured
        idle = _memory(pid, "VmRSS")
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        used, began = cpu_seconds([pid]), time.perf_counter()
        for _ in range(uploads):
            send()
        took, cpu = time.perf_counter() - began, cpu_seconds([pid]) - used
        alone = _memory(pid, "VmHWM")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: send(), range(8)))
        together = _memory(pid, "VmHWM")
    return {
        "MB/s": len(data) * uploads / _MEGA / took,
        "upload ms": took / uploads * 1000,
        "CPU ms": cpu / uploads * 1000,
        "peak MB": alone - idle,
        "peak MB, 4 at once": together - idle,
    }


def _send(url: str, data: bytes) -> None:
    reply = httpx.post(url, files={"image": ("noise", data)}, timeout=60)
    reply.raise_for_status()


def _memory(pid: int, name: str) -> float:
    """In MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / _MEGA


if __name__ == "__main__":
    main()

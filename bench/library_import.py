"""How many small files a second the library imports: decode, measure, store, insert, embed.

    python -m bench.library_import --files 2000

Makes the files, imports them twice into a deployment of its own, and prints both rates with the
machine's load. The second import is what a resumed one costs for files that are known already.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from PIL import Image, PngImagePlugin

from imgen import logs
from imgen.cli.library_tools import importer
from imgen.library.caption.prompt_captioner import PromptCaptioner
from imgen.library.importing.options import Fate, Options, Outcome
from imgen.settings import load_settings
from imgen.wiring.core import Core, open_core

_THINGS = "fox lighthouse canoe teapot bicycle glacier orchard violin harbour owl".split()  # noqa: SIM905
_PLACES = "snow fog sunshine rain moonlight autumn spring mist dusk dawn".split()  # noqa: SIM905


def make_files(folder: Path, files: int, side: int) -> int:
    """Half PNG, half JPEG, of side × side pixels, each with a prompt; returns the bytes."""
    random = np.random.default_rng(7)
    size = 0
    for number in range(files):
        grid = random.integers(0, 256, (12, 12, 3), dtype=np.uint8)
        picture = Image.fromarray(grid).resize((side, side), Image.Resampling.BICUBIC)
        thing, place = random.choice(_THINGS), random.choice(_PLACES)
        text = (
            f"a {thing} in {place}, soft light, number {number}, shallow depth of field, film grain"
            f"\nNegative prompt: blurry, text\nSteps: 20, Sampler: Euler a, CFG scale: 7,"
            f" Seed: {number}, Size: {side}x{side}, Model: sdxl"
        )
        data = _png(picture, text) if number % 2 else _jpeg(picture, text)
        suffix = "png" if number % 2 else "jpg"
        (folder / f"{number:06}.{suffix}").write_bytes(data)
        size += len(data)
    return size


def _png(picture: Image.Image, text: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", text)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def _jpeg(picture: Image.Image, text: str) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode("utf-16-be")
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90, exif=exif.tobytes())
    return buffer.getvalue()


def used_by_server(root: Path) -> float:
    """Seconds of processor that the deployment's PostgreSQL has taken so far."""
    seconds = 0.0
    for process in psutil.process_iter(["cmdline", "name"]):
        if process.info["name"] == "postgres" and str(root) in " ".join(process.info["cmdline"]):
            for one in (process, *process.children()):
                times = one.cpu_times()
                seconds += times.user + times.system
    return seconds


async def measure(core: Core, folder: Path, word: str) -> None:
    fates: list[Fate] = []
    server = used_by_server(core.settings.data_dir)
    begun, used = time.monotonic(), time.process_time()
    kept = begun

    def tell(outcome: Outcome) -> None:
        nonlocal kept
        fates.append(outcome.fate)
        kept = time.monotonic()

    with importer(core, PromptCaptioner()) as bring:
        await bring([folder], Options(), expect=lambda total: None, tell=tell)
    whole, used = time.monotonic() - begun, time.process_time() - used
    server = used_by_server(core.settings.data_dir) - server
    counts = {fate.value: fates.count(fate) for fate in Fate if fate in fates}
    print(
        f"{word}: {len(fates) / whole:.0f} files/s until found by meaning ({whole:.1f} s),"
        f" {len(fates) / (kept - begun):.0f} files/s until kept; {counts};"
        f" {1000 * used / len(fates):.1f} ms of processor a file and"
        f" {1000 * server / len(fates):.1f} in PostgreSQL,"
        f" load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        flush=True,
    )


async def measure_both(files: int, side: int) -> None:
    logs.configure("error", "text")
    with TemporaryDirectory(prefix="imgen-bench-", ignore_cleanup_errors=True) as root:
        pictures = Path(root) / "pictures"
        pictures.mkdir()
        size = make_files(pictures, files, side)
        print(f"{files} files of {side} × {side} pixels, {size / files / 1024:.0f} KiB each")
        async with open_core(load_settings(data_dir=Path(root) / "data")) as core:
            await measure(core, pictures, "first import")
            await measure(core, pictures, "again")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--side", type=int, default=256, help="pixels")
    parser.add_argument("--quick", action="store_true", help="300 files")
    given = parser.parse_args()
    asyncio.run(measure_both(300 if given.quick else given.files, given.side))


if __name__ == "__main__":
    main()

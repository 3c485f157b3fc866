"""What finishing a picture costs, stage by stage, beside the floor and beside public packages.

    python -m bench.finishing [--rounds 7] [--json FILE]

1344x768, one thread. The floor is encoding and a thumbnail, which nobody can do without. The
composition is what one would put together from packages with their defaults: Pillow,
blind-watermark, pdqhash, c2pa-python with its thumbnail; it is left out, and said so, where
blind-watermark is not installed.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import io
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import c2pa
import cv2
import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image

from imgen.finishing.credentials.development import development_key
from imgen.finishing.credentials.manifest import Statement
from imgen.finishing.credentials.read import ReadCredentials
from imgen.finishing.credentials.sign import Sign
from imgen.finishing.credentials.trust import Trust
from imgen.finishing.credentials.words import Words
from imgen.finishing.encode import Format, decode, encode
from imgen.finishing.fingerprint import fingerprint
from imgen.finishing.finish import Finisher, FinishOrder
from imgen.finishing.invisible import detect, embed
from imgen.finishing.pdq import pdq
from imgen.finishing.thumbnail import thumbnail
from imgen.finishing.visible import Placement, apply_visible_mark

Pixels = NDArray[np.uint8]
WIDTH, HEIGHT = 1344, 768
KEY = b"a key of thirty-two bytes or so."


class Watch:
    """Times functions in turn, so that a busy machine is busy for all of them."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds

    def compare(self, functions: dict[str, Callable[[], object]]) -> dict[str, float]:
        """Fewest milliseconds of processor time, by name: neighbours can only add to it."""
        taken: dict[str, list[float]] = {name: [] for name in functions}
        for turn in range(self._rounds + 1):
            for name, function in functions.items():
                gc.collect()
                start = time.process_time()
                function()
                if turn:  # the first warms up
                    taken[name].append(1000 * (time.process_time() - start))
        return {name: round(min(each), 2) for name, each in taken.items()}


def scene() -> Pixels:
    """Sky, hills and grain: gradients, edges and texture, the same on every machine."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    picture = np.stack([90 + y / 8, 140 + y / 12, 220 - y / 10], axis=2)
    for number, tone in enumerate(((120, 140, 150), (80, 110, 90), (50, 80, 50))):
        top = HEIGHT * (0.45 + 0.17 * number) + 40 * np.sin(x / (90 + 40 * number) + number)
        picture[y > top] = tone
    grain = np.random.default_rng(7).normal(0, 1, (HEIGHT, WIDTH, 1)).astype(np.float32)
    leaves = (
        np.asarray(cv2.GaussianBlur(grain, (0, 0), 1.2))[..., None] * (y > HEIGHT * 0.45)[..., None]
    )
    return np.asarray(np.clip(picture + 14 * leaves + 1.5 * grain, 0, 255), np.uint8)


def a_mark() -> Pixels:
    mark = np.zeros((200, 400, 4), np.uint8)
    cv2.ellipse(mark, (200, 100), (180, 80), 0, 0, 360, (255, 255, 255, 200), 16, cv2.LINE_AA)
    return mark


class Stages:
    """Each step of the finishing room by itself."""

    def __init__(self, picture: Pixels, sign: Sign, read: ReadCredentials) -> None:
        self.picture, self.sign, self.read, self.mark = picture, sign, read, a_mark()
        self.finisher = Finisher(mark_key=KEY, sign=sign)
        self.payload = 0

    def common(self) -> dict[str, Callable[[], object]]:
        marked = embed(self.picture, 1, KEY)
        small = thumbnail(marked)
        file = encode(small, Format.JPEG, quality=80)
        return {
            "visible mark (when asked for)": lambda: apply_visible_mark(
                self.picture, self.mark, Placement()
            ),
            "invisible mark": lambda: embed(self.picture, self._next_payload(), KEY),
            "fingerprint (sha256)": lambda: fingerprint(self.picture),
            "PDQ": lambda: pdq(self.picture),
            "thumbnail: shrink": lambda: thumbnail(marked),
            "thumbnail: invisible mark": lambda: embed(small, self._next_payload(), KEY),
            "thumbnail: encode": lambda: encode(small, Format.JPEG, quality=80),
            "thumbnail: credentials": lambda: self.sign(file, "image/jpeg", _statement()),
            "(later) detect the invisible mark": lambda: detect(marked, KEY),
        }

    def of_format(self, format: Format) -> dict[str, Callable[[], object]]:
        file = encode(self.picture, format)
        signed = self.sign(file, format.media_type, _statement())
        return {
            "encode": lambda: encode(self.picture, format),
            "decode": lambda: decode(file),
            "credentials": lambda: self.sign(file, format.media_type, _statement()),
            "(later) read credentials": lambda: self.read(signed, format.media_type),
        }

    def whole(self, format: Format) -> dict[str, Callable[[], object]]:
        """What nobody can do without, and everything."""

        def chain() -> object:
            order = FinishOrder(format, payload=self._next_payload(), gen_id="g" * 20)
            return self.finisher.finish(self.picture, order)

        def floor() -> object:
            small = encode(thumbnail(self.picture), Format.JPEG, quality=80)
            return encode(self.picture, format), small

        return {"floor": floor, "chain": chain}

    def _next_payload(self) -> int:
        """A new one each time: tiles of a payload seen before would come from a cache."""
        self.payload += 1
        return self.payload


def _statement() -> Statement:
    return Statement(
        Words(author="Bench"), gen_id="g" * 20, model="sdxl", engine="sketch", payload=1
    )


class Composition:
    """The same result from public packages with their defaults."""

    def __init__(self, picture: Pixels, folder: Path) -> None:
        package = importlib.import_module("blind_watermark")
        package.bw_notes.close()
        self._new_mark: Callable[..., Any] = package.WaterMark
        self._picture = picture
        key = development_key(folder)
        self._info = c2pa.C2paSignerInfo(
            c2pa.C2paSigningAlg.ES256, key.chain.pem.encode(), key.key_pem.encode(), None
        )

    def whole(self, format: Format) -> dict[str, Callable[[], object]]:
        return {"composition": lambda: self.finish(format)}

    def finish(self, format: Format) -> bytes:
        """Mark, encode, hash, sign, thumbnail."""
        mark = self._new_mark(password_wm=1, password_img=1)
        mark.read_img(img=self._picture[..., ::-1].copy())
        mark.read_wm([bool(int(bit)) for bit in f"{123456789:048b}"], mode="bit")
        marked = np.clip(mark.embed(), 0, 255).astype(np.uint8)[..., ::-1].copy()
        picture = Image.fromarray(marked)
        file = io.BytesIO()
        quality = {} if format is Format.PNG else {"quality": 95}
        picture.save(file, format.value.upper(), **quality)
        with Image.open(file) as again:
            fingerprint(np.asarray(again.convert("RGB")))
        pdqhash.compute(marked)
        small = picture.copy()
        small.thumbnail((384, 384))
        small_file = io.BytesIO()
        small.save(small_file, "JPEG", quality=80)
        self._sign(small_file, "image/jpeg")
        return self._sign(file, format.media_type)

    def _sign(self, file: io.BytesIO, media_type: str) -> bytes:
        action = {
            "action": "c2pa.created",
            "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        }
        manifest = {
            "claim_generator_info": [{"name": "composition", "version": "1"}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
        }
        signed = io.BytesIO()
        file.seek(0)
        signer = c2pa.Signer.from_info(self._info)
        with c2pa.Builder(json.dumps(manifest)) as builder:
            builder.sign(signer, media_type, file, signed)
        return signed.getvalue()


def measure(rounds: int) -> dict[str, Any]:
    cv2.setNumThreads(1)
    picture, watch = scene(), Watch(rounds)
    with tempfile.TemporaryDirectory() as name:
        key = development_key(Path(name))
        trust = Trust.of([key.chain])
        sign = Sign(key, trust=trust)
        stages = Stages(picture, sign, ReadCredentials(trust))
        peer = _composition(picture, Path(name))
        return {
            "machine": _machine(),
            "rounds": rounds,
            "stages": watch.compare(stages.common()),
            "formats": {
                format.value: watch.compare(stages.of_format(format))
                | watch.compare(stages.whole(format))
                | ({} if peer is None else Watch(2).compare(peer.whole(format)))
                for format in Format
            },
            "composition": "measured" if peer else "skipped: blind-watermark is not installed",
        }


def _machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _composition(picture: Pixels, folder: Path) -> Composition | None:
    if importlib.util.find_spec("blind_watermark") is None:
        return None
    return Composition(picture, folder)


def show(found: dict[str, Any]) -> None:
    print(f"{WIDTH}x{HEIGHT}, milliseconds of processor time, best of {found['rounds']}")
    print(found["machine"])
    for name, taken in found["stages"].items():
        print(f"  {name:<36}{taken:>9.1f}")
    names = list(next(iter(found["formats"].values())))
    print(f"\n  {'':<36}" + "".join(f"{format:>10}" for format in found["formats"]))
    for name in names:
        row = "".join(f"{each[name]:>10.1f}" for each in found["formats"].values())
        print(f"  {name:<36}{row}")
    for label, over, under in (
        ("chain / floor", "chain", "floor"),
        ("composition / chain", "composition", "chain"),
    ):
        if over in names:
            row = "".join(
                f"{each[over] / each[under]:>10.1f}" for each in found["formats"].values()
            )
            print(f"  {label:<36}{row}")
    print(f"\ncomposition of public packages: {found['composition']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = measure(arguments.rounds)
    show(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

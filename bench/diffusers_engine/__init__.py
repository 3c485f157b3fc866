"""Our engine beside plain calls of diffusers: overhead with tiny weights, throughput on a GPU.

    python -m bench diffusers_engine [--quick]

Needs the extra `diffusers`. Without a GPU: the time of one picture through the engine and through
the bare pipeline, tiny SDXL weights, in turns. With one: SDXL (1024², 30 steps) and a model of
FLUX-schnell's shape (4 steps) at full size with random weights, in bf16, at batch 1, 4 and 8; the
other side calls `pipe(...)` once a picture. Also the time to switch LoRAs, the share of the chip's
matrix peak that our side reaches, and how close the pictures are.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from bench.runner import SKIPPED


def main() -> int:
    """Measure what this machine can."""
    if find_spec("torch") is None:
        print("The extra `diffusers` is not installed: pip install 'imgen[diffusers]'")
        return SKIPPED
    measure = import_module("bench.diffusers_engine.measure")  # it needs torch
    quick = "--quick" in sys.argv
    measure.overhead(3 if quick else 25)
    if not import_module("torch").cuda.is_available():
        print("No GPU here: throughput at full size was not measured.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        measure.throughput("sdxl", 30, 5.0, 1 if quick else 5, Path(folder))
        measure.throughput("flux-schnell", 4, 0.0, 1 if quick else 5, Path(folder))
    return 0

"""Our engine beside plain calls of diffusers: overhead with tiny weights, throughput on a GPU.

    python -m bench.diffusers_engine [--quick] [--rehearse] [--full-size-on-cpu]

Needs the extra `diffusers`. Without a GPU: the time of one picture through the engine and through
the bare pipeline, tiny SDXL weights, in turns. With one: SDXL (1024², 30 steps) and a model of
FLUX-schnell's shape (4 steps) at full size with random weights, in bf16, at batch 1, 4 and 8.
Beside it plain calls `pipe(...)`, one by one, and `pipe([...])` with a batch made up by hand. Also
the time to change LoRAs, the share of the chip's matrix peak, and how close the pictures are.

`--rehearse` walks the same lines on the CPU with tiny weights: its figures mean nothing.
`--full-size-on-cpu` paints with SDXL at full size once, and says what memory that took.
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
    if "--full-size-on-cpu" in sys.argv:
        fits = import_module("bench.diffusers_engine.fits")  # it needs torch, as all of these do
        fits.count_parameters()
        fits.fits()
    elif "--rehearse" in sys.argv:
        print("A rehearsal on the CPU with tiny weights: these figures mean nothing.")
        _throughput("rehearsal")
    else:
        _measure(quick="--quick" in sys.argv)
    return 0


def _measure(*, quick: bool) -> None:
    import_module("bench.diffusers_engine.overhead").overhead(3 if quick else 25)
    if import_module("torch").cuda.is_available():
        _throughput("quick" if quick else "full")
    else:
        print("No GPU here: throughput at full size was not measured (see --rehearse).")


def _throughput(kind: str) -> None:
    throughput = import_module("bench.diffusers_engine.throughput")
    for name in ("sdxl", "flux-schnell"):
        with tempfile.TemporaryDirectory() as folder:
            throughput.throughput(throughput.scene_of(kind, name), Path(folder))

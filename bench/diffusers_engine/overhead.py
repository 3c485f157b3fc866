"""What the engine adds to a pipeline's own time, with weights so small that it would show."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

import diffusers
import numpy as np
import torch

from bench.diffusers_engine.ask import one_by_one, ours, request
from imgen.engines.diffusers.engine import DiffusersEngine
from tests.engines.diffusers.tiny import make_weights


def overhead(rounds: int) -> None:
    """Tiny weights on the CPU, one thread; the engine and the bare pipeline in turns."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        weights = make_weights("sdxl", Path(folder) / "sdxl")
        engine = DiffusersEngine(device="cpu", batch=1, batch_window_ms=0)
        pipe = diffusers.StableDiffusionXLPipeline.from_pretrained(weights)
        pipe.set_progress_bar_config(disable=True)
        order = request(weights, seed=1, side=256, steps=20)
        sides: dict[str, list[float]] = {"ours": [], "bare": []}
        with asyncio.Runner() as runner:
            runner.run(ours(engine, [order]))
            one_by_one(pipe, [order])
            for number in range(rounds):
                for name in ("ours", "bare") if number % 2 else ("bare", "ours"):
                    began = time.perf_counter()
                    if name == "ours":
                        made = runner.run(ours(engine, [order]))[0]
                    else:
                        plain = one_by_one(pipe, [order])[0]
                    sides[name].append(time.perf_counter() - began)
    ratios = [one / other for one, other in zip(sides["ours"], sides["bare"], strict=True)]
    mine, theirs = (median(sides[name]) * 1000 for name in ("ours", "bare"))
    print(f"tiny SDXL, 256x256, 20 steps, CPU, {rounds} rounds in turns")
    print(f"  engine {mine:.0f} ms, bare {theirs:.0f} ms")
    print(f"  overhead {100 * (median(ratios) - 1):+.1f}% (median of the rounds' ratios)")
    gap = np.abs(made.image / 255.0 - plain).max() * 255
    print(f"  largest difference of a pixel: {gap:.2f} of 255")

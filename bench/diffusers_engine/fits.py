"""SDXL at full size on a CPU: that the configuration is right, and what it takes of the memory."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import psutil
import torch

from bench.diffusers_engine.ask import apart, one_by_one, ours, pictures, request
from bench.diffusers_engine.full_size import full_size, pipeline
from imgen.engines.diffusers.engine import DiffusersEngine
from imgen.engines.diffusers.options import read_options

_GIB = 1024**3
_NEEDED_GIB = 12
_SIDE, _STEPS = 256, 2


def parameters(name: str, folder: Path) -> dict[str, int]:
    """Component of an architecture → how many parameters it has; no weights are made.

    Args:
        folder: a new one, for the tokenizer's files.
    """
    parts = pipeline(name, folder, "meta").components.items()
    return {
        part: sum(one.numel() for one in module.parameters())
        for part, module in parts
        if isinstance(module, torch.nn.Module)
    }


def count_parameters() -> None:
    """Of the two architectures that the GPU's figures are about."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("sdxl", "flux-schnell"):
            counted = parameters(name, Path(folder) / name)
            told = ", ".join(f"{part} {count / 1e9:.2f}" for part, count in counted.items())
            print(f"{name}, billions of parameters: {told}")


def fits() -> None:
    """Make, load and paint, each in a process of its own, so that the peaks are theirs."""
    free = psutil.virtual_memory().available / _GIB
    if free < _NEEDED_GIB:
        print(f"SDXL at full size: not run, {free:.0f} GiB are free and {_NEEDED_GIB} needed")
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for task in (_make, _engine, _bare):
            process = multiprocessing.get_context("spawn").Process(target=task, args=(place,))
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit(f"{task.__name__} ended with {process.exitcode}")
        some = [np.load(place / "engine.npy")]
        mean, most = apart(some, [np.load(place / "bare.npy")])
        print(f"  apart by {mean:.3f} of 255 in the mean, 99% within {most:.2f}")


def _make(folder: Path) -> None:
    began = time.perf_counter()
    full_size("sdxl", folder / "sdxl", "cpu")
    _tell("made and saved", began)


def _asked(folder: Path) -> Any:
    options = {"dtype": "bfloat16"}
    return request(folder / "sdxl", seed=1, side=_SIDE, steps=_STEPS, options=options)


def _engine(folder: Path) -> None:
    engine = DiffusersEngine(device="cpu", batch_window_ms=0)
    order = _asked(folder)
    with asyncio.Runner() as runner:
        began = time.perf_counter()
        runner.run(ours(engine, [order]))
        _tell("engine, loading and one picture", began)
        began = time.perf_counter()
        made = runner.run(ours(engine, [order]))
        _tell("engine, one picture", began)
    np.save(folder / "engine.npy", pictures(made)[0])
    options = read_options(order.options)
    loaded = engine._resident.get(options)
    print(
        f"  size by the files {engine._size(options).whole / _GIB:.3f} GiB, "
        f"of the tensors {loaded.bytes() / _GIB:.3f} GiB; {json.dumps(made[0].info)}"
    )


def _bare(folder: Path) -> None:
    began = time.perf_counter()
    pipe = diffusers.StableDiffusionXLPipeline.from_pretrained(
        folder / "sdxl", torch_dtype=torch.bfloat16
    )
    pipe.set_progress_bar_config(disable=True)
    order = _asked(folder)
    one_by_one(pipe, [order])
    _tell("bare, loading and one picture", began)
    began = time.perf_counter()
    np.save(folder / "bare.npy", one_by_one(pipe, [order])[0])
    _tell("bare, one picture", began)


def _tell(what: str, began: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _GIB
    print(f"  {what}: {time.perf_counter() - began:.1f} s, peak memory {peak:.2f} GiB", flush=True)

"""What is measured, and how it is told."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import diffusers
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.diffusers_engine.full_size import full_size
from imgen.engines.diffusers.engine import DiffusersEngine
from imgen.engines.diffusers.options import read_options
from imgen.engines.protocol import EngineRequest, EngineResult, Lora, Task
from tests.engines.diffusers.tiny import make_lora, make_weights

PEAK_TFLOPS = {"H100": 989.0, "H200": 989.0, "A100": 312.0, "L40S": 362.0, "4090": 165.0}
"""Dense bf16, by the makers' data sheets."""
PROMPT = "a lighthouse on a cliff at dusk, warm light in the windows, waves"


def request(weights: Path, *, seed: int, side: int, steps: int, **changes: Any) -> EngineRequest:
    """One picture to make."""
    given: dict[str, Any] = {"guidance_scale": 5.0, **changes}
    options = {"weights": str(weights), **given.pop("options", {})}
    return EngineRequest(
        task=Task.TEXT_TO_IMAGE,
        model="measured",
        prompt=PROMPT,
        negative_prompt="",
        width=side,
        height=side,
        seed=seed,
        steps=steps,
        options=options,
        **given,
    )


def bare(pipe: Any, one: EngineRequest) -> Any:
    """What one would write without us."""

    return pipe(
        one.prompt,
        width=one.width,
        height=one.height,
        num_inference_steps=one.steps,
        guidance_scale=one.guidance_scale,
        generator=torch.Generator("cpu").manual_seed(one.seed),
        output_type="np",
    ).images[0]


async def ours(engine: Any, requests: list[EngineRequest]) -> list[EngineResult]:
    """All at once, as a worker's jobs come."""

    async def one(order: EngineRequest) -> EngineResult:
        result: EngineResult = await engine.run(order, lambda _step, _of: None)
        return result

    return list(await asyncio.gather(*map(one, requests)))


def overhead(rounds: int) -> None:
    """Tiny weights on the CPU: what the engine adds to a pipeline's own time."""

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        weights = make_weights("sdxl", Path(folder) / "sdxl")
        engine = DiffusersEngine(device="cpu", batch=1, batch_window_ms=0)
        pipe = diffusers.StableDiffusionXLPipeline.from_pretrained(weights)
        pipe.set_progress_bar_config(disable=True)
        order = request(weights, seed=1, side=256, steps=20)
        with asyncio.Runner() as runner:
            runner.run(ours(engine, [order]))
            bare(pipe, order)
            sides: dict[str, list[float]] = {"ours": [], "bare": []}
            for _ in range(rounds):
                began = time.perf_counter()
                made = runner.run(ours(engine, [order]))[0]
                between = time.perf_counter()
                plain = bare(pipe, order)
                sides["ours"].append(between - began)
                sides["bare"].append(time.perf_counter() - between)
    ratios = [one / other for one, other in zip(sides["ours"], sides["bare"], strict=True)]
    apart = np.abs(made.image / 255.0 - plain).max() * 255
    print(f"tiny SDXL, 256x256, 20 steps, CPU, {rounds} rounds in turns")
    mine, theirs = (median(sides[name]) * 1000 for name in ("ours", "bare"))
    print(f"  engine {mine:.0f} ms, bare {theirs:.0f} ms")
    print(f"  overhead {100 * (median(ratios) - 1):+.1f}% (median of the rounds' ratios)")
    print(f"  largest difference of a pixel: {apart:.2f} of 255")


def throughput(name: str, steps: int, guidance: float, rounds: int, folder: Path) -> None:
    """Full size on the GPU, at batch 1, 4 and 8, in turns with plain calls."""

    weights = full_size(name, folder / name)
    options = {"dtype": "bfloat16", "compile": True}
    engine = DiffusersEngine(device="cuda:0", batch=8, batch_window_ms=30)
    kind = "StableDiffusionXLPipeline" if name == "sdxl" else "FluxPipeline"
    pipe = getattr(diffusers, kind).from_pretrained(weights, torch_dtype=torch.bfloat16)
    pipe.to("cuda:0").set_progress_bar_config(disable=True)

    def asked(count: int) -> list[EngineRequest]:
        made: dict[str, Any] = {"guidance_scale": guidance, "options": options}
        return [request(weights, seed=at, side=1024, steps=steps, **made) for at in range(count)]

    with FlopCounterMode(display=False) as counted:
        bare(pipe, asked(1)[0])
    flops = counted.get_total_flops()
    chip = torch.cuda.get_device_name()
    peak = next((value for key, value in PEAK_TFLOPS.items() if key in chip), 0.0) * 1e12
    print(f"{name}, 1024x1024, {steps} steps, bf16, {chip}")
    with asyncio.Runner() as runner:
        for batch in (1, 4, 8):
            for _ in range(2):  # the first is plain and has the second compiled
                runner.run(ours(engine, asked(batch)))
                engine._compiler.wait()
            ratios, rates, apart = [], [], 0.0
            for _ in range(rounds):
                began = time.perf_counter()
                made = runner.run(ours(engine, asked(batch)))
                between = time.perf_counter()
                plain = [bare(pipe, one) for one in asked(batch)]
                ended = time.perf_counter()
                ratios.append((ended - between) / (between - began))
                rates.append(batch / (between - began))
                gaps = [
                    np.abs(a.image / 255.0 - b).mean() for a, b in zip(made, plain, strict=True)
                ]
                apart = max(apart, *gaps)
            rate = median(rates)
            share = f", {100 * rate * flops / peak:.0f}% of the peak" if peak else ""
            print(
                f"  batch {batch}: {rate:.2f} images/s, latency {batch / rate:.2f} s, "
                f"{median(ratios):.2f}x plain calls{share}; "
                f"mean difference {apart * 255:.2f} of 255"
            )
        loaded = engine._resident.get(read_options({"weights": str(weights), **options}))
        _switch_loras(loaded, weights, folder)


def _switch_loras(loaded: Any, weights: Path, folder: Path) -> None:
    """First loading, and then switching between two that are resident."""

    files = [
        make_lora(weights, folder / f"lora-{at}.safetensors", seed=at, rank=16) for at in (1, 2)
    ]
    loras = [Lora(f"lora-{at}", 0.8, str(file)) for at, file in enumerate(files)]
    times: dict[str, list[float]] = {"loaded": [], "switched": []}
    for number in range(12):
        began = time.perf_counter()
        loaded.adapters.apply((loras[number % 2],))
        torch.cuda.synchronize()
        name = "loaded" if number < 2 else "switched"
        times[name].append((time.perf_counter() - began) * 1000)
    for name, found in times.items():
        print(f"  LoRA {name}: {median(found):.0f} ms")

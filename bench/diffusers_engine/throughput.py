"""Pictures a second, beside plain calls of diffusers; and what changing LoRAs takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import diffusers
import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.diffusers_engine.ask import Picture, apart, by_hand, one_by_one, ours, pictures, request
from bench.diffusers_engine.full_size import full_size, make_lora
from imgen.engines.diffusers.engine import DiffusersEngine
from imgen.engines.diffusers.options import read_options
from imgen.engines.protocol import EngineRequest, Lora
from tests.engines.diffusers.tiny import make_weights

PEAK_TFLOPS = {
    "B200": 2250.0,
    "H100 PCIe": 756.0,
    "H100 NVL": 835.0,
    "H100": 989.0,
    "H200": 989.0,
    "A100": 312.0,
    "L40S": 362.0,
    "5090": 209.5,
    "4090": 165.2,
}
"""Dense bf16, by the makers' data sheets; the first name that fits counts."""
_PIPELINES = {"sdxl": "StableDiffusionXLPipeline", "flux-schnell": "FluxPipeline"}
_MORE: dict[str, dict[str, Any]] = {"flux-schnell": {"max_sequence_length": 256}}
"""Arguments of plain calls: schnell reads 256 tokens, which our engine knows by itself."""
_SWITCHES = 12
Way = Callable[[Sequence[EngineRequest]], list[Picture]]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is painted, and on what."""

    name: str
    """`sdxl` or `flux-schnell`."""
    steps: int
    guidance: float
    side: int
    """Of the square pictures, in pixels."""
    rounds: int
    batches: tuple[int, ...]
    device: str
    dtype: str
    tiny: bool
    """Weights of a few thousand numbers in place of those of full size."""

    def weights(self, folder: Path) -> Path:
        """Made new in a folder."""
        place = folder / self.name
        if self.tiny:
            return make_weights(self.name, place)
        return full_size(self.name, place, self.device)

    def asked(self, weights: Path, count: int) -> list[EngineRequest]:
        """Pictures that differ in their seeds."""
        return [
            request(
                weights,
                seed=seed,
                side=self.side,
                steps=self.steps,
                guidance_scale=self.guidance,
                options={"dtype": self.dtype},
            )
            for seed in range(count)
        ]


def scene_of(kind: str, name: str) -> Scene:
    """What is measured of a model.

    Args:
        kind: `full`, as the aims say; `quick`, a round of it; `rehearsal`, every line of it, small,
            on the CPU.
        name: `sdxl` or `flux-schnell`.
    """
    steps, guidance = (30, 5.0) if name == "sdxl" else (4, 0.0)
    batches = (1, 4, 8)
    if kind == "rehearsal":
        return Scene(name, min(steps, 3), guidance, 128, 2, batches, "cpu", "float32", tiny=True)
    rounds = 1 if kind == "quick" else 5
    return Scene(name, steps, guidance, 1024, rounds, batches, "cuda:0", "bfloat16", tiny=False)


def throughput(scene: Scene, folder: Path) -> None:
    """Each batch size in turns: our engine, compiled and not; calls one by one; batches by hand."""
    weights = scene.weights(folder)
    engine = DiffusersEngine(device=scene.device, batch=max(scene.batches), batch_window_ms=30)
    pipe = getattr(diffusers, _PIPELINES[scene.name]).from_pretrained(
        weights, torch_dtype=getattr(torch, scene.dtype)
    )
    pipe.to(scene.device).set_progress_bar_config(disable=True)
    more = _MORE.get(scene.name, {})
    with FlopCounterMode(display=False) as counted:
        one_by_one(pipe, scene.asked(weights, 1), **more)
    flops = counted.get_total_flops()
    chip = torch.cuda.get_device_name() if scene.device != "cpu" else "CPU"
    print(f"{scene.name}, {scene.side}x{scene.side}, {scene.steps} steps, {scene.dtype}, {chip}")
    print(f"  {flops / 1e12:.4g} TFLOP a picture")
    with asyncio.Runner() as runner:

        def engine_way(compiled: bool) -> Way:
            def paint(requests: Sequence[EngineRequest]) -> list[Picture]:
                engine._compile = compiled
                made = runner.run(ours(engine, requests))
                together = {one.info["batch"] for one in made}
                if together != {len(requests)}:
                    print(f"  (painted {together} at a time, of {len(requests)})")
                return pictures(made)

            return paint

        ways: dict[str, Way] = {
            "one by one": lambda requests: one_by_one(pipe, requests, **more),
            "by hand": lambda requests: by_hand(pipe, requests, **more),
            "ours": engine_way(False),
            "ours, compiled": engine_way(True),
        }
        for batch in scene.batches:
            requests = scene.asked(weights, batch)
            _warm_up(ways, requests, engine)
            _measure(ways, requests, scene.rounds, flops, _peak(chip))
    loaded = engine._resident.get(read_options(scene.asked(weights, 1)[0].options))
    _switch_loras(loaded, scene, folder)


def _warm_up(ways: dict[str, Way], requests: Sequence[EngineRequest], engine: Any) -> None:
    for name, way in ways.items():
        way(requests)
        if name == "ours, compiled":
            began = time.perf_counter()
            engine._compiler.wait()
            print(f"  batch {len(requests)}: compiled in {time.perf_counter() - began:.0f} s")
            way(requests)


def _measure(
    ways: dict[str, Way], requests: Sequence[EngineRequest], rounds: int, flops: int, peak: float
) -> None:
    """One table: what each way needs for a batch, in rounds of all, the order turning."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    made: dict[str, list[Picture]] = {}
    for number in range(rounds):
        names = list(ways)[number % len(ways) :] + list(ways)[: number % len(ways)]
        for name in names:
            began = time.perf_counter()
            made[name] = ways[name](requests)
            seconds[name].append(time.perf_counter() - began)
    for name, taken in seconds.items():
        rate = len(requests) / median(taken)
        ratio = median(plain / one for plain, one in zip(seconds["one by one"], taken, strict=True))
        mean, most = apart(made[name], made["one by one"])
        share = f", {100 * rate * flops / peak:.0f}% of the peak" if peak else ""
        print(
            f"  batch {len(requests)}, {name}: {rate:.2f} pictures/s, "
            f"latency {median(taken):.2f} s, {ratio:.2f}x one by one{share}; "
            f"apart from it by {mean:.2f} of 255 in the mean, 99% within {most:.1f}"
        )


def _peak(chip: str) -> float:
    return next((value * 1e12 for key, value in PEAK_TFLOPS.items() if key in chip), 0.0)


def _switch_loras(loaded: Any, scene: Scene, folder: Path) -> None:
    """Reading them for the first time, and then changing between two that are resident."""
    part = loaded.family.traits.denoiser
    loras = []
    for at in (1, 2):
        file = make_lora(loaded.denoiser, part, folder / f"lora-{at}.safetensors", seed=at)
        loras.append(Lora(f"lora-{at}", 0.8, str(file)))
    times: dict[str, list[float]] = {"loaded": [], "switched": []}
    for number in range(_SWITCHES):
        began = time.perf_counter()
        loaded.adapters.apply((loras[number % 2],))
        if scene.device != "cpu":
            torch.cuda.synchronize()
        name = "loaded" if number < len(loras) else "switched"
        times[name].append((time.perf_counter() - began) * 1000)
    for name, found in times.items():
        print(f"  LoRA {name}: {median(found):.0f} ms")

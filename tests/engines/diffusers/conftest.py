"""Weights for the engine's tests; those that paint are skipped without the extra `diffusers`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imgen.engines.protocol import EngineRequest, EngineResult, Progress, Task

Weights = Callable[[str], Path]
Ask = Callable[..., Awaitable[EngineResult]]


def ignore(step: int, of: int) -> None:
    """Progress that nobody watches."""
    assert 0 <= step <= of


def make_request(weights: Path | None = None, **changes: Any) -> EngineRequest:
    """A small landscape by the model in a folder; `options` come on top of its weights."""
    options = {"weights": str(weights)} if weights else {}
    plain = EngineRequest(
        task=Task.TEXT_TO_IMAGE,
        model="tiny",
        prompt="a lake in the mountains",
        negative_prompt="",
        width=96,
        height=64,
        seed=11,
        steps=3,
        guidance_scale=4.0,
    )
    return replace(plain, **{**changes, "options": {**options, **changes.get("options", {})}})


def picture(height: int = 64, width: int = 96) -> NDArray[np.uint8]:
    """A disc on a slope of colours."""
    rows, columns = np.mgrid[0:height, 0:width]
    image = np.stack([columns * 2, rows * 3, np.full_like(rows, 90)], axis=2).clip(0, 255)
    image[(rows - height // 2) ** 2 + (columns - width // 2) ** 2 < 18**2] = (210, 40, 40)
    return image.astype(np.uint8)


def disc(height: int = 64, width: int = 96) -> NDArray[np.uint8]:
    """A mask over the disc, with a soft edge."""
    rows, columns = np.mgrid[0:height, 0:width]
    away = np.hypot(rows - height // 2, columns - width // 2)
    return np.asarray(np.clip((24 - away) * 30, 0, 255), np.uint8)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    """Folders with the tiny weights of a family, each made once."""
    torch = pytest.importorskip("torch", reason="the extra `diffusers` is not installed")
    torch.set_num_threads(1)  # for work this small, threads only wait for each other
    from tests.engines.diffusers.tiny import make_weights

    root = tmp_path_factory.mktemp("weights")

    def find(name: str) -> Path:
        folder = root / name
        return folder if folder.exists() else make_weights(name, folder)

    return find


@pytest.fixture(scope="module")
def engine(weights: Weights) -> Any:
    """An engine on the CPU, kept for a module: what one test leaves must not disturb the next."""
    weights("sd15")
    from imgen.engines.diffusers.engine import DiffusersEngine

    return DiffusersEngine(device="cpu")


@pytest.fixture
def ask(engine: Any) -> Ask:
    """Ask that engine for a picture."""

    async def run(
        weights: Path | None = None, progress: Progress = ignore, **changes: Any
    ) -> EngineResult:
        result: EngineResult = await engine.run(make_request(weights, **changes), progress)
        return result

    return run

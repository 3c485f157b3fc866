"""The process that compiles, for real: a transformer without layers, so that it is soon done."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.engines.diffusers.conftest import Weights

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler"),
]


@pytest.fixture
def denoiser(weights: Weights) -> Any:
    weights("sd15")  # or it is skipped: the extra `diffusers` is not installed
    import diffusers
    import torch

    torch.manual_seed(0)
    return diffusers.FluxTransformer2DModel(
        patch_size=1,
        in_channels=8,
        num_layers=0,
        num_single_layers=0,
        attention_head_dim=8,
        num_attention_heads=1,
        joint_attention_dim=8,
        pooled_projection_dim=8,
        axes_dims_rope=[2, 2, 4],
        guidance_embeds=False,
    ).eval()


def _inputs(words: int = 4) -> dict[str, Any]:
    import torch

    return {
        "hidden_states": torch.randn(1, 6, 8),
        "timestep": torch.ones(1),
        "pooled_projections": torch.randn(1, 8),
        "encoder_hidden_states": torch.randn(1, words, 8),
        "txt_ids": torch.zeros(words, 3),
        "img_ids": torch.zeros(6, 3),
        "return_dict": False,
    }


def test_a_library_computes_the_same_and_is_kept_for_the_next_start(
    denoiser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from imgen.engines.diffusers.compiling import compile_apart as module

    folder = tmp_path / "compiled"
    given = _inputs()
    plan = module.plan_of(denoiser, (), given)
    module.compiled(plan, folder)
    monkeypatch.setattr(module, "_run", lambda _place: pytest.fail("it was compiled again"))
    forward = module.compiled(plan, folder)(denoiser)
    with torch.no_grad():
        assert torch.allclose(forward(**given)[0], denoiser(**given)[0], atol=1e-5)
    assert [file.name for file in folder.iterdir()] == [f"{plan.digest}.pt2"]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_damaged_library_is_made_anew(
    denoiser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imgen.engines.diffusers.compiling import compile_apart as module

    def run(_place: Path) -> None:
        raise RuntimeError("compiling")

    plan = module.plan_of(denoiser, (), _inputs())
    (tmp_path / f"{plan.digest}.pt2").write_bytes(b"damaged")
    monkeypatch.setattr(module, "_run", run)
    with pytest.raises(RuntimeError, match="compiling"):
        module.compiled(plan, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_compiled_is_told_apart_by_all_that_matters(denoiser: Any) -> None:
    import torch

    from imgen.engines.diffusers.compiling.compile_apart import plan_of

    plain = plan_of(denoiser, (), _inputs()).digest
    assert plan_of(denoiser, (), _inputs()).digest == plain
    assert plan_of(denoiser, (), _inputs(words=5)).digest != plain
    assert plan_of(denoiser.to(torch.bfloat16), (), _inputs()).digest != plain


def test_libraries_used_longest_ago_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="the extra `diffusers` is not installed")
    import os

    from imgen.engines.diffusers.compiling import compile_apart as module

    monkeypatch.setattr(module, "_MOST_KEPT", 2)
    for age, name in enumerate(("new", "old", "oldest")):
        file = tmp_path / f"{name}.pt2"
        file.touch()
        os.utime(file, (1000 - age, 1000 - age))
    module._drop_oldest(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["new.pt2", "old.pt2"]

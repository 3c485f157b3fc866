from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imgen.engines.diffusers import obstacle as module
from imgen.engines.diffusers.files.pull import needs
from imgen.engines.diffusers.files.weights import check_files, hub_name, locate, lora_file
from imgen.engines.diffusers.obstacle import obstacle
from imgen.engines.diffusers.options import read_options
from imgen.errors import Invalid, Unavailable
from tests.engines.diffusers.headers import Shapes, safetensors


def _pipeline(folder: Path, **files: str) -> Path:
    """A folder laid out like a pipeline; `unet=name` puts a file of that name there."""
    parts = {"unet": "diffusion_pytorch_model.safetensors", "vae": "model.safetensors", **files}
    folder.mkdir(parents=True)
    index = {"_class_name": "StableDiffusionPipeline", "safety_checker": [None, None]}
    for part, file in parts.items():
        (folder / part).mkdir()
        (folder / part / "config.json").write_text("{}")
        if file:
            (folder / part / file).write_bytes(safetensors())
    (folder / "model_index.json").write_text(
        json.dumps({**index, **{part: ["diffusers", "Kind"] for part in parts}})
    )
    return folder


@pytest.fixture(autouse=True)
def _nothing_cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.mark.parametrize(
    ("reference", "read"),
    [
        ("acme/meadow", ("acme", "meadow", "")),
        ("acme/meadow:a/b_4step.safetensors", ("acme", "meadow", "a/b_4step.safetensors")),
        ("/srv/meadow", None),
        ("sdxl/meadow.safetensors", None),
        ("sdxl/meadow.ckpt", None),
        ("acme/meadow-v1.5", ("acme", "meadow-v1.5", "")),
        ("./acme/meadow", None),
        ("../meadow", None),
        ("acme/meadow:../../etc/passwd", None),
        ("acme/..", None),
        ("a/b/c", None),
    ],
)
def test_names_on_a_hub_are_told_from_paths(
    reference: str, read: tuple[str, str, str] | None
) -> None:
    found = hub_name(reference)
    assert (found and (found.owner, found.name, found.file)) == read


@pytest.mark.parametrize("place", ["acme/meadow", "acme--meadow", "meadow"])
def test_pulled_weights_are_found_by_name(tmp_path: Path, place: str) -> None:
    folder = _pipeline(tmp_path / place)
    assert locate("acme/meadow", tmp_path) == folder


def test_a_file_in_a_folder_of_the_models_folder_is_found_and_never_asked_for(
    tmp_path: Path,
) -> None:
    file = tmp_path / "sdxl" / "meadow.safetensors"
    file.parent.mkdir()
    file.write_bytes(safetensors())
    options = read_options({"weights": "sdxl/meadow.safetensors", "config": "acme/base"})
    assert locate(options.weights, tmp_path) == file
    assert [need.repository for need in needs(options, tmp_path)] == ["acme/base"]


def test_snapshots_of_the_shared_cache_are_found(tmp_path: Path) -> None:
    root = tmp_path / "hub" / "models--acme--meadow"
    folder = _pipeline(root / "snapshots" / "abc")
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text("abc")
    assert locate("acme/meadow", None) == folder
    assert locate("acme/meadow", None, revision="abc") == folder


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="models pull"):
        locate("acme/meadow", tmp_path)
    with pytest.raises(Unavailable, match="not at"):
        locate(str(tmp_path / "gone"), tmp_path)


@pytest.mark.parametrize("suffix", [".bin", ".ckpt", ".pt", ".pth", ".PKL"])
def test_pickles_are_refused(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"weights{suffix}"
    file.write_bytes(b"x")
    with pytest.raises(Invalid, match="pickle"):
        locate(str(file), None)
    folder = _pipeline(tmp_path / "model", unet=f"diffusion_pytorch_model{suffix.lower()}")
    with pytest.raises(Invalid, match="pickle only"):
        check_files(folder)


def test_what_is_missing_in_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"no model_index\.json"):
        check_files(tmp_path)
    with pytest.raises(Unavailable, match=r"unet .* has no weights"):
        check_files(_pipeline(tmp_path / "bare", unet=""))
    whole = _pipeline(tmp_path / "whole")
    check_files(whole)
    shards = {"weight_map": {"a": "part-1.safetensors", "b": "part-2.safetensors"}}
    (whole / "unet" / "model.safetensors.index.json").write_text(json.dumps(shards))
    (whole / "unet" / "part-1.safetensors").write_bytes(safetensors())
    with pytest.raises(Unavailable, match=r"part-2\.safetensors"):
        check_files(whole)
    check_files(whole, without=("unet",))
    (whole / "vae" / "model.safetensors").write_bytes(safetensors()[:-1])
    with pytest.raises(Unavailable, match=r"model\.safetensors is cut off"):
        check_files(whole, without=("unet",))


def test_a_lora_is_one_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.safetensors").write_bytes(safetensors())
    assert lora_file(str(tmp_path / "one.safetensors"), None).name == "one.safetensors"
    with pytest.raises(Unavailable, match="2 safetensors files"):
        lora_file(str(tmp_path), None)
    named = tmp_path / "pytorch_lora_weights.safetensors"
    named.write_bytes(safetensors())
    assert lora_file(str(tmp_path), None) == named
    named.write_bytes(safetensors()[:-1])
    with pytest.raises(Unavailable, match="cut off"):
        lora_file(str(named), None)


def test_options_of_the_wrong_type_are_refused_and_unknown_ones_left_alone() -> None:
    assert read_options({"weights": "a", "gated": True, "true_cfg_scale": 2}).weights == "a"
    with pytest.raises(Invalid, match=r"options\.clip_skip must be a int"):
        read_options({"clip_skip": "two"})


def test_equal_options_share_what_is_loaded() -> None:
    one = {"weights": "a", "scheduler_options": {"x": 1, "y": [1]}}
    other = {"scheduler_options": {"y": [1], "x": 1}, "weights": "a", "gated": True}
    assert read_options(one).key == read_options(other).key
    assert read_options(one).key != read_options({"weights": "b"}).key


_FILES: dict[str, Shapes] = {
    "file": {"decoder.weight": (2,)},
    "unet": {"input_blocks.0.0.weight": (8, 4, 3, 3)},
    "sd2": {"input_blocks.0.0.weight": (8, 4, 3, 3), "cond_stage_model.model.ln.weight": (8,)},
    "lora": {"unet.to_q.lora_A.weight": (2, 8)},
}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "names no weights"),
        ({"weights": "acme/meadow"}, "models pull"),
        ({"weights": "good"}, ""),
        ({"weights": "good", "quantisation": "int9"}, "use fp8, int8, int4"),
        ({"weights": "good", "lora": "gone.safetensors"}, "not at"),
        ({"weights": "good", "unet": "acme/meadow:u.safetensors"}, "models pull"),
        ({"weights": "good", "controlnets": {"canny": "acme/edges"}}, "models pull"),
        ({"weights": "pickled"}, "pickle"),
        ({"weights": "good", "unet": "unet.safetensors"}, ""),
        ({"weights": "bare", "unet": "unet.safetensors"}, ""),
        ({"weights": "bare"}, "unet of"),
        ({"weights": "file.safetensors"}, "name options.pipeline and options.config"),
        ({"weights": "file.safetensors", "config": "good"}, "options.pipeline and options.config"),
        ({"weights": "file.safetensors", "config": "good", "pipeline": "FluxPipeline"}, ""),
        ({"weights": "unet.safetensors", "config": "bare"}, ""),
        ({"weights": "unet.safetensors", "config": "file.safetensors"}, "name a folder"),
        ({"weights": "unet.safetensors", "config": "./gone"}, "options.config names no folder"),
        ({"weights": "unet.safetensors"}, "from stable-diffusion-v1-5/stable-diffusion-v1-5"),
        ({"weights": "sd2.safetensors"}, "Stable Diffusion 2 in a single file: name options.conf"),
        ({"weights": "lora.safetensors"}, "is a LoRA"),
        ({"weights": "good", "unet": "lora.safetensors"}, "is a LoRA"),
        ({"weights": "cut.safetensors", "config": "good"}, "cut off"),
        ({"upscaler": "file.safetensors"}, ""),
        ({"weights": 7}, "must be a str"),
    ],
)
def test_what_stands_in_the_way_is_said_without_loading(
    options: dict[str, Any], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: name)
    _pipeline(tmp_path / "good")
    _pipeline(tmp_path / "pickled", unet="diffusion_pytorch_model.bin")
    _pipeline(tmp_path / "bare", unet="")
    for name, shapes in _FILES.items():
        (tmp_path / f"{name}.safetensors").write_bytes(safetensors(shapes))
    (tmp_path / "cut.safetensors").write_bytes(safetensors()[:-1])
    found = obstacle(options, {"models": str(tmp_path)})
    assert reason in found
    assert bool(reason) == bool(found)


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "torch" else name)
    assert "install the extra `diffusers`" in obstacle({"weights": "x"}, {})

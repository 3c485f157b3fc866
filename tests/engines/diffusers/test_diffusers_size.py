from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from imgen.engines.diffusers.files.size import Size
from imgen.engines.diffusers.files.source import find_source
from imgen.engines.diffusers.options import read_options
from tests.engines.diffusers.headers import Shapes, safetensors, sparse

UNET: Shapes = {"input_blocks.0.0.weight": (8, 4, 3, 3)}
"""288 numbers, of SD 1.5."""


def _pipeline(folder: Path, parts: dict[str, Shapes]) -> Path:
    for name, shapes in parts.items():
        (folder / name).mkdir(parents=True)
        sparse(folder / name / "model.safetensors", shapes)
    index = {"_class_name": "ZImagePipeline", **{name: ["diffusers", "Kind"] for name in parts}}
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def _size(options: Mapping[str, object], folder: Path, itemsize: int = 2) -> Size:
    read = read_options(options)
    return find_source(read, folder).size(read, itemsize)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    _pipeline(
        tmp_path / "meadow",
        {"transformer": {"a": (50, 20)}, "text_encoder": {"b": (3, 100)}, "vae": {"c": (7,)}},
    )
    return tmp_path


def test_numbers_count_as_what_they_are_loaded_as(models: Path) -> None:
    (models / "meadow" / "transformer" / "model.safetensors").write_bytes(
        safetensors({"a": (50, 20)})
    )  # in 8 bits, and loaded as 16 all the same
    found = _size({"weights": "meadow"}, models)
    assert found.parts == {"denoiser": 2000, "text_encoder": 600, "vae": 14}
    assert (found.whole, found.largest) == (2614, 2000)
    assert _size({"weights": "meadow"}, models, itemsize=4).whole == 2 * 2614


def test_quantisation_makes_the_denoiser_smaller(models: Path) -> None:
    found = _size({"weights": "meadow", "quantisation": "int4"}, models)
    assert found.parts == {"denoiser": 580, "text_encoder": 600, "vae": 14}


def test_one_variant_counts_and_what_is_never_loaded_does_not(models: Path) -> None:
    folder = models / "meadow"
    sparse(folder / "transformer" / "model.fp16.safetensors", {"a": (50, 10)})
    sparse(folder / "transformer" / "model.non_ema.safetensors", {"a": (50, 20)})
    sparse(folder / "everything.safetensors", {"a": (50, 200)})
    (folder / "safety_checker").mkdir()
    sparse(folder / "safety_checker" / "model.safetensors", {"a": (9,)})
    assert _size({"weights": "meadow"}, models).whole == 2614
    assert _size({"weights": "meadow", "variant": "fp16"}, models).whole == 1614


def test_a_file_that_replaces_the_denoiser_counts_instead(models: Path) -> None:
    sparse(models / "other.safetensors", UNET)
    options = {"weights": "meadow", "unet": str(models / "other.safetensors")}
    assert _size(options, models).parts == {"denoiser": 576, "text_encoder": 600, "vae": 14}


def test_a_checkpoint_counts_what_is_loaded_of_it(models: Path) -> None:
    unet = {f"model.diffusion_model.{name}": shape for name, shape in UNET.items()}
    encoder: Shapes = {"cond_stage_model.transformer.text_model.a": (10, 10)}
    vae: Shapes = {"first_stage_model.decoder.a": (4,)}
    file = models / "checkpoint.safetensors"
    options = {"weights": str(file), "config": "meadow"}
    sparse(file, {**unet, **encoder, **vae, "model_ema.a": (1000,)})
    found = _size(options, models)
    assert found.parts["denoiser"] == 576
    assert (found.whole, found.largest) == (576 + 200 + 8, 576)
    sparse(file, {**unet, **encoder})
    assert _size(options, models).whole == 576 + 200 + 14
    sparse(file, {**unet, **vae})  # its VAE is left aside
    assert _size(options, models).parts == {"denoiser": 576, "text_encoder": 600, "vae": 14}

"""Files that are damaged, or may not be read, keep one model away and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imgen.engines.diffusers.files import header
from imgen.engines.diffusers.files.contents import contents_of
from imgen.engines.diffusers.files.header import read_header
from imgen.engines.diffusers.files.source import find_source
from imgen.engines.diffusers.files.weights import check_files
from imgen.engines.diffusers.obstacle import obstacle
from imgen.engines.diffusers.options import read_options
from imgen.errors import Invalid, Unavailable
from tests.engines.diffusers.headers import safetensors

DEEP = "[" * 100_000
DAMAGED = (
    '{"weight_map": {"a"',
    '{"weight_map": 3}',
    '{"weight_map": [1]}',
    "{}",
    "[]",
    DEEP,
    "\0",
)


@pytest.fixture(autouse=True)
def _libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if they were installed and fitted each other: nothing here needs them."""
    monkeypatch.setattr("imgen.engines.diffusers.obstacle._PACKAGES", ())
    monkeypatch.setattr("imgen.engines.diffusers.obstacle.misfit", lambda: "")


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """A folder with all that is looked for before loading."""
    folder = tmp_path / "model"
    (folder / "unet").mkdir(parents=True)
    index = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "Kind"]}
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(safetensors())
    assert obstacle({"weights": str(folder)}, {}) == ""
    return folder


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_list_of_shards_is_named(text: str, pipeline: Path) -> None:
    (pipeline / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text(text)
    said = r"unet/diffusion_pytorch_model\.safetensors\.index\.json is damaged"
    with pytest.raises(Unavailable, match=said):
        check_files(pipeline)
    assert "is damaged" in obstacle({"weights": str(pipeline)}, {})


@pytest.mark.parametrize("text", [DEEP, "{", "\0"])
def test_a_damaged_index_is_named(text: str, pipeline: Path) -> None:
    (pipeline / "model_index.json").write_text(text)
    with pytest.raises(Unavailable, match=r"model_index\.json is damaged"):
        find_source(read_options({"weights": str(pipeline)}), None)
    assert "is damaged" in obstacle({"weights": str(pipeline)}, {})


@pytest.mark.parametrize(
    "text",
    [
        '{"a": ' + DEEP,
        '{"a": {"shape": [Infinity], "data_offsets": [0, 1]}}',
        '{"a": {"shape": [1], "data_offsets": {}}}',
        '{"a": {"shape": [1], "data_offsets": [0, NaN]}}',
    ],
)
def test_a_header_of_nonsense_is_no_safetensors(text: str, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(len(text).to_bytes(8, "little") + text.encode())
    with pytest.raises(Invalid, match=r"model\.safetensors is not a safetensors file"):
        read_header(file)
    assert "is not a safetensors file" in obstacle({"weights": str(file)}, {})


@pytest.mark.parametrize("shape", [(), (5,)])
def test_known_names_of_unknown_shapes_are_said(shape: tuple[int, ...], tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    context = "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
    shapes = {"input_blocks.0.0.weight": shape, context: ()}
    file.write_bytes(safetensors(shapes))
    with pytest.raises(Invalid, match="unknown shapes"):
        contents_of(file)


def _refusing(monkeypatch: pytest.MonkeyPatch, name: str, of: Callable[[Path], bool]) -> None:
    """A disk that does not let a method of paths through."""
    real: Any = getattr(Path, name)

    def refuse(path: Path, *given: Any, **named: Any) -> Any:
        if of(path):
            raise PermissionError(13, "Permission denied")
        return real(path, *given, **named)

    monkeypatch.setattr(Path, name, refuse)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("exists", "model"),
        ("is_dir", "unet"),
        ("iterdir", "unet"),
        ("read_text", "model_index.json"),
        ("open", "diffusion_pytorch_model.safetensors"),
    ],
)
def test_what_may_not_be_read_is_named(
    method: str, name: str, pipeline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = read_options({"weights": str(pipeline)})
    header._read.cache_clear()
    _refusing(monkeypatch, method, lambda path: path.name == name)
    with pytest.raises(Unavailable, match=rf"{name} cannot be read: Permission denied"):
        find_source(options, None).check()
    assert "cannot be read: Permission denied" in obstacle({"weights": str(pipeline)}, {})


def test_names_that_no_disk_takes_are_said() -> None:
    assert "cannot be read" in obstacle({"weights": "/" + "a" * 5000}, {})


def test_whatever_else_happens_keeps_one_model_away(
    pipeline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprise(*_given: Any) -> None:
        raise ArithmeticError("nobody thought of this\nand more")

    monkeypatch.setattr("imgen.engines.diffusers.obstacle.find_source", surprise)
    said = "its files cannot be read: ArithmeticError: nobody thought of this"
    assert obstacle({"weights": str(pipeline)}, {}) == said

"""Any text gets a vector; any usable folder is loaded; others are refused with a reason."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgen.errors import Unavailable
from imgen.library.embed.folder import BUILT_IN, read_folder
from imgen.library.embed.network import Network

NETWORK = Network(read_folder(BUILT_IN))


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_unicode_text_gets_a_finite_vector_of_length_one(text: str) -> None:
    vector = NETWORK.vectors([text])[0]
    assert vector.shape == (384,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_long_text_is_cut_at_the_models_limit() -> None:
    words = "a red barn in a field " * 500
    assert len(words) > 10_000
    cut, longer, other = NETWORK.vectors([words, words + "a submarine", "a submarine"])
    assert cut @ longer == pytest.approx(1, abs=1e-5)
    assert cut @ other < 0.5


def test_the_order_of_texts_is_kept_whatever_their_lengths() -> None:
    texts = ["a very long walk along the sea in the rain", "cat", "two dogs in a park", "sky"]
    together = NETWORK.vectors(texts)
    for text, vector in zip(texts, together, strict=True):
        assert NETWORK.vectors([text])[0] @ vector >= 0.99999


def test_the_shipped_files_are_those_that_the_meta_file_names() -> None:
    meta = json.loads((BUILT_IN / "meta.json").read_text())
    for name, checksum in meta["sha256"].items():
        assert hashlib.sha256((BUILT_IN / name).read_bytes()).hexdigest() == checksum


def export(folder: Path, **pooling: bool) -> Path:
    """A folder as sentence-transformers exports one: no meta.json, the model in `onnx/`."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "1_Pooling").mkdir()
    shutil.copyfile(BUILT_IN / "model.onnx", folder / "onnx" / "model.onnx")
    shutil.copyfile(BUILT_IN / "tokenizer.json", folder / "tokenizer.json")
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 8}')
    return folder


def test_an_exported_folder_without_our_meta_file_is_read(tmp_path: Path) -> None:
    folder = read_folder(export(tmp_path / "mine", pooling_mode_mean_tokens=True))
    assert folder.model_id.startswith("mine-")
    assert (folder.max_tokens, folder.pooling) == (8, "mean")
    short, long = Network(folder).vectors(
        ["one two three four five six", "one two three four five six seven"]
    )
    assert short @ long == pytest.approx(1, abs=1e-5)


def test_pooling_follows_the_folders_configuration(tmp_path: Path) -> None:
    first = Network(read_folder(export(tmp_path / "cls", pooling_mode_cls_token=True)))
    assert first.vectors(["a cat"])[0] @ NETWORK.vectors(["a cat"])[0] < 0.99


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    shutil.copytree(BUILT_IN, tmp_path / "model")
    with (tmp_path / "model" / "model.onnx").open("r+b") as file:
        file.seek(1000)
        file.write(b"oops")
    with pytest.raises(Unavailable, match="damaged"):
        read_folder(tmp_path / "model")


def test_a_folder_without_a_model_is_refused_by_the_missing_name(tmp_path: Path) -> None:
    shutil.copyfile(BUILT_IN / "tokenizer.json", tmp_path / "tokenizer.json")
    with pytest.raises(Unavailable, match=r"model\.onnx is missing"):
        read_folder(tmp_path)


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_a_broken_meta_file_is_refused(tmp_path: Path, content: str) -> None:
    folder = export(tmp_path / "x")
    (folder / "meta.json").write_text(content)
    with pytest.raises(Unavailable, match=r"meta\.json"):
        read_folder(folder)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    folder = export(tmp_path / "x")
    (folder / "onnx" / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(Unavailable, match="cannot be loaded"):
        Network(read_folder(folder))

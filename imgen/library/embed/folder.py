"""Reads what a folder with an ONNX sentence encoder says about itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from imgen.errors import Unavailable

Pooling = Literal["mean", "cls"]

BUILT_IN = Path(__file__).parent / "model"
"""The encoder that ships with imgen: all-MiniLM-L6-v2 in int8 (see docs/library-encoder.md)."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """Where an encoder's files are and how they are meant to be used."""

    model_id: str
    """Names the vectors. Without a `meta.json`: the folder's name and the model's checksum."""
    model: Path
    tokenizer: Path
    max_tokens: int
    """Longer texts are cut to this many tokens, the two at the ends included."""
    pooling: Pooling
    """How one vector is made of many: the mean over the tokens, or the first token's."""


def read_folder(folder: Path) -> ModelFolder:
    """Find the files of an encoder, either ours (`meta.json`) or as sentence-transformers exports.

    Looks for `model.onnx` or `onnx/model.onnx`, `tokenizer.json`, `1_Pooling/config.json` and
    `sentence_bert_config.json`; the last two may be missing (mean pooling, 256 tokens).

    Raises:
        imgen.errors.Unavailable: a file is missing, broken, or not the one that `meta.json` names.
    """
    tokenizer = _found(folder, "tokenizer.json")
    model = _found(folder, "model.onnx", "onnx/model.onnx")
    checksum = hashlib.sha256(model.read_bytes()).hexdigest()
    meta = _json(folder / "meta.json")
    expected = meta.get("sha256", {}).get(model.name, checksum)
    if expected != checksum:
        raise Unavailable(f"The encoder's {model} is damaged: its checksum is not the stated one.")
    pooling = _json(folder / "1_Pooling" / "config.json")
    stated = "cls" if pooling.get("pooling_mode_cls_token") else "mean"
    if meta.get("pooling", stated) not in ("mean", "cls"):
        raise Unavailable(f"The encoder in {folder} asks for a pooling other than mean or cls.")
    limits = _json(folder / "sentence_bert_config.json")
    return ModelFolder(
        model_id=str(meta.get("model_id", f"{folder.resolve().name}-{checksum[:8]}")),
        model=model,
        tokenizer=tokenizer,
        max_tokens=int(meta.get("max_tokens", limits.get("max_seq_length") or 256)),
        pooling="cls" if meta.get("pooling", stated) == "cls" else "mean",
    )


def _found(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise Unavailable(f"There is no encoder in {folder}: {names[0]} is missing.")


def _json(path: Path) -> dict[str, Any]:
    """The object in a file; empty when there is no such file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise Unavailable(f"{path} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise Unavailable(f"{path} does not hold a JSON object.")
    return content

"""What was found out about a picture that somebody else's program made."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import PureWindowsPath
from typing import Any

from imgen.library.caption.plain import plain_terms

LONGEST_TEXT = 8_000
"""Characters of a prompt or caption that are kept."""
_LONGEST_NAME = 200
_LARGEST_SEED = 2**63 - 1
_TAG = re.compile(r"<(?:lora|lyco|hypernet|lora-block)[\w-]*:[^<>]{0,300}>", re.IGNORECASE)
_BREAK = re.compile(r"\s*\bBREAK\b\s*")
_MODEL_FILE = re.compile(r"\.(?:safetensors|ckpt|pth?|gguf|bin|sft)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """What one source says; empty where it says nothing."""

    prompt: str = ""
    negatives: tuple[str, ...] = ()
    """One term each, without weights."""
    caption: str = ""
    model: str = ""
    style: str = ""
    character: str = ""
    seed: int | None = None
    steps: int | None = None
    width: int | None = None
    """Pixels, of the generation; the file may have been enlarged since."""
    height: int | None = None

    def or_else(self, other: Found | None) -> Found:
        """This, with its gaps filled from another source."""
        if other is None:
            return self
        gaps = {
            field.name: getattr(other, field.name)
            for field in fields(self)
            if getattr(self, field.name) in {"", (), None}
        }
        return replace(self, **gaps)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return self == Found()


def as_prompt(value: Any) -> str:
    """A prompt on one line, without references to networks, which name files and not things."""
    text = _BREAK.sub(", ", _TAG.sub(" ", as_text(value, LONGEST_TEXT)))
    parts = [" ".join(part.split()) for part in text.split("\n")]
    line = ", ".join(part.strip(", ") for part in parts if part.strip(", "))
    return re.sub(r"(?:\s*,){2,}", ",", line).strip(" ,")


def as_negatives(value: Any) -> tuple[str, ...]:
    """The terms of a negative prompt: one text, or a list of them."""
    texts = value if isinstance(value, list | tuple) else [value]
    joined = ",".join(as_text(text, LONGEST_TEXT) for text in texts[:500])
    return tuple(term.lstrip("- ") for term in plain_terms(joined) if term.lstrip("- "))


def as_line(value: Any, longest: int = _LONGEST_NAME) -> str:
    """A short text on one line; empty for anything that is no text."""
    return " ".join(as_text(value, longest).split())


def as_model(value: Any) -> str:
    """A model's name: without folders and without the ending of its file."""
    name = PureWindowsPath(as_line(value)).name
    return _MODEL_FILE.sub("", name)


def as_number(value: Any, largest: int = _LARGEST_SEED) -> int | None:
    """A whole number from 0 to `largest`, also where it is written as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,20}\s*", value, re.ASCII):
        value = int(value)
    return value if isinstance(value, int) and 0 <= value <= largest else None


def as_text(value: Any, longest: int) -> str:
    """A text that can be stored: no control characters but line breaks, no lone surrogates."""
    if not isinstance(value, str):
        return ""
    text = value[:longest].replace("\r\n", "\n").replace("\r", "\n")
    if not text.isprintable():
        text = "".join(map(_storable, text))
    return text.strip()


def first_text(values: Iterable[Any]) -> str:
    """The first of several values that is a text with something in it."""
    return next((text for text in (as_text(value, LONGEST_TEXT) for value in values) if text), "")


def _storable(character: str) -> str:
    if character == "\n":
        return character
    category = unicodedata.category(character)
    if category == "Cs":
        return ""
    return " " if category == "Cc" else character

"""What `generate`, `generate/product` and `generate/logo` bring to a prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass

from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import Model
from imgen.prompts.compose import explicit_negatives, fold
from imgen.prompts.enhance import LONGEST_PROMPT
from imgen.prompts.syntax import split_terms

_QUOTED = re.compile(r"[\"“«„][^\"”»“]+[\"”»“]|(?<!\w)'[^']+'(?!\w)")
_PLAIN = "plain"
"""Adds no words: this surface has no field for a style, so a prompt says what it says."""


@dataclass(frozen=True, slots=True)
class Preset:
    """An endpoint's habits. What a client says goes first, and wins."""

    operation: str
    """Name in the request log."""
    side: int = 512
    """Width and height where a request gives none, in pixels."""
    style: str = _PLAIN
    """Key of the catalog."""
    composition: tuple[str, ...] = ()
    """Terms after the client's own."""
    negatives: tuple[str, ...] = ()
    """Terms after the client's own."""
    wordless: tuple[str, ...] = ()
    """Further negatives where the prompt quotes no words that are to be written."""
    cut_out: bool = False
    """Whether `transparent` is honoured."""


GENERATE = Preset("generate")
PRODUCT = Preset(
    "generate/product",
    side=1024,
    style="product",
    composition=(
        "close-up",
        "whole product in frame",
        "slight three-quarter view",
        "bright even light",
        "true-to-life colours",
    ),
    negatives=("cropped", "duplicate", "hands", "watermark", "colour cast", "blurry"),
    wordless=("text",),
    cut_out=True,
)
LOGO = Preset(
    "generate/logo",
    side=1024,
    style="logo",
    composition=(
        "single emblem",
        "strong silhouette",
        "few solid colours",
        "generous margin",
        "legible at small size",
    ),
    negatives=("mockup", "drop shadow", "3d", "photorealistic", "frame", "watermark", "blurry"),
    wordless=("text", "letters", "signature"),
    cut_out=True,
)


@dataclass(frozen=True, slots=True)
class Wording:
    """What an engine is to be told, and in which style."""

    style: str
    """Key of a style that the model offers."""
    positive: str
    negative: str


def worded(
    preset: Preset, catalog: Catalog, model: Model, *, positive: str, negative: str
) -> Wording:
    """A request's words with those of the preset, each once; the request's own are all kept.

    A model that does not offer the preset's style is given that style's words instead.
    """
    style = catalog.styles[preset.style]
    taken = catalog.takes(model, style.key)
    wordless = () if _QUOTED.search(positive) else preset.wordless
    wanted = fold(positive)
    negatives = [
        term
        for term in (*preset.negatives, *wordless, *(() if taken else style.negatives))
        if not re.search(rf"\b{re.escape(fold(term))}\b", wanted)
    ]
    return Wording(
        style=style.key if taken else _PLAIN,
        positive=_extended(positive, (*(() if taken else style.positive), *preset.composition)),
        negative=", ".join(dict.fromkeys((*explicit_negatives(negative), *negatives))),
    )


def _extended(positive: str, terms: tuple[str, ...]) -> str:
    """The prompt, and as many of the terms as are new and fit."""
    said = {fold(term) for term in split_terms(positive)}
    for term in terms:
        longer = f"{positive}, {term}" if positive else term
        if fold(term) not in said and len(longer) <= LONGEST_PROMPT:
            positive = longer
            said.add(fold(term))
    return positive

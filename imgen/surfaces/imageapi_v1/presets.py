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
_SPELLINGS = (("color", "colour"), ("photo realistic", "photorealistic"), ("gray", "grey"))


@dataclass(frozen=True, slots=True)
class Preset:
    """An endpoint's habits. What a client says goes first, and wins."""

    operation: str
    """Name in the request log."""
    side: int = 512
    """Width and height where a request gives none, in pixels."""
    style: str = ""
    """Key of the catalog; empty: the words of the prompt choose among the model's styles."""
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
    negatives=("cropped", "duplicate", "hands", "text", "watermark", "colour cast", "blurry"),
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
    style = catalog.styles.get(preset.style)
    spare = style if style is not None and style.key not in model.styles else None
    wordless = () if _QUOTED.search(positive) else preset.wordless
    wanted = fold(positive)
    negatives = [
        term
        for term in (*preset.negatives, *wordless, *(spare.negatives if spare else ()))
        if not re.search(rf"\b{re.escape(fold(term))}\b", wanted)
    ]
    return Wording(
        style=style.key if style and not spare else _style_said(positive, catalog, model),
        positive=_extended(positive, (*(spare.positive if spare else ()), *preset.composition)),
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


def _style_said(positive: str, catalog: Catalog, model: Model) -> str:
    """The style that a prompt names (`a watercolor of a fox`), else the model's default.

    This surface has no field for it, and the default's words would contradict the prompt's.
    """
    text = f" {_plain(positive)} "
    for style in catalog.styles_of(model):
        names = [style.positive[0]] if style.positive else []
        if len(style.label) > len("Logo"):
            names.append(style.label)  # `oil`, `ink`, `3D`, `logo` mean too many other things
        if any(f" {_plain(name)} " in text for name in names):
            return style.key
    return model.default_style


def _plain(text: str) -> str:
    """Words alone, in British spelling."""
    plain = " ".join(re.findall(r"[a-z0-9]+", text.casefold()))
    for other, ours in _SPELLINGS:
        plain = re.sub(rf"{other}", ours, plain)
    return plain

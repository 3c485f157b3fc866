"""Loading and checking the catalog: built-in files first, then an operator's own over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import Look, Model
from imgen.catalog.layers import Layers, RawEntry
from imgen.catalog.options import check_options
from imgen.catalog.problems import Problem, nearest, refuse
from imgen.catalog.shapes import SHAPES

BUILTIN = Path(__file__).parent / "builtin"
"""The folder of the catalog that ships with imgen."""


def load_catalog(extra: Sequence[Path] = ()) -> Catalog:
    """The built-in catalog with an operator's files or folders laid over it, in that order.

    Args:
        extra: TOML files, or folders whose `*.toml` files make one layer together.

    Raises:
        imgen.errors.Invalid: something is wrong; the message lists every problem, a line each.
    """
    catalog, problems = _read([BUILTIN, *extra])
    refuse(problems, "The catalog has", code="catalog_invalid")
    return catalog


def check_catalog(paths: Sequence[Path] = ()) -> list[Problem]:
    """Everything that is wrong with the catalog that `load_catalog(paths)` would give.

    Whether an engine can run a model here is not asked.
    """
    return _read([BUILTIN, *paths])[1]


def _read(paths: Iterable[Path]) -> tuple[Catalog, list[Problem]]:
    layers = Layers()
    for path in paths:
        layers.lay(path)
    problems = layers.problems
    made = {
        section: _entries(section, layers.entries[section], problems) for section in layers.entries
    }
    catalog = Catalog(
        models=made["models"],
        styles=made["styles"],
        characters=made["characters"],
        quality_words=frozenset(layers.quality_words),
        looks=made["looks"],
    )
    for key, model in catalog.models.items():
        raw = layers.entries["models"][key]
        problems += _check_model(model, raw, layers.entries["styles"])
    for look in catalog.looks.values():
        problems += _check_look(look, layers, catalog)
    if not layers.entries["models"]:
        problems.append(Problem(BUILTIN, "models", "no model is left.", "Keep or add one."))
    return catalog, problems


def _entries(section: str, raws: dict[str, RawEntry], problems: list[Problem]) -> dict[str, Any]:
    """The section's entries that can be made; what is wrong with the others joins `problems`."""
    entries = {}
    for key, raw in raws.items():
        entry, wrongs = SHAPES[section].read(raw.table, key=key)
        problems += [
            Problem(raw.file, f"{section}.{key}{wrong.at}", wrong.message, wrong.fix)
            for wrong in wrongs
        ]
        if entry is not None:
            entries[key] = entry
    return entries


def _check_model(model: Model, raw: RawEntry, styles: Iterable[str]) -> Iterable[Problem]:
    """What is wrong between a model's fields, and between it and the styles."""
    place = f"models.{model.key}"
    known = list(styles)
    for index, style in enumerate(model.styles):
        if style not in known:
            meant = nearest(style, known)
            fix = f"Did you mean {meant!r}?" if meant else f"Add [styles.{style}] or leave it out."
            yield Problem(raw.file, f"{place}.styles[{index}]", f"there is no {style!r}.", fix)
    if model.default_style not in model.styles:
        message = f"{model.default_style!r} is not one of the model's styles."
        fix = f"Add it to `styles`, or use one of {', '.join(model.styles)}."
        yield Problem(raw.file, f"{place}.default_style", message, fix)
    for index, size in enumerate(model.sizes):
        if size[0] % model.multiple_of or size[1] % model.multiple_of:
            message = f"{size[0]}×{size[1]} is not a multiple of {model.multiple_of}."
            fix = "Correct the size, or `multiple_of`."
            yield Problem(raw.file, f"{place}.sizes[{index}]", message, fix)
    if -(-model.min_side // model.multiple_of) > model.max_side // model.multiple_of:
        message = (
            f"no multiple of {model.multiple_of} lies in {model.min_side} to {model.max_side}."
        )
        yield Problem(raw.file, f"{place}.max_side", message, "Raise it above `min_side`.")
    for task in model.task_prices:
        if task not in model.tasks:
            message = "the model does not do this."
            fix = "Add it to `tasks`, or leave the price out."
            yield Problem(raw.file, f"{place}.task_prices.{task}", message, fix)
    for index, way in enumerate(model.ways):
        at = f"{place}.fallbacks[{index - 1}]" if index else place
        for option, wrong in check_options(way.engine, way.options):
            where = f"{at}.options.{option}{wrong.at}"
            yield Problem(raw.file, where, wrong.message, wrong.fix)


def _check_look(look: Look, layers: Layers, catalog: Catalog) -> Iterable[Problem]:
    """What is wrong between a look and the styles, models and looks that it must fit."""
    file, place = layers.entries["looks"][look.key].file, f"looks.{look.key}"
    for name, section, wanted in (
        ("style", "styles", look.style),
        ("model", "models", look.model),
    ):
        known = layers.entries[section]
        if wanted and wanted not in known:
            meant = nearest(wanted, known)
            fix = f"Did you mean {meant!r}?" if meant else f"Add [{section}.{wanted}]."
            yield Problem(file, f"{place}.{name}", f"there is no {wanted!r}.", fix)
    style, model = catalog.styles.get(look.style), catalog.models.get(look.model)
    if style and not style.any_model and not (model and look.style in model.styles):
        message = f"{model.key if model else 'the default model'} may not offer {style.key!r}."
        fix = f"Write `any_model = true` in [styles.{style.key}]."
        yield Problem(file, f"{place}.style", message, fix)
    if look.style_id is not None:
        first = catalog.look_numbered(look.style_id)
        if first is not None and first.key != look.key:
            message = f"{look.style_id} is the number of {first.key!r} already."
            yield Problem(file, f"{place}.style_id", message, "Use another number.")

"""The LoRAs that a catalog's characters and styles name, and whether they are here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import LoraReference, Model
from imgen.engines.diffusers.files.weights import lora_file
from imgen.errors import ImgenError


@dataclass(frozen=True, slots=True)
class NamedLora:
    """A LoRA, and who has it."""

    of: str
    """`@kim` or `style chalk`."""
    lora: LoraReference


def loras_of(catalog: Catalog, model: Model | None = None) -> list[NamedLora]:
    """All of the catalog, or those that pictures of a model can be made with."""
    styles = [
        style
        for style in catalog.styles.values()
        if model is None or catalog.takes(model, style.key)
    ]
    found = [
        *((f"@{one.key}", one.lora) for one in catalog.characters.values()),
        *((f"style {one.key}", one.lora) for one in styles),
    ]
    return [
        NamedLora(of, lora)
        for of, lora in found
        if lora is not None and (model is None or lora.fits(model))
    ]


def lora_obstacle(lora: LoraReference, models: Path) -> str:
    """Why a LoRA cannot be used here, in one clause; empty when it can."""
    try:
        lora_file(lora.reference, models)
    except ImgenError as error:
        return error.message
    return ""

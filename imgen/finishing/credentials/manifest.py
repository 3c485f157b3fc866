"""Words the statement that is signed: what made the picture, out of what, and for whom.

Follows the C2PA specification 2.x (actions v2, soft binding), the Creator Assertions Working
Group's metadata assertion 1.1 (`cawg.metadata`), and IPTC's digital source types and AI fields
(Photo Metadata 2025.1). The prompt is never part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from imgen.finishing.credentials.words import Words, vendor_label

GENERATOR = "imgen"
_VERSION = version("imgen")  # read once: each reading parses the package's metadata file
SOFT_BINDING = "imgen.invisimark.1"
"""The name of the invisible mark's algorithm in the soft binding."""
DEFAULT_TITLE = "AI image"
MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/avif")
"""What credentials can be put into, and what can be an ingredient."""

_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_CONTEXT = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
}

Json = dict[str, Any]


class Origin(StrEnum):
    """How a picture came to be."""

    CREATED = "created"
    """By a model, out of words."""
    EDITED = "edited"
    """A model changed or extended an input picture."""
    ENHANCED = "enhanced"
    """An input picture, only enlarged, sharpened or cut out."""
    CONVERTED = "converted"
    """A finished picture, delivered again in another format, with other words or a mark."""

    @property
    def source_type(self) -> str:
        """IPTC's digital source type, as a URL; empty where the ingredient tells it."""
        return {
            Origin.CREATED: _SOURCE + "trainedAlgorithmicMedia",
            Origin.EDITED: _SOURCE + "compositeWithTrainedAlgorithmicMedia",
            Origin.ENHANCED: _SOURCE + "algorithmicallyEnhanced",
            Origin.CONVERTED: "",
        }[self]


class Relationship(StrEnum):
    """What an ingredient was to the picture."""

    PARENT = "parentOf"
    """The picture that was edited. At most one."""
    COMPONENT = "componentOf"
    """A picture that can be seen in it."""
    INPUT = "inputTo"
    """A guide to the model: a mask, a pose, a style reference."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A file that the picture was made from. Credentials inside it are kept."""

    data: bytes
    media_type: str
    """One of `MEDIA_TYPES`."""
    relationship: Relationship = Relationship.PARENT
    title: str = "Input picture"


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that the credentials of one file say."""

    words: Words
    """The request's, laid over the deployment's."""
    gen_id: str = ""
    model: str = ""
    """The model's public name."""
    engine: str = ""
    """The engine that ran it: `sketch`, `diffusers`, …"""
    origin: Origin = Origin.CREATED
    ingredients: tuple[Ingredient, ...] = ()
    visible_mark: bool = False
    payload: int | None = None
    """48 bits in the invisible mark, or None where there is none."""
    thumbnail: bool = False
    """The file is the small version of the picture."""


def definition(statement: Statement, media_type: str) -> Json:
    """The manifest in the JSON that the C2PA library takes.

    Args:
        statement: what to say.
        media_type: of the file that it will be put into.
    """
    assertions = [_actions(statement), _metadata(statement)]
    if statement.payload is not None:
        assertions.append(_soft_binding(statement.payload))
    manifest: Json = {
        "claim_generator_info": [{"name": GENERATOR, "version": _VERSION}],
        "title": statement.words.title or DEFAULT_TITLE,
        "format": media_type,
        "assertions": assertions,
    }
    if label := vendor_label(statement.words.vendor):
        manifest["vendor"] = label
    return manifest


def ingredient_definition(ingredient: Ingredient, number: int) -> Json:
    """One ingredient in the JSON that the C2PA library takes."""
    return {
        "title": ingredient.title,
        "relationship": ingredient.relationship.value,
        "label": ingredient_label(number),
    }


def ingredient_label(number: int) -> str:
    """The name by which an action refers to the ingredient."""
    return f"ingredient_{number}"


def _actions(statement: Statement) -> Json:
    actions = [*_first_actions(statement), *_later_actions(statement)]
    return {"label": "c2pa.actions.v2", "data": {"actions": actions}}


def _first_actions(statement: Statement) -> list[Json]:
    parents = _labels(statement, Relationship.PARENT)
    inputs = _labels(statement, Relationship.INPUT)
    actions: list[Json] = []
    if not parents:
        actions.append(_made("c2pa.created", statement, inputs))
    else:
        actions.append(_action("c2pa.opened", ingredients=parents))
        if statement.origin is Origin.CONVERTED:
            actions.append(_action("c2pa.converted"))
        else:
            actions.append(_made("c2pa.edited", statement, inputs))
    if components := _labels(statement, Relationship.COMPONENT):
        actions.append(_action("c2pa.placed", ingredients=components))
    return actions


def _later_actions(statement: Statement) -> list[Json]:
    """In the order of the finishing room."""
    actions: list[Json] = []
    if statement.visible_mark:
        actions.append(_action("c2pa.edited", description="A visible mark was laid over it"))
    if statement.payload is not None:
        actions.append(_action("c2pa.watermarked.bound"))
    if statement.thumbnail:
        actions.append(_action("c2pa.resized.proportional"))
    return actions


def _made(name: str, statement: Statement, inputs: list[str]) -> Json:
    action = _action(name, ingredients=inputs)
    source_type = statement.origin.source_type
    if source_type:
        action["digitalSourceType"] = source_type
    elif name == "c2pa.created":
        action["digitalSourceType"] = Origin.CREATED.source_type
    if statement.engine:
        action["softwareAgent"] = {"name": statement.engine}
    return action


def _action(name: str, *, ingredients: list[str] | None = None, description: str = "") -> Json:
    action: Json = {"action": name}
    if ingredients:
        action["parameters"] = {"ingredientIds": ingredients}
    if description:
        action["description"] = description
    return action


def _labels(statement: Statement, relationship: Relationship) -> list[str]:
    return [
        ingredient_label(number)
        for number, ingredient in enumerate(statement.ingredients)
        if ingredient.relationship is relationship
    ]


def _metadata(statement: Statement) -> Json:
    words = statement.words
    data: Json = {"@context": _CONTEXT, "dc:title": words.title or DEFAULT_TITLE}
    if words.author:
        data["dc:creator"] = [words.author]
    if words.description:
        data["dc:description"] = words.description
    if words.organization:
        data["dc:publisher"] = [words.organization]
    if words.vendor:
        data["plus:ImageSupplier"] = [{"plus:ImageSupplierName": words.vendor}]
    if statement.gen_id:
        data["dc:identifier"] = statement.gen_id
    if statement.model:
        data["Iptc4xmpExt:AISystemUsed"] = statement.model
    if statement.origin.source_type:
        data["Iptc4xmpExt:DigitalSourceType"] = statement.origin.source_type
    return {"label": "cawg.metadata", "kind": "Json", "data": data}


def _soft_binding(payload: int) -> Json:
    """Lets whoever reads the mark out of a stripped file find these credentials again."""
    return {
        "label": "c2pa.soft-binding",
        "data": {"alg": SOFT_BINDING, "blocks": [{"scope": {}, "value": f"{payload:012x}"}]},
    }

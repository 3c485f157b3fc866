"""What can be asked for: models, styles and characters, as data that an operator may edit."""

from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import Character, Look, LoraReference, Model, Size, Style
from imgen.catalog.load import check_catalog, load_catalog
from imgen.catalog.problems import Problem

__all__ = [
    "Catalog",
    "Character",
    "Look",
    "LoraReference",
    "Model",
    "Problem",
    "Size",
    "Style",
    "check_catalog",
    "load_catalog",
]

"""Which family a pipeline belongs to, by the name of its class: a plain table."""

from __future__ import annotations

from imgen.engines.diffusers.families.family import Family
from imgen.engines.diffusers.families.flux import Flux
from imgen.engines.diffusers.families.flux2 import DEV, KLEIN
from imgen.engines.diffusers.families.qwen_image import QwenImage
from imgen.engines.diffusers.families.sd15 import Sd15
from imgen.engines.diffusers.families.sdxl import Sdxl
from imgen.engines.diffusers.families.z_image import ZImage
from imgen.errors import Invalid

FAMILIES: tuple[Family, ...] = (Sd15(), Sdxl(), Flux(), DEV, KLEIN, QwenImage(), ZImage())
"""All that this engine runs."""
_OF_CLASS = {name: family for family in FAMILIES for name in family.traits.pipelines.values()} | {
    "LatentConsistencyModelPipeline": FAMILIES[0],
}


def family_of(pipeline: str) -> Family:
    """The family of a diffusers pipeline class.

    Raises:
        imgen.errors.Invalid: none that this engine knows.
    """
    if pipeline not in _OF_CLASS:
        known = ", ".join(family.traits.pipelines["text_to_image"] for family in FAMILIES)
        raise Invalid(
            f"This engine has no pipeline {pipeline or '(none named)'}; it has {known}",
            field="pipeline",
        )
    return _OF_CLASS[pipeline]

"""From this surface's lenient words to the core's strict ones, and from a job to `meta`."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, TypeVar

from imgen import clock
from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import Model
from imgen.engines.registry import Registry
from imgen.errors import Unavailable
from imgen.finishing.credentials.words import Words
from imgen.finishing.encode import Format
from imgen.finishing.visible import POSITIONS, Placement
from imgen.generation.job import Job
from imgen.generation.outcome import Completed, StoredFile
from imgen.generation.request import GenerationRequest
from imgen.ids import CACHE_PREFIX
from imgen.prompts.syntax import ParsedPrompt, format_prompt, parse
from imgen.storage.links import Links
from imgen.surfaces.imgen_v2.wire import Generate

DIMENSIONS = (
    (1344, 768),
    (1024, 1024),
    (768, 1344),
    (1216, 832),
    (832, 1216),
    (1152, 896),
    (896, 1152),
)
"""Width and height of the pictures that this surface makes; the first is the fallback."""

_FALLBACK_POSITION = "bottom-right"
_LONGEST_PRECOMPLIANCE = 2000
_HIGHEST_SEED = 2**32
_T = TypeVar("_T")


def pick_model(catalog: Catalog, engines: Registry, wanted: str) -> Model:
    """The model asked for, else `eros`; the first that can run here where that one cannot.

    Raises:
        imgen.errors.Unavailable: no model can run here.
    """
    asked = catalog.models.get(wanted, catalog.first_model)
    for model in (asked, *catalog.models.values()):
        if not engines.obstacle(model):
            return model
    raise Unavailable("No model can run here; see `imgen check`")


def to_request(
    body: Generate, prompt: ParsedPrompt, model: Model, *, mark_key: str = ""
) -> GenerationRequest:
    """What the core is asked to make.

    Args:
        mark_key: where the client's watermark has been stored.
    """
    width, height = _one_of(DIMENSIONS, (body.width, body.height))
    return GenerationRequest(
        prompt=format_prompt(prompt),
        model=model.key,
        style=body.style if body.style in model.styles else model.default_style,
        width=width,
        height=height,
        seed=secrets.randbelow(_HIGHEST_SEED),
        steps=model.steps,
        guidance_scale=model.guidance_scale,
        negative=body.negative.strip(),
        format=_format(body.format),
        quality=body.quality,
        lossless=body.lossless,
        compliance_ruleset=body.compliance_ruleset.strip() or "default",
        precompliance=body.precompliance[:_LONGEST_PRECOMPLIANCE],
        mark_key=mark_key,
        placement=Placement(
            position=_one_of((_FALLBACK_POSITION, *POSITIONS), body.wm_position),
            scale=body.wm_scale,
            transparency=body.wm_transparency,
            rotation=body.wm_rotation,
            padding_x=body.wm_padding_x,
            padding_y=body.wm_padding_y,
        ),
        words=Words(
            author=body.cs_author,
            title=body.cs_title,
            description=body.cs_description,
            organization=body.cs_organization,
            vendor=body.cs_vendor,
        ),
    )


def models_reply(catalog: Catalog, engines: Registry) -> dict[str, Any]:
    """The reply to `models`."""
    return {
        "characters": sorted(catalog.characters),
        "models": {
            model.key: {
                "label": model.label,
                "default_style": model.default_style,
                "styles": {style.key: {"label": style.label} for style in catalog.styles_of(model)},
                "available": not engines.obstacle(model),
            }
            for model in catalog.models.values()
        },
    }


async def meta(job: Job, done: Completed, links: Links, *, link_seconds: int) -> dict[str, Any]:
    """Everything that the document shows of a finished picture, and what else shaped it."""
    request, repeated = job.request, is_repeat(job)
    return {
        "id": job.id,
        "gen_id": job.gen_id,
        "time": clock.rfc3339(job.finished_at or job.created_at),
        "prompt": request.prompt,
        "positive": done.positive,
        "negative": done.negative,
        "character": parse(request.prompt).character,
        "model": request.model,
        "style": request.style,
        "width": done.image.width,
        "height": done.image.height,
        "format": request.format,
        "quality": request.quality,
        "lossless": request.lossless,
        "optimized": request.optimized,
        "compliance": "safe" if repeated else done.compliance,
        "compliance_codes": done.compliance_codes,
        "compliance_detectors": done.compliance_detectors,
        "compliance_ruleset": request.compliance_ruleset,
        "precompliance": request.precompliance,
        "fingerprint": done.fingerprint,
        "images": [
            await _image(done.image, "signed", links, link_seconds, named=not repeated),
            await _image(done.thumbnail, "thumbnail", links, link_seconds, named=not repeated),
        ],
        "enable_invisimark": done.invisible_mark,
        "enable_c2pa": done.content_credentials,
        "compute_pdq": bool(done.pdq),
        "pdq": done.pdq,
        "pdq_quality": done.pdq_quality,
        **_placement(request.placement),
        **_words(request.words),
        "seed": request.seed,
        "steps": request.steps,
        "guidance_scale": request.guidance_scale,
        "engine": done.engine,
        "ignored": done.ignored,
    }


def is_repeat(job: Job) -> bool:
    """Whether a picture of the library answers this job."""
    return job.id.startswith(CACHE_PREFIX)


async def _image(
    file: StoredFile, kind: str, links: Links, link_seconds: int, *, named: bool
) -> dict[str, str]:
    """The document shows repeats without file names."""
    url = await links.url(file.key, expires_in=link_seconds)
    return {"url": url, "filename": file.filename if named else "", "type": kind}


def _placement(mark: Placement) -> dict[str, Any]:
    return {
        "wm_position": mark.position,
        "wm_scale": mark.scale,
        "wm_transparency": mark.transparency,
        "wm_rotation": mark.rotation,
        "wm_padding_x": mark.padding_x,
        "wm_padding_y": mark.padding_y,
    }


def _words(words: Words) -> dict[str, str]:
    return {
        "cs_author": words.author,
        "cs_title": words.title,
        "cs_description": words.description,
        "cs_organization": words.organization,
        "cs_vendor": words.vendor,
    }


def _format(wanted: str) -> Format:
    return Format(_one_of([format.value for format in (Format.JPEG, *Format)], wanted))


def _one_of(known: Iterable[_T], wanted: _T) -> _T:
    """The wanted one if it is known, else the first: this surface's silent fallback."""
    known = tuple(known)
    return wanted if wanted in known else known[0]

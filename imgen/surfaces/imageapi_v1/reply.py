"""The bodies that ImageAPI v1 answers with."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from imgen.accounts.plans.records import Plan
from imgen.accounts.usage.read import Counts, Usage
from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import Model
from imgen.generation.choose import STAND_IN, ChooseModel
from imgen.http.surface import JsonResponse
from imgen.surfaces.imageapi_v1.translate import storage_words


def success(data: dict[str, Any], request_id: str) -> Response:
    """What the document shows around every good answer."""
    return JsonResponse({"success": True, "data": data, "request_id": request_id})


def models(catalog: Catalog, choose: ChooseModel) -> dict[str, Any]:
    """Every model, whether it can be asked for here, and if not, why."""
    return {"models": [_model(model, choose) for model in catalog.models.values()]}


def _model(model: Model, choose: ChooseModel) -> dict[str, Any]:
    available, reason = choose.available(model)
    shown: dict[str, Any] = {
        "slug": model.key,
        "name": model.label,
        "description": model.description,
        "available": available,
    }
    if reason:
        shown["reason"] = reason
    if reason and available:
        shown["stand_in"] = STAND_IN
    return shown


def usage(use: Usage) -> dict[str, Any]:
    """The counts and what the plan leaves; `null` where the plan has no limit."""
    return {
        "usage": {"today": _counts(use.today), "this_month": _counts(use.this_month)},
        "plan": None if use.plan is None else _plan(use.plan, use),
    }


def _counts(counts: Counts) -> dict[str, int]:
    return {"requestCount": counts.requests, "imageCount": counts.images}


def _plan(plan: Plan, use: Usage) -> dict[str, Any]:
    return {
        "name": plan.name,
        "slug": plan.slug,
        "requests_per_month": plan.requests_per_month,
        "requests_per_day": plan.requests_per_day,
        "remaining_today": use.left_today,
        "remaining_month": use.left_this_month,
        "requests_per_minute": plan.requests_per_minute,
        "remaining_minute": use.left_this_minute,
        "images_per_month": plan.images_per_month,
        "remaining_images": use.images_left_this_month,
        "concurrency": plan.concurrency,
        "batch_size": plan.batch_size,
        "batch_concurrency": plan.batch_concurrency,
        "storage": storage_words(plan),
    }

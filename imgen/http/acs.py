"""`POST /acs/review`: judges a picture for another deployment. docs/acs.md is the contract."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen.accounts.records import Caller
from imgen.compliance.audit.entry import ELSEWHERE
from imgen.compliance.review import Review
from imgen.compliance.signal import Signal
from imgen.compliance.subject import LONGEST_PRECOMPLIANCE, Subject
from imgen.compliance.verdict import Verdict
from imgen.errors import Invalid
from imgen.http.body import json_object
from imgen.http.fields import Body, read_fields
from imgen.http.gate import Gate
from imgen.http.surface import JsonResponse
from imgen.verification.picture import Limits, open_picture

PATH = "/acs/review"
SCOPE = "acs"
"""What a restricted key needs."""
_AT_ONCE = 4
"""Pictures that are opened at once: each can take some hundred megabytes."""
_LARGEST_BODY = 16 * 1024 * 1024
_LIMITS = Limits(most_bytes=12 * 1024 * 1024, most_pixels=36_000_000)
_DATA_URI = re.compile(r"data:image/[\w.+-]{1,40};base64,", re.IGNORECASE)


class ReviewBody(Body):
    """What is asked."""

    image: str = Field(min_length=1)
    kind: Literal["generated", "edited", "upload", "imported"] = "generated"
    prompt: str = Field("", max_length=20_000)
    negative: str = Field("", max_length=20_000)
    precompliance: str = ""
    ruleset: str = ""
    reference: str = Field("", max_length=200)


def acs_route(gate: Gate, review: Review) -> Route:
    """The route. For whoever has an API key; each review counts as a request of its plan.

    Args:
        review: it asks no external reviewer itself, so that no two can ask each other for ever.
    """
    review = review.without("acs")
    turn = asyncio.Semaphore(_AT_ONCE)

    async def serve(request: Request) -> Response:
        async with gate.visit(request, surface=SCOPE) as visit:
            body = read_fields(ReviewBody, await json_object(request, limit=_LARGEST_BODY))
            ruleset = body.ruleset.strip() or "default"
            await visit.admit("review", {"kind": body.kind, "ruleset": ruleset})
            async with turn:
                image = await asyncio.to_thread(_picture, body.image)
                verdict = await review(_subject(body, image, visit.caller), ruleset)
        return JsonResponse(to_wire(verdict))

    return Route(PATH, serve, methods=["POST"])


def to_wire(verdict: Verdict) -> dict[str, object]:
    """A verdict as the contract has it."""
    flagged = "flagged" if verdict.codes else "safe"
    return {
        "verdict": "unsafe" if verdict.blocked else flagged,
        "reason": verdict.reason,
        "filter_categories": verdict.categories,
        "compliance_codes": verdict.codes,
        "floor": verdict.floor,
        "ruleset": verdict.ruleset,
        "ruleset_version": verdict.ruleset_version,
        "detectors": verdict.detectors,
        "findings": [
            {
                "rule": one.rule,
                "name": one.name,
                "category": one.category,
                "severity": one.severity,
                "action": one.action,
            }
            for one in verdict.findings
        ],
        "signals": [_told(one) for one in verdict.signals],
    }


def _told(signal: Signal) -> dict[str, object]:
    """Of a known picture, only that it is known: a distance would lead a way out of the list."""
    known = signal.name.startswith("hash.")
    return {
        "name": signal.name,
        "score": 1.0 if known else signal.score,
        "detector": signal.detector,
        "detail": "" if known else signal.detail,
    }


def _subject(body: ReviewBody, image: NDArray[np.uint8], caller: Caller) -> Subject:
    return Subject(
        body.kind,
        image,
        prompt=body.prompt,
        negative=body.negative,
        precompliance=body.precompliance[:LONGEST_PRECOMPLIANCE],
        account_id=caller.account_id,
        job_id=ELSEWHERE + body.reference,
    )


def _picture(text: str) -> NDArray[np.uint8]:
    try:
        data = base64.b64decode(_DATA_URI.sub("", text, count=1), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("image must be a picture file in base64", field="image") from None
    return open_picture(data, _LIMITS).pixels

from __future__ import annotations

import json

import pytest

from imgen.errors import (
    Conflict,
    Exhausted,
    Forbidden,
    ImgenError,
    Internal,
    Invalid,
    NotFound,
    TimedOut,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Upstream,
)
from imgen.surfaces.imagine.errors import NoCredits, render

CASES: list[tuple[ImgenError, int, int]] = [
    (Unauthenticated("x", code="missing"), 1000, 400),
    (Unauthenticated("x", code="unknown"), 1001, 401),
    (Unauthenticated("x", code="expired"), 1002, 406),
    (Forbidden("x", code="scope"), 1005, 401),
    (Forbidden("x", code="suspended"), 1007, 401),
    (Forbidden("x", code="no_plan"), 1007, 401),
    (Forbidden("x", code="model_not_in_plan"), 1100, 400),
    (Invalid("x"), 1100, 400),
    (Invalid("x", code="unsupported_media_type"), 1100, 415),
    (Invalid("x", code="method_not_allowed"), 1100, 405),
    (Invalid("x", code="idempotency_mismatch"), 1100, 422),
    (NotFound("x"), 1100, 404),
    (Conflict("x"), 1100, 409),
    (TooLarge("x"), 1100, 413),
    (NoCredits("x", cost=5, remaining=3), 1101, 402),
    (Upstream("x"), 1200, 503),
    (Unavailable("x"), 1200, 503),
    (TimedOut("x"), 1200, 503),
    (Internal("x"), 1200, 500),
    (Exhausted("x"), 1202, 429),
]


@pytest.mark.parametrize(("error", "code", "status"), CASES)
def test_every_error_has_the_familys_code(error: ImgenError, code: int, status: int) -> None:
    reply = render(error)
    body = json.loads(bytes(reply.body))
    assert (body["code"], reply.status_code) == (code, status)
    assert body["status"] == "error"
    assert body["message"] == "x"
    assert body["error"]


def test_what_it_would_have_cost_is_told() -> None:
    reply = render(NoCredits("x", cost=5, remaining=3))
    assert json.loads(bytes(reply.body))["credits"] == {"cost": 5, "remaining": 3}
    assert reply.headers["x-credits-cost"] == "5"
    assert reply.headers["x-credits-remaining"] == "3"


def test_the_field_at_fault_is_named() -> None:
    assert json.loads(bytes(render(Invalid("x", field="cfg")).body))["field"] == "cfg"

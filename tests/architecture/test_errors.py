"""Every kind of error is worded by every surface: none can fall through."""

from __future__ import annotations

import inspect
import json

import pytest

from imgen import errors
from imgen.errors import ImgenError, Kind
from imgen.http import root
from imgen.surfaces.account import errors as account
from imgen.surfaces.cache_api import errors as cache_api
from imgen.surfaces.imageapi_v1 import errors as imageapi_v1
from imgen.surfaces.imagine import errors as imagine
from imgen.surfaces.imgen_v2 import errors as imgen_v2

_CLASSES = [
    one
    for _, one in inspect.getmembers(errors, inspect.isclass)
    if issubclass(one, ImgenError) and one is not ImgenError
]
_RENDERERS = {
    "account": account.render,
    "cache-api": cache_api.render,
    "imageapi-v1": imageapi_v1.render,
    "imagine": imagine.render,
    "imgen-v2": imgen_v2.render,
    "root": root._render,
}


def test_every_kind_has_one_class() -> None:
    assert sorted(one.kind for one in _CLASSES) == sorted(Kind)


def test_the_docstring_draws_the_whole_tree() -> None:
    assert errors.__doc__ is not None
    missing = [one.__name__ for one in _CLASSES if f" {one.__name__} " not in errors.__doc__]
    assert missing == []


@pytest.mark.parametrize("surface", sorted(_RENDERERS))
@pytest.mark.parametrize("kind", _CLASSES, ids=lambda one: one.__name__)
def test_a_surface_words_every_error_as_json(surface: str, kind: type[ImgenError]) -> None:
    reply = _RENDERERS[surface](kind("What went wrong", retry_after=2.4))
    assert 400 <= reply.status_code < 600
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["retry-after"] == "3"
    assert json.loads(bytes(reply.body))["error"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("no_credits", 402),
        ("method_not_allowed", 405),
        ("unsupported_media_type", 415),
        ("idempotency_mismatch", 422),
        ("headers_too_large", 431),
    ],
)
def test_errors_of_http_itself_mean_the_same_everywhere(code: str, status: int) -> None:
    for render in _RENDERERS.values():
        assert render(errors.Invalid("x", code=code)).status_code == status

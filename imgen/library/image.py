"""A picture as the library knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

Source = Literal["generated", "imported"]


@dataclass(frozen=True, slots=True)
class NewImage:
    """A picture that enters the library. Its files are in the object store already."""

    id: str
    """20 characters of `[a-z0-9]`; the gen_id of a generated picture."""
    account_id: str | None
    """Who owns it; None: the operator."""
    shared: bool
    """Whether every account sees it, or its owner alone."""
    source: Source
    prompt: str
    """The positive text that the user wrote, without `@character` and `-terms`."""
    negatives: tuple[str, ...]
    """`-terms` and the negative field, one term each."""
    caption: str
    """What the picture shows, in a sentence."""
    model: str
    """Catalog keys, or what an imported file says; empty: unknown."""
    style: str
    character: str
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    format: str
    """jpeg, png, webp or avif."""
    image_key: str
    """In the object store."""
    thumbnail_key: str
    """In the object store."""
    fingerprint: str
    """SHA-256 of the delivered pixels, 64 hex characters."""
    model_version: str = ""
    character_version: str = ""
    seed: int | None = None
    pdq: str = ""
    """64 hex characters; empty: not computed."""
    pdq_quality: int | None = None
    """0 to 100."""
    ruleset: str = ""
    ruleset_version: str = ""
    compliance: str = "unreviewed"
    served: Mapping[str, Any] | None = field(default=None, hash=False)
    """What a repeat is answered with, as JSON; None: it is never a v2 cache hit."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture in the library."""

    id: str
    account_id: str | None
    shared: bool
    prompt: str
    negatives: list[str]
    caption: str
    model: str
    style: str
    character: str
    width: int
    height: int
    format: str
    seed: int | None
    image_key: str
    thumbnail_key: str
    fingerprint: str
    served: Mapping[str, Any] | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """A picture and how well it answers a query."""

    image: Image
    score: float
    """Cosine similarity, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is restricted to. Empty texts restrict nothing, unless it is strict."""

    account_id: str
    """Whose search it is: the shared pictures and this account's own are seen."""
    model: str = ""
    style: str = ""
    character: str = ""
    strict: bool = False
    """Whether model, style and character must be equal, an empty one included."""


def prompt_key(prompt: str) -> bytes:
    """16 bytes that are equal for prompts that differ in case, spacing or the order of terms."""
    terms = sorted(filter(None, (" ".join(term.split()) for term in prompt.casefold().split(","))))
    return blake2b(",".join(terms).encode(), digest_size=16).digest()

"""The bodies of the Cache API, and the image object that it answers with."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from imgen.http.fields import Body, Integer
from imgen.library.image import Image
from imgen.storage.links import Links

Query = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Filter = Annotated[str, Field(max_length=200)]
SearchIn = Literal["both", "caption", "prompt"]


class Search(Body):
    """`POST /api/search`."""

    query: Query | None = None
    image: str = ""
    """Ours: a picture as a data URI, in place of `query`."""
    character: Filter = ""
    model: Filter = ""
    style: Filter = ""
    search_in: SearchIn = "both"
    limit: Annotated[Integer, Field(ge=1, le=50)] = 10
    offset: Annotated[Integer, Field(ge=0, le=1000)] = 0
    """Ours: best matches to leave out."""
    min_score: Annotated[float, Field(strict=False, ge=0, le=1)] = 0.0
    """Ours: the score that a match must reach."""


class Generate(Body):
    """`POST /api/generate`."""

    prompt: Query
    character: Filter = ""
    model: Filter = ""
    style: Filter = ""
    search_in: SearchIn = "both"


async def image_object(image: Image, links: Links, *, link_seconds: int) -> dict[str, Any]:
    """The image object of the document, without its score."""
    return {
        "id": image.id,
        "url": await links.url(image.image_key, expires_in=link_seconds),
        "thumbnail": await links.url(image.thumbnail_key, expires_in=link_seconds),
        "width": image.width,
        "height": image.height,
        "character": image.character,
        "model": image.model,
        "style": image.style,
        "prompt": image.prompt,
        "caption": image.caption,
    }

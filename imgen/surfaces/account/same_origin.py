"""Tell a page of ours from a page of somebody else's that a browser sends our cookie for.

The cookie is `SameSite=Lax`, which leaves sister domains and older browsers; so what changes
anything is also asked where it comes from. A page cannot choose these two headers.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from imgen.errors import Forbidden

_SAFE = {"GET", "HEAD"}


def refuse_other_origins(request: Request, own: str, *, signed_in: bool) -> None:
    """Let a call through that changes nothing, or that comes from our own origin.

    Args:
        own: our origin as clients know it; where a proxy hides it, the request's own host counts.
        signed_in: whether a cookie came along. Then a call that names no origin is refused too:
            every browser names one, and programs that keep cookies can.

    Raises:
        imgen.errors.Forbidden: code `other_origin`.
    """
    if request.method in _SAFE:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin"
    elif origin is not None:
        ours = origin == own or _host_of(origin) == request.headers.get("host", "").lower()
    else:
        ours = not signed_in
    if not ours:
        raise Forbidden(
            f"Sessions work from pages of {own} only; programs send Origin: {own}, or use an API"
            " key",
            code="other_origin",
        )


def origin_of(url: str) -> str:
    """`https://img.example.com/x` → `https://img.example.com`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower() or "(none)"
    except ValueError:
        return "(none)"

"""`Idempotency-Key` where a reply holds a secret: the thing is made once, the secret shown once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import Response

from imgen.http.idempotency import REPLAYED, Holder, Once, digest_of
from imgen.http.surface import JsonResponse
from imgen.surfaces.account.door import Member

Make = Callable[[], Awaitable[tuple[dict[str, Any], str]]]


async def created(
    request: Request,
    by: Member,
    once: Once,
    *,
    payload: Mapping[str, object],
    make: Make,
    secret: str,
) -> Response:
    """201 with what was made, and its secret.

    A repeat of the call makes nothing: it gets the same answer with null in the secret's place,
    since no secret is kept, and the header `Idempotent-Replayed`.

    Args:
        payload: what was sent.
        make: makes it; gives what may be kept of it, and its secret.
        secret: the name under which the reply shows that.

    Raises:
        imgen.errors.Invalid: a bad key, or (code `idempotency_mismatch`) another payload.
        imgen.errors.Conflict: the first call with this key is still running.
    """
    shown: str | None = None

    async def act() -> Response:
        nonlocal shown
        kept, shown = await make()
        return JsonResponse(kept, status_code=201)

    key = request.headers.get("idempotency-key")
    if key is None:
        answer = await act()
    else:
        holder = Holder(
            scope=f"{by.person.user_id} {by.account_id}",
            account_id=by.account_id,
            request_id=request.scope["state"]["request_id"],
        )
        place = f"{request.method} {request.url.path}"
        answer = await once(key, digest_of(place, payload), holder, act)
    body = from_json(bytes(answer.body)) | {secret: shown}
    headers = {REPLAYED: "true"} if REPLAYED in answer.headers else {}
    return JsonResponse(body, status_code=answer.status_code, headers=headers)

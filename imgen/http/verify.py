"""`POST /verify`: send any picture, hear whether it is ours."""

from __future__ import annotations

import time
from collections import OrderedDict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen.errors import Exhausted
from imgen.http.body import read
from imgen.http.surface import JsonResponse
from imgen.verification.picture import Limits
from imgen.verification.report import to_json
from imgen.verification.verify import Verify

_A_MINUTE = 30
_MOST_CLIENTS = 10_000


def verify_route(verify: Verify) -> Route:
    """The route. Open to everyone, so that a stranger can check a picture; rate-limited.

    The body is the picture itself, whatever its content type.
    """
    limit = PerMinute(_A_MINUTE)

    async def serve(request: Request) -> Response:
        limit.count(request.client.host if request.client else "")
        data = await read(request, limit=Limits().most_bytes)
        report = await verify(data, file=request.query_params.get("file", "")[:200])
        return JsonResponse(to_json(report))

    return Route("/verify", serve, methods=["POST"])


class PerMinute:
    """A limit for each client address and minute, in this process.

    Args:
        most: requests that one address may send in a minute.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: OrderedDict[tuple[str, int], int] = OrderedDict()

    def count(self, client: str) -> None:
        """Count one request.

        Raises:
            imgen.errors.Exhausted: it is one too many.
        """
        minute, second = divmod(int(time.time()), 60)
        used = self._counts.get((client, minute), 0)
        if used >= self._most:
            raise Exhausted(
                f"At most {self._most} pictures a minute can be verified", retry_after=60 - second
            )
        self._counts[client, minute] = used + 1
        while len(self._counts) > _MOST_CLIENTS:
            self._counts.popitem(last=False)

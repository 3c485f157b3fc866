"""`POST /webhooks/runpod/{token}`: RunPod says that a job ended; who waits looks at once."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen.database.pool import Database
from imgen.engines.runpod.nudges import CHANNEL, PATH, is_token


def runpod_webhook_route(database: Database, secret: bytes) -> Route:
    """The route. Its body is not read: the status is asked of RunPod itself.

    Args:
        secret: what tokens were signed with; any other token is answered 404.
    """

    async def called(request: Request) -> Response:
        token = request.path_params["token"]
        if not is_token(token, secret):
            return Response(status_code=404)
        async with database.connection() as connection:
            await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, token))
        return Response()

    return Route(f"{PATH}/{{token}}", called, methods=["POST"])

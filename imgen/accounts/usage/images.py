"""Count images as their jobs are made. What is not delivered is given back by the database."""

from __future__ import annotations

from imgen.accounts.usage.windows import MONTH, bounds
from imgen.database.pool import Connection
from imgen.errors import Exhausted


async def count_images(
    connection: Connection, *, account_id: str, request_id: str, images: int = 1
) -> None:
    """Count images against the plan, in the windows in which their request was admitted.

    Call it inside the transaction that inserts the jobs, which are marked `counted`: a job that
    becomes failed, blocked, cancelled or timed out gives its image back, once, by a trigger.

    Args:
        request_id: of the request that they belong to; empty, or of one that was not admitted:
            they count in the windows of now.

    Raises:
        imgen.errors.Exhausted: code `image_quota`; the plan's images of this month are used up.
    """
    cursor = await connection.execute(
        "SELECT refused, image_limit, moment FROM count_images(%s, %s, %s)",
        (account_id, request_id, images),
    )
    row = await cursor.fetchone()
    assert row is not None
    refused, limit, moment = row
    if refused:
        end = bounds(MONTH, moment)[1]
        raise Exhausted(
            f"Image quota exceeded: your plan allows {limit} image{'' if limit == 1 else 's'} "
            "a month (UTC)",
            code="image_quota",
            retry_after=(end - moment).total_seconds(),
        )

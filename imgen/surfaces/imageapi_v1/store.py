"""What this surface asks PostgreSQL itself."""

from __future__ import annotations

from imgen.database.pool import Connection


async def kept_bytes(connection: Connection, account_id: str) -> int:
    """What the pictures of an account take up, thumbnails aside."""
    cursor = await connection.execute(
        "SELECT coalesce(sum(image_bytes), 0)::bigint FROM jobs"
        " WHERE account_id = %s AND state = 'completed'",
        (account_id,),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0

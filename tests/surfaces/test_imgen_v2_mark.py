"""The client's own watermark on its way through Imgen v2."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from imgen.wiring.core import Core


def _mark(colour: tuple[int, int, int, int] = (255, 0, 0, 255)) -> str:
    buffer = io.BytesIO()
    Image.new("RGBA", (40, 20), colour).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


async def _picture(
    client: httpx.AsyncClient, key: str, **fields: Any
) -> tuple[dict[str, Any], np.ndarray[Any, np.dtype[np.int16]]]:
    headers = {"Authorization": f"Bearer {key}"}
    body = {"action": "generate", "prompt": "a lake", "model": "instant", "format": "png", **fields}
    job = (await client.post("/api/v2", json=body, headers=headers)).json()
    async with asyncio.timeout(30):
        while True:
            asked = {"action": "status", "id": job["id"]}
            status = (await client.post("/api/v2", json=asked, headers=headers)).json()
            if status["status"] == "COMPLETED":
                break
            await asyncio.sleep(0.02)
    file = (await client.get(status["meta"]["images"][0]["url"])).content
    with Image.open(io.BytesIO(file)) as picture:
        return status["meta"], np.asarray(picture.convert("RGB")).astype(np.int16)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("position", "rows", "columns"),
    [
        ("top-left", slice(0, 24), slice(0, 40)),
        ("bottom-right", slice(-24, None), slice(-40, None)),
    ],
)
async def test_the_mark_lies_where_it_was_asked_for(
    client: httpx.AsyncClient, key: str, position: str, rows: slice, columns: slice
) -> None:
    meta, pixels = await _picture(
        client,
        key,
        wm_image=_mark(),
        wm_position=position,
        wm_scale=20,
        wm_padding_x=2,
        wm_padding_y=2,
    )
    redness = pixels[..., 0] - pixels[..., 1]
    assert meta["wm_position"] == position
    assert "wm_image" not in meta
    assert (redness[rows, columns] > 50).any()
    redness[rows, columns] = 0
    assert not (redness > 50).any()


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("not a data uri", "must be a data URI"),
        ("data:image/gif;base64,R0lGODlh", "must be a data URI of a PNG, JPEG or WebP"),
        ("data:image/png;base64,!!!", "is not valid base64"),
        ("data:image/png;base64,AAAA", "is not a PNG"),
        ("data:image/png;base64," + "A" * 3_000_000, "is larger than 2 MiB"),
    ],
)
async def test_a_bad_mark_is_refused_and_nothing_is_stored(
    client: httpx.AsyncClient, key: str, core: Core, uri: str, error: str
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    body = {"action": "generate", "prompt": "a lake", "wm_image": uri}
    reply = await client.post("/api/v2", json=body, headers=headers)
    assert reply.status_code == 400
    assert error in reply.json()["error"]
    async with core.database.connection() as connection:
        row = await (await connection.execute("SELECT count(*) FROM jobs")).fetchone()
    assert row == (0,)

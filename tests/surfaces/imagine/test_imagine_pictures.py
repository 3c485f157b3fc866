from __future__ import annotations

from tests.surfaces.imagine.conftest import Calls


async def test_words_become_a_picture(calls: Calls) -> None:
    reply = await calls("/v2/image/generations", prompt="a lake in the morning", aspect_ratio="3:2")
    assert reply.status_code == 200, reply.text
    print(reply.json(), reply.headers)

"""The same behaviour, of a real folder and of a real HTTP S3 endpoint."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgen.errors import Conflict, Invalid, NotFound
from imgen.storage.keys import check_key
from imgen.storage.objects import CHUNK_BYTES, ObjectInfo, ObjectStore

BAD_KEYS = [
    "",
    "/absolute.png",
    "../up.png",
    "a/../b.png",
    "a/./b.png",
    "a//b.png",
    "folder/",
    "..",
    "nul\0.png",
    "line\nbreak.png",
    "back\\slash.png",
    "unfinished#1",
    "drive:",
    "lone\ud800surrogate.png",
    "x" * 256,
    "/".join(["abcd"] * 120),
]


def is_key(text: str) -> bool:
    try:
        check_key(text)
    except Invalid:
        return False
    return True


segments = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\#:"), min_size=1
)
keys = st.lists(segments, min_size=1, max_size=4).map("/".join).filter(is_key)


async def listed(store: ObjectStore, prefix: str = "") -> list[str]:
    return sorted([info.key async for info in store.list(prefix)])


async def read(
    store: ObjectStore,
    key: str,
    start: int = 0,
    end: int | None = None,
    info: ObjectInfo | None = None,
) -> bytes:
    return b"".join([chunk async for chunk in store.stream(key, start, end, info=info)])


@pytest.mark.parametrize("data", [b"", b"picture", os.urandom(6 * 1024 * 1024)], ids=len)
async def test_what_was_put_comes_back(store: ObjectStore, data: bytes) -> None:
    await store.put("a/b.png", data)
    assert await store.get("a/b.png") == data
    assert await read(store, "a/b.png") == data


async def test_a_second_write_replaces_the_first(store: ObjectStore) -> None:
    await store.put("a.png", b"a longer first version")
    before = await store.head("a.png")
    await store.put("a.png", b"second")
    after = await store.head("a.png")
    assert await store.get("a.png") == b"second"
    assert before is not None
    assert after is not None
    assert before.etag != after.etag


async def test_head_tells_size_type_validator_and_time(store: ObjectStore) -> None:
    began = datetime.now(UTC)
    await store.put("a/picture.webp", b"12345", "image/webp")
    info = await store.head("a/picture.webp")
    assert info is not None
    assert (info.key, info.size, info.content_type) == ("a/picture.webp", 5, "image/webp")
    assert info.etag.startswith('"')
    assert info.etag.endswith('"')
    assert abs(info.last_modified - began) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("key", "content_type"),
    [
        ("a.jpg", "image/jpeg"),
        ("a.JPEG", "image/jpeg"),
        ("a.png", "image/png"),
        ("a.webp", "image/webp"),
        ("a.avif", "image/avif"),
        ("a.json", "application/json"),
        ("page.html", "application/octet-stream"),
        ("drawing.svg", "application/octet-stream"),
        ("plain", "application/octet-stream"),
    ],
)
async def test_the_suffix_tells_the_content_type(
    folder_store: ObjectStore, key: str, content_type: str
) -> None:
    await folder_store.put(key, b"x", content_type)
    info = await folder_store.head(key)
    assert info is not None
    assert info.content_type == content_type


async def test_a_content_type_against_the_suffix_is_refused(store: ObjectStore) -> None:
    with pytest.raises(Invalid, match="image/png"):
        await store.put("a.png", b"x", "image/jpeg")
    assert not await store.exists("a.png")


async def test_what_is_not_there_is_not_found(store: ObjectStore) -> None:
    await store.put("there/is.png", b"x")
    for key in ("missing.png", "there", "there/is.png/not"):
        assert await store.head(key) is None
        assert not await store.exists(key)
        with pytest.raises(NotFound):
            await store.get(key)
        with pytest.raises(NotFound):
            await read(store, key)


async def test_a_deleted_object_is_gone_and_may_be_deleted_again(store: ObjectStore) -> None:
    await store.put("a/b.png", b"x")
    await store.put("a/c.png", b"y")
    await store.delete("a/b.png")
    await store.delete("a/b.png")
    await store.delete("a/c.png/below")
    await store.delete("a")
    assert await listed(store) == ["a/c.png"]


async def test_list_goes_by_whole_segments(store: ObjectStore) -> None:
    for key in ("2026/11/a.png", "2026/11/b c.png", "2026/110/d.png", "other.png"):
        await store.put(key, key.encode())
    assert await listed(store, "2026/11") == ["2026/11/a.png", "2026/11/b c.png"]
    assert await listed(store, "2026/11/") == ["2026/11/a.png", "2026/11/b c.png"]
    assert await listed(store, "nothing") == []
    assert len(await listed(store)) == 4
    sizes = {info.key: info.size async for info in store.list("2026/110")}
    assert sizes == {"2026/110/d.png": len("2026/110/d.png")}


@pytest.mark.parametrize("key", BAD_KEYS)
async def test_a_bad_key_is_refused_everywhere(store: ObjectStore, key: str) -> None:
    calls = [
        store.put(key, b"x"),
        store.get(key),
        store.head(key),
        store.exists(key),
        store.delete(key),
        store.sign(key, 60),
        read(store, key),
    ]
    for call in calls:
        with pytest.raises(Invalid):
            await call
    assert await listed(store) == []


async def test_a_prefix_cannot_climb_out(store: ObjectStore) -> None:
    with pytest.raises(Invalid):
        await listed(store, "../")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(key=keys, data=st.binary(max_size=64))
async def test_any_valid_key_keeps_its_object(store: ObjectStore, key: str, data: bytes) -> None:
    await store.put(key, data)
    try:
        assert await store.get(key) == data
        assert await listed(store) == [key]
    finally:
        await store.delete(key)
    assert not await store.exists(key)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, None),
        (0, 1),
        (5, CHUNK_BYTES + 7),
        (CHUNK_BYTES, 2 * CHUNK_BYTES),
        (2 * CHUNK_BYTES - 1, 2 * CHUNK_BYTES + 1),
        (2 * CHUNK_BYTES, None),
        (7, 7),
        (10**9, None),
        (0, 10**9),
    ],
)
async def test_a_stream_is_a_slice(store: ObjectStore, start: int, end: int | None) -> None:
    data = os.urandom(2 * CHUNK_BYTES + 12345)
    await store.put("big.png", data)
    assert await read(store, "big.png", start, end) == data[start:end]


async def test_a_stream_never_holds_more_than_a_chunk(store: ObjectStore) -> None:
    await store.put("big.png", bytes(3 * CHUNK_BYTES + 1))
    sizes = [len(chunk) async for chunk in store.stream("big.png")]
    assert sizes == [CHUNK_BYTES] * 3 + [1]


async def test_a_stream_never_mixes_two_versions(store: ObjectStore) -> None:
    await store.put("big.png", b"a" * (2 * CHUNK_BYTES))
    chunks = store.stream("big.png")
    await anext(chunks)
    await store.put("big.png", b"b" * (2 * CHUNK_BYTES))
    with pytest.raises(Conflict):
        await anext(chunks)


async def test_writers_of_one_key_leave_one_whole_version(store: ObjectStore) -> None:
    versions = [bytes([number]) * 300_000 for number in range(12)]
    await asyncio.gather(*(store.put("same.png", version) for version in versions))
    assert await store.get("same.png") in versions
    assert await listed(store) == ["same.png"]


async def test_a_probe_leaves_nothing_behind(store: ObjectStore) -> None:
    await store.put("a.png", b"x")
    await store.probe()
    assert await listed(store) == ["a.png"]

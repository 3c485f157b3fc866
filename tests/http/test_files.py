"""`/files/…` over ASGI and over a real socket, with objects in a folder and in S3."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer
from starlette.applications import Starlette

from imgen.errors import Unavailable
from imgen.http.files import files_route
from imgen.storage.links import Links, PresignedLinks, SignedLinks, links_for
from imgen.storage.objects import CHUNK_BYTES, ObjectInfo, ObjectStore, open_store
from tests.serving import serving

SECRET = b"a secret of the deployment"
HOST = "http://img.example.com"
PICTURE = bytes(range(256)) * 4
REFUSAL = {"error": "Link is invalid or has expired"}


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return open_store(str(tmp_path / "objects"))
    endpoint = request.getfixturevalue("s3_endpoint")
    bucket = f"files-{secrets.token_hex(6)}"
    assert httpx.put(f"{endpoint}/{bucket}").status_code == 200
    return open_store(f"s3://{bucket}", endpoint=endpoint, access_key="a", secret_key="b")


@pytest.fixture
def folder(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "objects"))


class Clock:
    """Time that stands still until it is told to move."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(clock: Clock) -> SignedLinks:
    return SignedLinks(HOST, [SECRET], now=clock)


@contextlib.asynccontextmanager
async def browsing(store: ObjectStore, links: Links) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[files_route(store, links)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield client


@pytest.fixture
async def client(store: ObjectStore, links: SignedLinks) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(store, links) as client:
        yield client


@pytest.fixture
async def url(store: ObjectStore, links: SignedLinks) -> str:
    await store.put("a/picture.png", PICTURE)
    return await links.url("a/picture.png", expires_in=600)


async def test_a_link_serves_the_object(client: httpx.AsyncClient, url: str) -> None:
    answer = await client.get(url)
    assert (answer.status_code, answer.content) == (200, PICTURE)
    headers = answer.headers
    assert headers["content-type"] == "image/png"
    assert headers["content-length"] == str(len(PICTURE))
    assert headers["accept-ranges"] == "bytes"
    assert headers["cache-control"] == "private, max-age=600, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["content-disposition"] == 'inline; filename="picture.png"'
    assert headers["etag"].startswith('"')
    assert parsedate_to_datetime(headers["last-modified"]).tzinfo is not None


async def test_head_is_get_without_the_bytes(client: httpx.AsyncClient, url: str) -> None:
    got, head = await client.get(url), await client.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == got.headers
    ranged = await client.head(url, headers={"Range": "bytes=0-1"})
    assert (ranged.status_code, ranged.headers["content-length"]) == (200, str(len(PICTURE)))


async def test_an_empty_object_is_served(
    client: httpx.AsyncClient, store: ObjectStore, links: SignedLinks
) -> None:
    await store.put("empty.json", b"")
    url = await links.url("empty.json", expires_in=60)
    for headers in ({}, {"Range": "bytes=-5"}):
        answer = await client.get(url, headers=headers)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-length"] == "0"
    assert (await client.get(url, headers={"Range": "bytes=0-"})).status_code == 416


async def test_the_copy_may_be_kept_until_the_link_expires(
    client: httpx.AsyncClient, url: str, clock: Clock
) -> None:
    clock.time += 599.5
    answer = await client.get(url)
    assert answer.headers["cache-control"] == "private, max-age=0, immutable"
    clock.time += 0.5
    answer = await client.get(url)
    assert (answer.status_code, answer.json()) == (403, REFUSAL)
    assert answer.headers["cache-control"] == "no-store"


async def test_a_refusal_never_tells_whether_the_object_exists(
    client: httpx.AsyncClient, url: str
) -> None:
    query = urlsplit(url).query
    refused = [
        await client.get(f"{HOST}/files/a/picture.png"),
        await client.get(f"{HOST}/files/a/missing.png"),
        await client.get(f"{HOST}/files/a/missing.png?{query}"),
        await client.get(url.replace("expires=1", "expires=2")),
        await client.get(url[:-1] + ("0" if url[-1] != "0" else "1")),
        await client.get(url + "&filename=other.png"),
        await client.get(url, params={"expires": "9" * 5000, "signature": "é"}),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert len({answer.content for answer in refused}) == 1
    assert refused[0].json() == REFUSAL
    assert len({tuple(answer.headers.items()) for answer in refused}) == 1


async def test_a_good_link_to_nothing_is_not_found(
    client: httpx.AsyncClient, links: SignedLinks
) -> None:
    answer = await client.get(await links.url("missing.png", expires_in=60))
    assert (answer.status_code, answer.json()) == (404, {"error": "Not found"})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused_in_json(
    client: httpx.AsyncClient, store: ObjectStore, url: str, method: str
) -> None:
    answer = await client.request(method, url)
    assert (answer.status_code, answer.json()) == (405, {"error": "Method not allowed"})
    assert answer.headers["allow"] == "GET, HEAD"
    assert await store.get("a/picture.png") == PICTURE


SIZE = len(PICTURE)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=1000-", 1000, SIZE),
        ("bytes=-24", SIZE - 24, SIZE),
        ("bytes=-99999", 0, SIZE),
        ("bytes=1000-99999999999999999999999999", 1000, SIZE),
        ("BYTES= 5-6 ", 5, 7),
    ],
)
async def test_a_range_is_served_alone(
    client: httpx.AsyncClient, url: str, asked: str, start: int, end: int
) -> None:
    answer = await client.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, PICTURE[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)
    assert answer.headers["content-type"] == "image/png"


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=-0"])
async def test_a_range_beyond_the_end_is_refused(
    client: httpx.AsyncClient, url: str, asked: str
) -> None:
    answer = await client.get(url, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,5-6",
        "bytes=9-3",
        "bytes=-",
        "bytes=a-b",
        "bytes=",
        "lines=1-2",
        "bytes=1-2-3",
        "0-1",
    ],
)
async def test_several_ranges_and_nonsense_get_the_whole(
    client: httpx.AsyncClient, url: str, asked: str
) -> None:
    answer = await client.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, PICTURE)


async def test_if_range_serves_the_part_only_of_the_same_version(
    client: httpx.AsyncClient, url: str
) -> None:
    first = await client.head(url)
    etag, date = first.headers["etag"], first.headers["last-modified"]
    for validator, status in [
        (etag, 206),
        (date, 206),
        ('"other"', 200),
        (f"W/{etag}", 200),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 200),
        ("nonsense", 200),
    ]:
        answer = await client.get(url, headers={"Range": "bytes=0-3", "If-Range": validator})
        assert answer.status_code == status, validator
        assert answer.content == (PICTURE[:4] if status == 206 else PICTURE)


async def test_a_copy_that_is_still_good_is_not_sent_again(
    client: httpx.AsyncClient, url: str, store: ObjectStore
) -> None:
    first = await client.get(url)
    etag, date = first.headers["etag"], first.headers["last-modified"]
    good = [
        {"If-None-Match": etag},
        {"If-None-Match": f'"other", W/{etag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": date},
    ]
    for headers in good:
        for method in ("GET", "HEAD"):
            answer = await client.request(method, url, headers=headers)
            assert (answer.status_code, answer.content) == (304, b""), headers
            assert answer.headers["etag"] == etag
            assert answer.headers["cache-control"] == "private, max-age=600, immutable"
    stale = [
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": date},
        {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-Modified-Since": "nonsense"},
    ]
    for headers in stale:
        assert (await client.get(url, headers=headers)).content == PICTURE, headers
    await store.put("a/picture.png", b"another version")
    answer = await client.get(url, headers={"If-None-Match": etag})
    assert answer.content == b"another version"


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(["Range", "If-Range", "If-None-Match", "If-Modified-Since"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126))
        | st.from_regex(r"bytes=[0-9]{0,30}-[0-9]{0,30}", fullmatch=True)
        | st.integers(0, 5000).map(lambda count: f"bytes={'7' * count}-"),
        min_size=1,
    )
)
async def test_no_header_breaks_it(
    folder: ObjectStore, links: SignedLinks, headers: dict[str, str]
) -> None:
    await folder.put("a.png", PICTURE)
    async with browsing(folder, links) as client:
        answer = await client.get(await links.url("a.png", expires_in=60), headers=headers)
    if answer.status_code == 206:
        first, last = answer.headers["content-range"][6:].split("/")[0].split("-")
        assert answer.content == PICTURE[int(first) : int(last) + 1]
    else:
        assert answer.status_code in {200, 304, 416}
        assert answer.content == PICTURE or answer.status_code != 200


@pytest.mark.parametrize(
    ("filename", "header"),
    [
        ("my picture.png", 'inline; filename="my picture.png"'),
        (
            'a"; x="b.png',
            "inline; filename=\"a_; x=_b.png\"; filename*=UTF-8''a%22%3B%20x%3D%22b.png",
        ),
        ("50%41.png", "inline; filename=\"50_41.png\"; filename*=UTF-8''50%2541.png"),
        ("été.png", "inline; filename=\"_t_.png\"; filename*=UTF-8''%C3%A9t%C3%A9.png"),
    ],
)
async def test_the_file_name_is_quoted_safely(
    folder: ObjectStore, links: SignedLinks, filename: str, header: str
) -> None:
    await folder.put("a.png", PICTURE)
    url = await links.url("a.png", expires_in=60, filename=filename)
    async with browsing(folder, links) as client:
        assert (await client.get(url)).headers["content-disposition"] == header
        other = url.replace("filename=", "filename=x")
        assert (await client.get(other)).status_code == 403


@pytest.mark.parametrize("key", ["a b/ü+&=%?;'日本.png", "%2e%2e/%2F.png", ".well-known/🎨.webp"])
async def test_unusual_keys_are_served(
    client: httpx.AsyncClient, store: ObjectStore, links: SignedLinks, key: str
) -> None:
    await store.put(key, key.encode())
    answer = await client.get(await links.url(key, expires_in=60))
    assert (answer.status_code, answer.content) == (200, key.encode())


async def test_a_file_that_poses_as_a_page_cannot_run(
    folder: ObjectStore, links: SignedLinks
) -> None:
    await folder.put("page.html", b"<script>alert(1)</script>")
    async with browsing(folder, links) as client:
        answer = await client.get(await links.url("page.html", expires_in=60))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_big_object_is_never_held_whole(folder: ObjectStore, links: SignedLinks) -> None:
    await folder.put("big.png", bytes(5 * CHUNK_BYTES))
    path, _, query = (await links.url("big.png", expires_in=60)).removeprefix(HOST).partition("?")
    sizes: list[int] = []

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, object]) -> None:
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        sizes.append(len(body))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [],
    }
    await Starlette(routes=[files_route(folder, links)])(scope, receive, send)  # type: ignore[arg-type]
    assert sum(sizes) == 5 * CHUNK_BYTES
    assert max(sizes) == CHUNK_BYTES


class _Vanishing(ObjectStore):
    """An object that is deleted between the look at it and the first byte."""

    async def head(self, key: str) -> ObjectInfo | None:
        info = await super().head(key)
        await self.delete(key)
        return info


class _Down(ObjectStore):
    async def head(self, key: str) -> ObjectInfo | None:
        raise Unavailable("The object store cannot be reached, or fails.")


async def test_an_object_that_vanishes_is_not_found(
    folder: ObjectStore, links: SignedLinks
) -> None:
    await folder.put("a.png", PICTURE)
    async with browsing(_Vanishing(folder._store), links) as client:
        assert (await client.get(await links.url("a.png", expires_in=60))).status_code == 404


async def test_a_store_that_is_down_is_told(folder: ObjectStore, links: SignedLinks) -> None:
    async with browsing(_Down(folder._store), links) as client:
        answer = await client.get(await links.url("a.png", expires_in=60))
    assert answer.status_code == 503
    assert answer.json() == {"error": "The object store cannot be reached, or fails."}


async def test_where_the_store_signs_no_link_leads_here(
    folder: ObjectStore, links: SignedLinks
) -> None:
    await folder.put("a.png", PICTURE)
    async with browsing(folder, PresignedLinks(folder)) as client:
        answer = await client.get(await links.url("a.png", expires_in=60))
    assert (answer.status_code, answer.json()) == (403, REFUSAL)


async def spoken(port: int, target: str) -> tuple[int, bytes]:
    """A request whose target no client library has tidied: (status, body)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


async def test_over_a_real_socket(store: ObjectStore) -> None:
    data = os.urandom(2 * CHUNK_BYTES + 17)
    key = "a b/ü日本.png"
    await store.put(key, data)
    where: list[str] = []
    links = SignedLinks(lambda: where[0], [SECRET])
    async with (
        serving(Starlette(routes=[files_route(store, links)])) as port,
        httpx.AsyncClient() as client,
    ):
        where.append(f"http://127.0.0.1:{port}")
        url = await links.url(key, expires_in=60)
        answer = await client.get(url)
        assert answer.content == data
        tail = await client.get(url, headers={"Range": f"bytes={CHUNK_BYTES - 3}-"})
        assert (tail.status_code, tail.content) == (206, data[CHUNK_BYTES - 3 :])
        head = await client.head(url)
        assert (head.content, head.headers["content-length"]) == (b"", str(len(data)))
        again = await client.get(url, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.png",
        "a/../../secret.png",
        "%2e%2e/secret.png",
        "%2e%2e%2fsecret.png",
        "a/%2e%2e/%2e%2e/secret.png",
        "%252e%252e/secret.png",
        "..%5csecret.png",
        "..\\secret.png",
        "/secret.png",
        "//../secret.png",
        "%2f%2e%2e%2fsecret.png",
        "a.png%00",
        "%00",
        "a.png%0a",
        "%ff%fe",
        "%c0%ae%c0%ae/secret.png",
        "..;/secret.png",
        ".",
        "",
    ],
)
async def test_no_path_climbs_out(folder: ObjectStore, tmp_path: Path, path: str) -> None:
    """Neither unsigned nor with a signature that is right for another key."""
    (tmp_path / "secret.png").write_bytes(b"THE SECRET")
    await folder.put("a.png", PICTURE)
    links = SignedLinks(HOST, [SECRET])
    query = urlsplit(await links.url("a.png", expires_in=60)).query
    async with serving(Starlette(routes=[files_route(folder, links)])) as port:
        for target in (f"/files/{path}", f"/files/{path}?{query}"):
            status, body = await spoken(port, target)
            assert status in {400, 403, 404}
            assert b"THE SECRET" not in body
            assert PICTURE not in body


@pytest.mark.parametrize("key", ["../secret.png", "a//../../secret.png", "a\\..\\secret.png", "\0"])
async def test_even_a_forged_signature_climbs_nowhere(
    folder: ObjectStore,
    links: SignedLinks,
    tmp_path: Path,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "secret.png").write_bytes(b"THE SECRET")
    monkeypatch.setattr(links, "verify", lambda *_parts, **_named: 60)
    async with browsing(folder, links) as client:
        answer = await client.get(f"{HOST}/files/{quote(key, safe='')}")
    assert answer.status_code == 404
    assert b"THE SECRET" not in answer.content


async def test_wiring_gets_by_with_two_calls(folder: ObjectStore) -> None:
    await folder.put("a.png", PICTURE)
    links = links_for(folder, HOST, SECRET)
    async with browsing(folder, links) as client:
        assert (await client.get(await links.url("a.png", expires_in=60))).content == PICTURE


async def test_the_time_of_a_file_is_told_in_whole_seconds(
    client: httpx.AsyncClient, store: ObjectStore, url: str
) -> None:
    info = await store.head("a/picture.png")
    assert info is not None
    told = (await client.head(url)).headers["last-modified"]
    assert told == format_datetime(info.last_modified.replace(microsecond=0), usegmt=True)

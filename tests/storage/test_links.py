"""A link opens exactly the object it was made for, until it expires."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from imgen.errors import Forbidden, Invalid
from imgen.storage.keys import check_filename, check_key
from imgen.storage.links import PresignedLinks, SignedLinks, links_for
from imgen.storage.objects import ObjectStore

NOW = 1_800_000_000.5
SECRET = b"a secret of the deployment"
OLD_SECRET = b"the secret that went before"


def passes(check: Callable[[str], str], text: str) -> bool:
    try:
        check(text)
    except Invalid:
        return False
    return True


texts = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\#:"), min_size=1
)
keys = (
    st.lists(texts, min_size=1, max_size=4)
    .map("/".join)
    .filter(lambda text: passes(check_key, text))
)
names = texts.filter(lambda text: passes(check_filename, text))
filenames = st.just("") | names
seconds = st.integers(1, 10**8)


def links(*secrets: bytes, now: float = NOW) -> SignedLinks:
    return SignedLinks("https://img.example.com", secrets or (SECRET,), now=lambda: now)


def parts_of(url: str) -> dict[str, str]:
    split = urlsplit(url)
    key = unquote(split.path, errors="strict").removeprefix("/files/")
    return {"key": key} | dict(parse_qsl(split.query, strict_parsing=True))


def opens(made: SignedLinks, parts: dict[str, str]) -> bool:
    try:
        made.verify(**parts)
    except Forbidden:
        return False
    return True


@given(key=keys, filename=filenames, expires_in=seconds)
async def test_any_link_opens_what_it_was_made_for(
    key: str, filename: str, expires_in: int
) -> None:
    url = await links().url(key, expires_in=expires_in, filename=filename)
    assert url.isascii()
    parts = parts_of(url)
    assert parts["key"] == key
    assert parts.get("filename", "") == filename
    left = links().verify(**parts)
    assert 0 <= expires_in - left <= 1


@given(key=keys, filename=filenames, expires_in=seconds, data=st.data())
async def test_a_changed_link_opens_nothing(
    key: str, filename: str, expires_in: int, data: st.DataObject
) -> None:
    parts = parts_of(await links().url(key, expires_in=expires_in, filename=filename))
    field = data.draw(st.sampled_from(["key", "expires", "signature", "filename"]))
    old = parts.get(field, "")
    at = data.draw(st.integers(0, len(old)))
    edits = st.text(max_size=3).map(lambda text: old[:at] + text + old[at:]) | st.just(
        old[:at] + old[at + 1 :]
    )
    new = data.draw(edits | st.text() | st.just(old.upper()) | st.just("0" + old))
    assume(new != old)
    assert not opens(links(), parts | {field: new})


@given(key=keys, filename=names)
async def test_a_character_cannot_move_from_one_part_to_the_next(key: str, filename: str) -> None:
    parts = parts_of(await links().url(key, expires_in=60, filename=filename))
    moved = {
        "key": key[:-1],
        "expires": parts["expires"],
        "filename": key[-1] + filename,
    }
    assert not opens(links(), parts | moved)
    assert not opens(links(), parts | {"key": key + filename, "filename": ""})


async def test_a_link_opens_until_the_second_it_expires() -> None:
    parts = parts_of(await links(now=1000.0).url("a.png", expires_in=60))
    assert opens(links(now=1059.9), parts)
    assert not opens(links(now=1060.0), parts)
    assert not opens(links(now=5000.0), parts)
    assert links(now=1000.0).verify(**parts) == 60


async def test_other_spellings_of_the_same_time_open_nothing() -> None:
    parts = parts_of(await links().url("a.png", expires_in=60))
    expires = parts["expires"]
    arabic = expires.translate({ord("0") + digit: 0x660 + digit for digit in range(10)})
    for spelling in ("0" + expires, "+" + expires, " " + expires, expires + ".0", arabic, ""):
        assert not opens(links(), parts | {"expires": spelling})


async def test_secrets_change_gently() -> None:
    before = parts_of(await links(OLD_SECRET).url("a.png", expires_in=60))
    during = links(SECRET, OLD_SECRET)
    assert opens(during, before)
    after = parts_of(await during.url("a.png", expires_in=60))
    assert opens(links(SECRET), after)
    assert not opens(links(SECRET), before)
    assert not opens(links(OLD_SECRET), after)


@pytest.mark.parametrize("secrets", [[], [b""], [b"too short"], [SECRET, b"short"]])
def test_a_weak_secret_is_refused(secrets: list[bytes]) -> None:
    with pytest.raises(Invalid) as caught:
        SignedLinks("https://img.example.com", secrets)
    assert "short" not in str(caught.value)


async def test_the_secret_itself_signs_nothing_and_is_not_shown() -> None:
    made = links()
    assert SECRET not in vars(made)["_keys"]
    assert SECRET.decode() not in repr(made)


@pytest.mark.parametrize("key", ["", "../a.png", "/a.png", "a//b.png", "a\0.png", "a\\b.png"])
async def test_no_link_is_made_to_a_bad_key(store: ObjectStore, key: str) -> None:
    for made in (links(), links_for(store, "https://img.example.com", SECRET)):
        with pytest.raises(Invalid):
            await made.url(key, expires_in=60)


@pytest.mark.parametrize("filename", ["a/b", "a\\b", "a\r\nb", "..", "\ud800", "x" * 256])
async def test_no_link_is_made_with_a_bad_file_name(store: ObjectStore, filename: str) -> None:
    for made in (links(), links_for(store, "https://img.example.com", SECRET)):
        with pytest.raises(Invalid):
            await made.url("a.png", expires_in=60, filename=filename)


@pytest.mark.parametrize("expires_in", [0, -1])
async def test_no_link_is_made_that_has_expired_already(
    store: ObjectStore, expires_in: int
) -> None:
    for made in (links(), links_for(store, "https://img.example.com", SECRET)):
        with pytest.raises(Invalid):
            await made.url("a.png", expires_in=expires_in)


async def test_the_public_url_may_be_known_late_and_have_a_path() -> None:
    where = ["https://img.example.com/studio/"]
    made = SignedLinks(lambda: where[0], [SECRET])
    assert (await made.url("a b.png", expires_in=60)).startswith(
        "https://img.example.com/studio/files/a%20b.png?"
    )
    where[0] = "http://127.0.0.1:8123"
    assert (await made.url("a.png", expires_in=60)).startswith("http://127.0.0.1:8123/files/a.png?")


async def test_a_folder_gets_our_links_and_s3_its_own(
    folder_store: ObjectStore, s3_store: ObjectStore
) -> None:
    assert isinstance(links_for(folder_store, "http://x", SECRET), SignedLinks)
    assert isinstance(links_for(s3_store, "http://x", SECRET), PresignedLinks)
    assert isinstance(links_for(s3_store, "http://x", SECRET, presigned=False), SignedLinks)
    with pytest.raises(Invalid):
        links_for(folder_store, "http://x", SECRET, presigned=True)


@pytest.mark.parametrize("key", ["a/picture.png", "b c/ü+&=%?日本.png"])
async def test_a_presigned_link_is_served_by_s3_itself(s3_store: ObjectStore, key: str) -> None:
    await s3_store.put(key, b"the picture")
    url = await links_for(s3_store, "", SECRET).url(key, expires_in=60, filename="name.png")
    async with httpx.AsyncClient() as client:
        answer = await client.get(url)
        assert (answer.status_code, answer.content) == (200, b"the picture")
        assert answer.headers["content-type"] == "image/png"
        part = await client.get(url, headers={"Range": "bytes=4-"})
        assert (part.status_code, part.content) == (206, b"picture")
    assert dict(parse_qsl(urlsplit(url).query))["X-Amz-Expires"] == "60"


async def test_a_presigned_link_lasts_a_week_at_most(s3_store: ObjectStore) -> None:
    with pytest.raises(Invalid):
        await PresignedLinks(s3_store).url("a.png", expires_in=7 * 24 * 3600 + 1)
    await PresignedLinks(s3_store).url("a.png", expires_in=7 * 24 * 3600)

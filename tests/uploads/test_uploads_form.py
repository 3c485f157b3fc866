from __future__ import annotations

import contextlib
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.errors import ImgenError, Invalid, TooLarge, Unavailable
from imgen.uploads.form import Form, open_form, required
from imgen.uploads.parts import FormLimits

TYPE = "multipart/form-data; boundary=XX"
SMALL = FormLimits(most_bytes=5000, most_file_bytes=1000, most_field_bytes=100, most_parts=4)


def part(name: str, content: bytes, *, filename: str | None = None) -> bytes:
    named = "" if filename is None else f'; filename="{filename}"'
    head = f'--XX\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--XX--\r\n"


async def in_pieces(data: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def read(
    data: bytes,
    *,
    content_type: str = TYPE,
    files: Sequence[str] = ("image", "mask"),
    limits: FormLimits = SMALL,
    folder: Path | None = None,
) -> tuple[dict[str, str], dict[str, bytes]]:
    chunks = in_pieces(data)
    async with open_form(chunks, content_type, files=files, limits=limits, folder=folder) as form:
        contents = {}
        for name, upload in form.files.items():
            upload.file.seek(0)
            contents[name] = upload.file.read()
            assert upload.size == len(contents[name])
        return dict(form.fields), contents


async def refused(data: bytes, kind: type[ImgenError] = Invalid, **given: object) -> ImgenError:
    with pytest.raises(kind) as caught:
        await read(data, **given)  # type: ignore[arg-type]
    return caught.value


async def test_fields_are_text_and_files_are_files() -> None:
    sent = body(
        part("prompt", "a café by the sea".encode()),
        part("image", b"\x00\xff\r\n--X pixels", filename="cat.png"),
    )
    assert await read(sent) == (
        {"prompt": "a café by the sea"},
        {"image": b"\x00\xff\r\n--X pixels"},
    )


@given(st.binary(max_size=900), st.integers(1, 600))
async def test_a_file_comes_out_as_it_went_in_however_it_is_cut(content: bytes, size: int) -> None:
    data = body(part("image", content, filename="x"))
    async with open_form(in_pieces(data, size), TYPE, files=("image",), limits=SMALL) as form:
        form.files["image"].file.seek(0)
        assert form.files["image"].file.read() == content


@given(st.binary(max_size=400))
async def test_any_body_is_a_form_or_an_error_of_ours(data: bytes) -> None:
    with contextlib.suppress(ImgenError):
        await read(b"--XX\r\n" + data)


async def test_fields_left_empty_count_as_not_sent() -> None:
    assert await read(body(part("seed", b""), part("prompt", b"  "))) == ({}, {})


async def test_files_that_nobody_asked_for_are_dropped() -> None:
    assert await read(body(part("avatar", b"x" * 500, filename="me.png"))) == ({}, {})


async def test_a_picture_without_a_file_name_is_still_a_file() -> None:
    assert (await read(body(part("image", b"pixels"))))[1] == {"image": b"pixels"}


@pytest.mark.parametrize("content_type", ["application/json", "", "text/plain; boundary=XX"])
async def test_another_content_type_is_refused(content_type: str) -> None:
    error = await refused(body(), content_type=content_type)
    assert error.code == "unsupported_media_type"


@pytest.mark.parametrize("content_type", ["multipart/form-data", f"{TYPE[:-2]}{'X' * 71}"])
async def test_a_boundary_is_needed(content_type: str) -> None:
    assert (await refused(body(), content_type=content_type)).code == "malformed_form"


async def test_a_form_without_its_end_is_cut_short() -> None:
    error = await refused(part("prompt", b"a lake"))
    assert "cut short" in error.message


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (body(part("prompt", b"a"), part("prompt", b"b")), "prompt"),
        (body(part("prompt", b"\xff\xfe")), "prompt"),
        (body(part("prompt", b"a\0b")), "prompt"),
    ],
    ids=["twice", "not UTF-8", "NUL"],
)
async def test_a_field_that_cannot_be_used_is_named(sent: bytes, field: str) -> None:
    error = await refused(sent)
    assert error.field == field
    assert field in error.message


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        (body(part("image", b"x" * 1001, filename="a")), "image", "1000 bytes"),
        (body(part("prompt", b"x" * 101)), "prompt", "100 bytes"),
        (body(part("avatar", b"x" * 1001, filename="a")), "avatar", "1000 bytes"),
        (body(*(part(f"f{number}", b"1") for number in range(5))), "", "4 parts"),
        (body(part("image", b"x" * 900, filename="a")) + b" " * 5000, "", "5000 bytes"),
    ],
    ids=["file", "field", "unknown file", "parts", "whole"],
)
async def test_every_limit_is_held_and_named(sent: bytes, field: str, words: str) -> None:
    error = await refused(sent, TooLarge)
    assert error.field == field
    assert words in error.message


async def test_a_body_that_is_announced_too_large_is_not_read() -> None:
    async def unread() -> AsyncIterator[bytes]:
        yield pytest.fail("the body was read")

    with pytest.raises(TooLarge):
        async with open_form(unread(), TYPE, files=(), limits=SMALL, announced=5001):
            pass


async def test_huge_headers_of_a_part_are_refused() -> None:
    head = b"--XX\r\nContent-Disposition: form-data; name=a\r\nX-Long: " + b"x" * 5000
    assert (await refused(head, limits=FormLimits())).code == "malformed_form"


async def test_nothing_stays_on_the_disk(tmp_path: Path) -> None:
    async with open_form(
        in_pieces(body(part("image", b"pixels", filename="a"))),
        TYPE,
        files=("image",),
        folder=tmp_path,
    ) as form:
        assert list(tmp_path.iterdir()) == []
        file = form.files["image"].file
    assert file.closed


async def test_a_folder_that_cannot_be_written_to_is_the_servers_fault(tmp_path: Path) -> None:
    sent = body(part("image", b"pixels", filename="a"))
    await refused(sent, Unavailable, folder=tmp_path / "missing")


async def digest_of(data: bytes) -> bytes:
    async with open_form(in_pieces(data), TYPE, files=("image",)) as form:
        return form.digest()


async def test_equal_forms_have_equal_digests_whatever_their_order() -> None:
    prompt, image = part("prompt", b"a lake"), part("image", b"pixels", filename="a")
    first = await digest_of(body(prompt, image))
    assert first == await digest_of(body(image, prompt))
    assert first != await digest_of(body(prompt, part("image", b"pixel5", filename="a")))
    assert first != await digest_of(body(part("prompt", b"a hill"), image))
    assert first != await digest_of(body(image))


def test_a_missing_file_is_asked_for_by_name() -> None:
    with pytest.raises(Invalid, match="image is required") as caught:
        required(Form({}, {}), "image")
    assert caught.value.field == "image"


async def test_what_is_held_in_memory_does_not_grow_with_the_upload() -> None:
    async def large() -> AsyncIterator[bytes]:
        yield part("image", b"", filename="a")[:-2]
        for _ in range(480):
            yield bytes(64 * 1024)
        yield b"\r\n--XX--\r\n"

    tracemalloc.start()
    try:
        async with open_form(large(), TYPE, files=("image",)) as form:
            _, peak = tracemalloc.get_traced_memory()
            assert form.files["image"].size == 480 * 64 * 1024
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024  # of 30

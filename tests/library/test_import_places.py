"""Finding pictures in folders, archives and manifests that nobody vouches for."""

from __future__ import annotations

import contextlib
import json
import zipfile
from pathlib import Path

import pytest

from imgen.errors import Invalid, TooLarge
from imgen.library.importing.find import Listing, find
from imgen.library.importing.places import Archive
from tests.library import importing_files as files


def names(listing: Listing) -> list[str]:
    return [candidate.entry.name for candidate in listing.candidates]


def write(folder: Path, *given: str) -> Path:
    for name in given:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files.png())
    return folder


def manifest(*records: object) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def test_a_folder_is_searched_to_its_depths_for_pictures_alone(tmp_path: Path) -> None:
    write(tmp_path, "b.PNG", "a/c.jpg", "a/deep/d.webp", "a/deep/e.avif", "notes.md", "f.gif")
    assert names(find([tmp_path])) == ["a/c.jpg", "a/deep/d.webp", "a/deep/e.avif", "b.PNG"]


def test_hidden_files_and_linked_folders_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "in/a.png", "in/.b.png", "in/.cache/c.png", "out/d.png")
    (tmp_path / "in/link").symlink_to(tmp_path / "out")
    (tmp_path / "in/round").symlink_to(tmp_path / "in")
    assert names(find([tmp_path / "in"])) == ["a.png"]


def test_sidecars_are_found_beside_their_picture(tmp_path: Path) -> None:
    write(tmp_path, "a.png", "b.png", "c.png", "d.jpg")
    for name in ("a.txt", "b.png.txt", "c.json", "notes.txt"):
        (tmp_path / name).write_text("{}")
    beside = {one.entry.name: one.beside for one in find([tmp_path]).candidates}
    assert beside == {
        "a.png": ("a.txt",),
        "b.png": ("b.png.txt",),
        "c.png": ("c.json",),
        "d.jpg": (),
    }
    assert find([tmp_path / "a.png"]).candidates[0].beside == ("a.txt",)


def test_a_manifest_in_a_folder_speaks_for_its_files(tmp_path: Path) -> None:
    write(tmp_path, "set/a.png", "set/b.png")
    (tmp_path / "set/metadata.jsonl").write_bytes(manifest({"file_name": "a.png", "text": "fox"}))
    listing = find([tmp_path])
    assert names(listing) == ["set/a.png", "set/b.png"]
    assert [one.record and one.record["text"] for one in listing.candidates] == ["fox", None]


def test_a_manifest_that_is_named_brings_only_its_own_files(tmp_path: Path) -> None:
    write(tmp_path, "a.png", "b.png")
    path = tmp_path / "mine.jsonl"
    path.write_bytes(manifest({"file": "./b.png", "prompt": "fox"}) + b"\n\nnot json\n[1]\n")
    listing = find([path])
    assert names(listing) == ["b.png"]
    assert [where.split(", ")[1] for where, _ in listing.failures] == ["line 3", "line 4"]


@pytest.mark.parametrize(
    "file", ["../secret.png", "/etc/hostname", "a/../../secret.png", "a\0b", "\ud800", "x" * 5000]
)
def test_a_manifest_leads_nowhere_but_below_its_folder(tmp_path: Path, file: str) -> None:
    write(tmp_path, "secret.png", "in/a/x.png")
    path = tmp_path / "in/list.jsonl"
    path.write_bytes(manifest({"file": file}))
    listing = find([path])
    assert names(listing) == []
    assert len(listing.failures) == 1


def test_what_a_manifest_names_and_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_bytes(manifest({"file": "gone.png"}))
    for path in (tmp_path, tmp_path / "manifest.jsonl"):
        assert "gone.png" in find([path]).failures[0][1]


def test_a_path_that_is_not_there_is_told_and_stops_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a.png")
    listing = find([tmp_path / "gone", tmp_path])
    assert names(listing) == ["a.png"]
    assert listing.failures == [(str(tmp_path / "gone"), "there is no such file or folder")]


def test_a_file_that_several_paths_lead_to_counts_once(tmp_path: Path) -> None:
    write(tmp_path, "a.png")
    (tmp_path / "list.jsonl").write_bytes(manifest({"file": "a.png", "prompt": "fox"}))
    listing = find([tmp_path, tmp_path / "a.png", tmp_path / "list.jsonl"])
    assert names(listing) == ["a.png"]
    assert listing.candidates[0].record == {"file": "a.png", "prompt": "fox"}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("set/a.png", files.png())
        file.writestr("set/a.txt", "a fox")
        file.writestr("set/manifest.jsonl", manifest({"file": "a.png", "seed": 3}))
        file.writestr("../../outside.png", files.png())
        file.writestr("__MACOSX/set/._a.png", b"")
        file.writestr("zeros.png", b"\0" * 5_000_000)
        file.mkdir("empty.png")
    return path


def test_an_archive_is_read_without_writing_anything(archive: Path) -> None:
    listing = find([archive])
    assert names(listing) == ["set/a.png", "zeros.png"]
    first = listing.candidates[0]
    assert (first.beside, first.record) == (("set/a.txt",), {"file": "a.png", "seed": 3})
    assert first.entry.place.read("set/a.png", 1_000_000) == files.png()
    assert first.entry.place.path("set/a.png") is None
    assert [path.name for path in archive.parent.iterdir()] == ["pictures.zip"]
    assert not (archive.parent.parent / "outside.png").exists()
    listing.close()


def test_no_more_is_unpacked_than_allowed(archive: Path) -> None:
    with pytest.raises(TooLarge):
        Archive(archive).read("zeros.png", 1_000_000)


def test_an_archive_that_lies_about_a_size_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "lies.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.png", b"\0" * 3_000_000)
    size = (3_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (10).to_bytes(4, "little")))
    given = b""
    with contextlib.suppress(Invalid, TooLarge):
        given = Archive(path).read("a.png", 1_000_000)
    assert len(given) <= 10


def test_damaged_and_encrypted_archives_are_told(tmp_path: Path, archive: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 nonsense")
    assert "not a zip file" in find([tmp_path / "no.zip"]).failures[0][1]
    whole = bytearray(archive.read_bytes())
    whole[60] ^= 0xFF
    archive.write_bytes(whole)
    with pytest.raises(Invalid):
        Archive(archive).read("set/a.png", 1_000_000)
    for start in (b"PK\x03\x04", b"PK\x01\x02"):  # set the bit that says: encrypted
        place = whole.index(start) + (6 if start[2] == 3 else 8)
        whole[place] |= 1
    archive.write_bytes(whole)
    with pytest.raises(Invalid, match="encrypted"):
        Archive(archive).read("set/a.png", 1_000_000)

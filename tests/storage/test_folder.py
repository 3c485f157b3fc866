"""A local write is whole or not there, also when its process dies in the middle."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from imgen.errors import Conflict, NotFound, Unavailable
from imgen.storage import folder
from imgen.storage.objects import ObjectStore, open_store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "objects"
    folder.prepare(root)
    return root


def files_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def listed(store: ObjectStore) -> list[str]:
    return sorted([info.key async for info in store.list()])


def test_bytes_reach_the_disk_before_the_name_and_the_name_before_the_answer(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        seen.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    def noted_replace(source: Path, target: Path) -> Path:
        seen.append(f"-> {target}")
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    folder.write(root, "a/b/c.png", b"x")

    assert seen[0].startswith(str(root))
    assert seen[1:] == [f"-> {root}/a/b/c.png", f"{root}/a/b", f"{root}/a", str(root)]


@pytest.mark.parametrize("step", ["fsync", "replace", "write"])
def test_a_write_that_fails_leaves_the_old_object_and_no_litter(
    root: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_arguments: object, **_named: object) -> int:
        raise OSError(28, "No space left on device")

    folder.write(root, "a.png", b"old")
    with monkeypatch.context() as broken:
        if step == "replace":
            broken.setattr(Path, "replace", full)
        elif step == "fsync":
            broken.setattr(os, "fsync", full)
        else:
            broken.setattr(os, "fdopen", full)
        with pytest.raises(OSError, match="No space"):
            folder.write(root, "a.png", b"new")
    assert (root / "a.png").read_bytes() == b"old"
    assert files_below(root) == ["a.png"]


async def test_a_full_disk_is_told_as_such(
    folder_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left on device"):
        await folder_store.put("a.png", b"x")


WRITER = """
import sys
from pathlib import Path
from imgen.storage import folder
root = Path(sys.argv[1])
for turn in range(100_000):
    print(turn, flush=True)
    folder.write(root, "a/picture.png", bytes([turn % 256]) * 4_000_000)
"""


@pytest.mark.parametrize("turns", [1, 2, 5, 9])
async def test_a_killed_writer_leaves_a_whole_object(root: Path, turns: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        for _ in range(turns):
            assert writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        writer.stdout.read()
    store = open_store(str(root))
    if turns == 1 and not await store.exists("a/picture.png"):
        return  # killed in its very first write
    data = await store.get("a/picture.png")
    assert len(data) == 4_000_000
    assert len(set(data)) == 1
    assert await listed(store) == ["a/picture.png"]


async def test_unfinished_writes_are_swept_a_day_later(root: Path) -> None:
    partial = root / ".partial#"
    (partial / "old#1").write_bytes(b"half")
    (partial / "young#1").write_bytes(b"half, and perhaps still being written")
    os.utime(partial / "old#1", (0, 0))
    store = open_store(str(root))
    assert files_below(root) == [".partial#/young#1"]
    assert await listed(store) == []


async def test_only_the_owner_can_read_what_is_stored(
    folder_store: ObjectStore, root: Path
) -> None:
    await folder_store.put("a/b.png", b"x")

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert (mode(root), mode(root / "a"), mode(root / "a/b.png")) == (0o700, 0o700, 0o600)


async def test_deleting_the_last_object_of_a_folder_removes_the_folder(
    folder_store: ObjectStore, root: Path
) -> None:
    await folder_store.put("a/b/c.png", b"x")
    await folder_store.put("a/d.png", b"y")
    await folder_store.delete("a/b/c.png")
    assert not (root / "a/b").exists()
    await folder_store.put("a/b", b"now the name is free")
    assert await folder_store.get("a/d.png") == b"y"


async def test_writers_and_deleters_of_one_folder_do_not_disturb_each_other(
    folder_store: ObjectStore,
) -> None:
    async def come_and_go(name: str) -> None:
        for _ in range(40):
            await folder_store.put(f"deep/er/{name}", name.encode())
            assert await folder_store.get(f"deep/er/{name}") == name.encode()
            await folder_store.delete(f"deep/er/{name}")

    await asyncio.gather(*(come_and_go(f"{number}.png") for number in range(6)))
    assert await listed(folder_store) == []


async def test_an_object_cannot_be_the_folder_of_another(folder_store: ObjectStore) -> None:
    await folder_store.put("a/b.png", b"x")
    for key in ("a", "a/b.png/c.png"):
        with pytest.raises(Conflict):
            await folder_store.put(key, b"y")
    assert await listed(folder_store) == ["a/b.png"]


async def test_a_folder_that_has_gone_is_unavailable_not_empty(
    folder_store: ObjectStore, root: Path
) -> None:
    """A volume that is not mounted must not look like lost pictures."""
    await folder_store.put("a.png", b"x")
    root.rename(root.with_name("elsewhere"))
    with pytest.raises(Unavailable):
        await folder_store.get("a.png")
    with pytest.raises(Unavailable):
        await folder_store.head("a.png")
    with pytest.raises(Unavailable):
        await folder_store.put("b.png", b"y")
    assert not root.exists()
    root.with_name("elsewhere").rename(root)
    assert await folder_store.get("a.png") == b"x"


async def test_a_link_that_leads_nowhere_is_not_found(
    folder_store: ObjectStore, root: Path
) -> None:
    (root / "broken.png").symlink_to(root / "missing.png")
    with pytest.raises(NotFound):
        await folder_store.get("broken.png")

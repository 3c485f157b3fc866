from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from imgen.engines.diffusers.memory import main_memory

MIB = 1024**2


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Control groups: `/box/worker`, of which a test says the limits."""
    root = tmp_path / "cgroup"
    (root / "box" / "worker").mkdir(parents=True)
    own = tmp_path / "own"
    own.write_text("0::/box/worker\n")
    monkeypatch.setattr(main_memory, "_GROUPS", root)
    monkeypatch.setattr(main_memory, "_OWN", own)
    return root


def _limit(folder: Path, limit: str, taken: int = 0, files: int = 0) -> None:
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{taken}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {files}\nslab 7\n")


def test_without_limits_the_machine_s_memory_counts(groups: Path) -> None:
    _limit(groups / "box" / "worker", "max")
    assert main_memory.total() == psutil.virtual_memory().total


@pytest.mark.parametrize("folder", ["box/worker", "box"])
def test_a_limit_of_the_group_or_of_one_around_it_counts(groups: Path, folder: str) -> None:
    _limit(groups / folder, str(64 * MIB), taken=40 * MIB, files=10 * MIB)
    assert main_memory.total() == 64 * MIB
    assert main_memory.available() == 34 * MIB


def test_more_taken_than_allowed_leaves_nothing(groups: Path) -> None:
    _limit(groups / "box" / "worker", str(64 * MIB), taken=65 * MIB)
    assert main_memory.available() == 0


def test_files_that_cannot_be_read_are_no_limit(groups: Path) -> None:
    (groups / "box" / "worker" / "memory.max").write_text("a lot")
    (groups / "box" / "memory.max").write_text("1000")
    assert main_memory.total() == psutil.virtual_memory().total

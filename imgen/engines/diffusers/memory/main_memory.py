"""How much main memory this process may take: the machine's, or its container's if that is less."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil

_GROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def total() -> int:
    """Bytes of all there is."""
    limits = [limit for limit, _ in _limits()]
    return min([psutil.virtual_memory().total, *limits])


def available() -> int:
    """Bytes that can be taken before something is killed."""
    left = [limit - taken for limit, taken in _limits()]
    return max(0, min([psutil.virtual_memory().available, *left]))


def _limits() -> Iterator[tuple[int, int]]:
    """(bytes allowed, bytes taken) of the control groups that this process is in (Linux, v2)."""
    try:
        lines = _OWN.read_text().splitlines()
    except OSError:
        return
    own = next((line[3:] for line in lines if line.startswith("0::")), "")
    group = _GROUPS / own.lstrip("/")
    for folder in (group, *group.parents):
        if not folder.is_relative_to(_GROUPS):
            return
        try:
            limit = (folder / "memory.max").read_text().strip()
            if limit != "max":
                yield int(limit), _taken(folder)
        except (OSError, ValueError):  # the root has no limit, a container may not see all
            continue


def _taken(folder: Path) -> int:
    """Without the files that the kernel keeps in memory as long as nobody wants it."""
    taken = int((folder / "memory.current").read_text())
    for line in (folder / "memory.stat").read_text().splitlines():
        name, _, number = line.partition(" ")
        if name == "inactive_file":
            return max(0, taken - int(number))
    return taken

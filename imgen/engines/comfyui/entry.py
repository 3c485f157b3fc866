"""What a ComfyUI has under a prompt id: an entry that waits, runs or has ended, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from imgen.engines.comfyui.prompt import MARK, is_name
from imgen.engines.remote.server import Calls, failed

_LARGEST_ANSWER = 32 * 1024 * 1024
_EXTRA_DATA = 3
"""Where an entry of the queue has it: number, id, workflow, extra data, outputs."""


class State(Enum):
    """How far it is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"


class Ending(Enum):
    """How it ended."""

    GOOD = "good"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Entry:
    """A prompt that a server has."""

    state: State
    client: str = ""
    """Who sent it, in whose name its progress is told; empty where that is not said."""
    mark: str = ""
    """What it asks for, see `mark_of`; empty where nothing is said."""
    record: Mapping[str, Any] = field(default_factory=dict)
    """Its history, once it is done."""

    @property
    def ending(self) -> Ending:
        """How it ended, if it has."""
        status = self.record.get("status")
        if not isinstance(status, dict) or status.get("status_str") in (None, "success"):
            return Ending.GOOD
        stopped = any(name == "execution_interrupted" for name, _ in messages(self.record))
        return Ending.STOPPED if stopped else Ending.FAILED

    def answers(self, mark: str) -> bool:
        """Whether it is, or will be, what an order with this mark asks for."""
        return self.mark == mark and self.ending is Ending.GOOD


async def find(calls: Calls, prompt_id: str, client: str = "", *, tries: int = 1) -> Entry | None:
    """The server's entry with this id.

    Args:
        client: only the one that it sent, where the server says who did: what an earlier try left
            behind has the same id.
        tries: of each call.

    Raises:
        imgen.errors.Upstream: the server did not answer, or not with sense.
    """
    return (
        await _ended(calls, prompt_id, client, tries)
        or await _queued(calls, prompt_id, client, tries)
        or await _ended(calls, prompt_id, client, tries)  # it may have ended between the two
    )


def messages(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What happened to it, in order: event and data."""
    status = record.get("status")
    said = status.get("messages") if isinstance(status, dict) else None
    for entry in said if isinstance(said, list) else []:
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], dict):
            yield str(entry[0]), entry[1]


async def _ended(calls: Calls, prompt_id: str, client: str, tries: int) -> Entry | None:
    record = (await _get(calls, f"/history/{prompt_id}", tries)).get(prompt_id)
    if not record:
        return None
    if not isinstance(record, dict):
        raise failed(calls.server, "sent a history that is none")
    return _of(_entry(State.DONE, record.get("prompt"), record), client)


async def _queued(calls: Calls, prompt_id: str, client: str, tries: int) -> Entry | None:
    queue = await _get(calls, "/queue", tries)
    for name, state in (("queue_running", State.RUNNING), ("queue_pending", State.WAITING)):
        for row in _rows(calls, queue, name):
            if _is(row, prompt_id) and (entry := _of(_entry(state, row), client)):
                return entry
    return None


def _of(entry: Entry, client: str) -> Entry | None:
    return entry if not client or entry.client in ("", client) else None


def _entry(state: State, row: object, record: Mapping[str, Any] | None = None) -> Entry:
    extra = row[_EXTRA_DATA] if isinstance(row, list) and len(row) > _EXTRA_DATA else None
    said = extra if isinstance(extra, dict) else {}
    client = said.get("client_id")
    mark = str(said.get(MARK) or "")
    return Entry(state, client if is_name(client) else "", mark, record or {})


def _is(row: Sequence[object], prompt_id: str) -> bool:
    return len(row) > 1 and row[1] == prompt_id


def _rows(calls: Calls, queue: Mapping[str, Any], name: str) -> Sequence[list[object]]:
    rows = queue.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise failed(calls.server, "sent a queue that is none")
    return rows


async def _get(calls: Calls, path: str, tries: int) -> dict[str, Any]:
    # However it fails: what is under way there is asked after until patience ends.
    reply = await calls.ask("GET", path, tries=tries, urgent=True, largest=_LARGEST_ANSWER)
    said = reply.json()
    if not reply.good or not isinstance(said, dict):
        raise failed(calls.server, f"answered {reply.status} without sense")
    return said

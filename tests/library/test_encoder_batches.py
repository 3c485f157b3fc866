"""Many callers at once: joined into batches, computed once, remembered, and never left hanging."""

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from imgen.errors import Unavailable
from imgen.library.embed.batches import Batches, Memory


class Lengths:
    """A computation that can be held: a text's vector is its length."""

    def __init__(self, *, held: bool = False) -> None:
        self.calls: list[list[str]] = []
        self.threads: set[int] = set()
        self.started = threading.Event()
        self.go = threading.Event()
        self.fail = False
        if not held:
            self.go.set()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.calls.append(list(texts))
        self.threads.add(threading.get_ident())
        self.started.set()
        assert self.go.wait(10)
        if self.fail:
            raise ValueError("broken")
        return np.array([[len(text)] for text in texts], dtype=np.float32)

    async def running(self) -> None:
        assert await asyncio.to_thread(self.started.wait, 10)


async def settle() -> None:
    """Let every task that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_batch_runs_off_the_event_loop() -> None:
    lengths = Lengths()
    await Batches(lengths).vectors(["a", "bb"])
    assert lengths.calls == [["a", "bb"]]
    assert threading.get_ident() not in lengths.threads


async def test_what_arrives_while_a_batch_runs_forms_the_next() -> None:
    lengths = Lengths(held=True)
    batches = Batches(lengths)
    first = asyncio.create_task(batches.vectors(["a"]))
    await lengths.running()
    others = [asyncio.create_task(batches.vectors(["b" * n])) for n in range(2, 6)]
    await settle()
    lengths.go.set()
    await first
    assert [float((await other)[0][0]) for other in others] == [2, 3, 4, 5]
    assert lengths.calls == [["a"], ["bb", "bbb", "bbbb", "bbbbb"]]


async def test_no_batch_is_larger_than_its_bound() -> None:
    lengths = Lengths()
    found = await Batches(lengths, batch=4).vectors([f"{n:03}" for n in range(10)])
    assert len(found) == 10
    assert [len(call) for call in lengths.calls] == [4, 4, 2]


async def test_a_text_that_several_want_at_once_is_computed_once() -> None:
    lengths = Lengths(held=True)
    batches = Batches(lengths, remember=0)
    callers = [asyncio.create_task(batches.vectors(["same", "same"])) for _ in range(5)]
    await lengths.running()
    callers.append(asyncio.create_task(batches.vectors(["same"])))
    await settle()
    lengths.go.set()
    for caller in callers:
        assert float((await caller)[0][0]) == 4
    assert lengths.calls == [["same"]]


async def test_a_repeated_query_is_answered_from_memory() -> None:
    lengths = Lengths()
    batches = Batches(lengths)
    await batches.vectors(["query"])
    await batches.vectors(["query"])
    assert lengths.calls == [["query"]]


async def test_a_bulk_request_does_not_push_queries_out_of_memory() -> None:
    lengths = Lengths()
    batches = Batches(lengths, remember=10, small=2)
    await batches.vectors(["query"])
    await batches.vectors([f"{n}" for n in range(50)])
    before = len(lengths.calls)
    await batches.vectors(["query"])
    assert len(lengths.calls) == before


def test_memory_keeps_what_was_used_last_and_no_more_than_its_limit() -> None:
    memory = Memory(2)
    vector = np.zeros(1, np.float32)
    memory.put("a", vector)
    memory.put("b", vector)
    memory.get("a")
    memory.put("c", vector)
    assert len(memory) == 2
    assert memory.get("b") is None
    assert memory.get("a") is not None


async def test_a_remembered_vector_cannot_be_changed_by_who_got_it() -> None:
    batches = Batches(Lengths())
    vector = (await batches.vectors(["abc"]))[0]
    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 7


async def test_a_query_overtakes_a_bulk_request() -> None:
    lengths = Lengths(held=True)
    batches = Batches(lengths, batch=2, small=1)
    bulk = asyncio.create_task(batches.vectors([f"bulk {n}" for n in range(6)]))
    await lengths.running()
    query = asyncio.create_task(batches.vectors(["query"]))
    await settle()
    lengths.go.set()
    await asyncio.gather(bulk, query)
    assert lengths.calls[1][0] == "query"


async def test_a_caller_that_gives_up_takes_its_text_out_of_the_queue() -> None:
    lengths = Lengths(held=True)
    batches = Batches(lengths)
    first = asyncio.create_task(batches.vectors(["first"]))
    await lengths.running()
    leaving = asyncio.create_task(batches.vectors(["unwanted", "shared"]))
    staying = asyncio.create_task(batches.vectors(["shared"]))
    await settle()
    leaving.cancel()
    await settle()
    lengths.go.set()
    await asyncio.gather(first, staying)
    assert leaving.cancelled()
    assert lengths.calls == [["first"], ["shared"]]


async def test_a_caller_that_gives_up_during_the_computation_harms_nobody() -> None:
    lengths = Lengths(held=True)
    batches = Batches(lengths)
    leaving = asyncio.create_task(batches.vectors(["text"]))
    await lengths.running()
    staying = asyncio.create_task(batches.vectors(["text"]))
    await settle()
    leaving.cancel()
    await settle()
    lengths.go.set()
    assert float((await staying)[0][0]) == 4
    assert float((await batches.vectors(["text"]))[0][0]) == 4
    assert lengths.calls == [["text"]]


async def test_a_failure_reaches_its_own_batch_only() -> None:
    lengths = Lengths()
    batches = Batches(lengths)
    lengths.fail = True
    with pytest.raises(ValueError, match="broken"):
        await batches.vectors(["a"])
    lengths.fail = False
    assert float((await batches.vectors(["a"]))[0][0]) == 1


async def test_closing_finishes_the_running_batch_and_turns_the_rest_away() -> None:
    lengths = Lengths(held=True)
    batches = Batches(lengths)
    running = asyncio.create_task(batches.vectors(["running"]))
    await lengths.running()
    queued = asyncio.create_task(batches.vectors(["queued"]))
    await settle()
    closing = asyncio.create_task(batches.close())
    with pytest.raises(Unavailable):
        await queued
    lengths.go.set()
    await closing
    assert float((await running)[0][0]) == 7
    with pytest.raises(Unavailable):
        await batches.vectors(["late"])

"""A batch painted with what memory there is: idle models away, fewer at once, offloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog

from imgen.engines.diffusers.batches import Answer, Ticket
from imgen.engines.diffusers.device import Device, is_full
from imgen.engines.diffusers.memory.loaded import Loaded
from imgen.engines.diffusers.memory.resident import Resident
from imgen.engines.diffusers.memory.room import Room
from imgen.engines.diffusers.order import Order
from imgen.engines.diffusers.paint import Painting, Tell
from imgen.engines.protocol import Abandoned, EngineResult, Progress
from imgen.errors import Unavailable

_log = structlog.get_logger()
Paint = Callable[[Loaded, Sequence[Order], Tell], list[Painting]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Paints in the device's thread; a device that is full is not the end of the worker."""

    device: Device
    resident: Resident
    paint: Paint
    release: Callable[[], bool] = lambda: False
    """Lets go of whatever else is on the device; False when there is nothing."""
    rooms: dict[str, Room] = field(default_factory=dict)
    """Key of a model → what it has shown of its needs."""

    def __call__(self, loaded: Loaded, tickets: Sequence[Ticket]) -> list[Painting]:
        """The paintings of tickets that belong together.

        Raises:
            imgen.errors.Unavailable: not even one fits into memory.
            imgen.errors.Invalid: the model cannot do this.
            imgen.engines.protocol.Abandoned: nobody wants any of them.
            imgen.engines.diffusers.device.DeviceBroken: this process will paint nothing more.
        """
        room = self.rooms.setdefault(loaded.options.key, Room())
        area = _area(tickets)
        painted: list[Painting] = []
        leaving, again = self._others_leaving(loaded), False
        while left := tickets[len(painted) :]:
            chunk = left[: room.most(area, self.resident.departures)]
            found = self._try(loaded, chunk)
            if found is not None:
                painted += found
                again |= room.went_well(limited=room.offloaded or len(chunk) < len(left))
            elif (len(chunk) == 1 or room.others_may_leave) and next(leaving, False):
                room.others_left()
            elif len(chunk) > 1:
                _log.warning("memory.smaller_batch", images=room.was_full(area, len(chunk)))
            else:
                self._offload(room, loaded, chunk[0])
                again = False
        if again and room.offloaded:
            room.offloaded = False
            self.resident.drop(loaded)  # loaded afresh, it starts as it was meant to be
        return painted

    def alone(self, act: Callable[[Progress], EngineResult], progress: Progress) -> EngineResult:
        """Work without a pipeline: again, with one model less each time, while memory is full.

        Raises:
            imgen.errors.ImgenError: what the work raises, or that not even then it fits.
        """
        leaving = self._others_leaving(None)
        while True:
            try:
                return act(progress)
            except Exception as error:
                if not is_full(error):
                    self.device.check(error)
                    raise
            self.device.free()
            if not next(leaving, False):
                raise self._no_room("this picture")

    def _try(self, loaded: Loaded, tickets: Sequence[Ticket]) -> list[Painting] | None:
        """The paintings; None when the device was full."""
        try:
            return self.paint(loaded, [_order(one) for one in tickets], _teller(tickets))
        except Exception as error:
            if not is_full(error):
                self.device.check(error)
                raise
        self.device.free()  # after the error, and with it what its frames held
        return None

    def _others_leaving(self, loaded: Loaded | None) -> Iterator[bool]:
        """Each step makes room: the models used longest ago leave, and at last what else is there.

        That comes back with the work itself, if it is needed, and so leaves once only.
        """
        while self.resident.drop_least_used(but=loaded):
            _log.warning("memory.other_unloaded")
            yield True
        if self.release():
            self.device.free()
            _log.warning("memory.networks_unloaded")
            yield True

    def _offload(self, room: Room, loaded: Loaded, ticket: Ticket) -> None:
        """For a single picture that did not fit, on a device that has nothing else.

        Raises:
            imgen.errors.Unavailable: all is done that can be.
        """
        waits = loaded.offload != "none"
        may = waits or self.resident.main_memory_holds(loaded.bytes(), but=loaded)
        if may and loaded.offload_more():
            room.was_offloaded()
            _log.warning("memory.offloaded", offload=loaded.offload)
            return
        order = _order(ticket)
        raise self._no_room(f"{order.width}x{order.height} pixels with {order.options.weights}")

    def _no_room(self, what: str) -> Unavailable:
        return Unavailable(
            f"The memory of {self.device.name} does not suffice for {what}", code="out_of_memory"
        )


def _area(tickets: Sequence[Ticket]) -> int:
    order = _order(tickets[0])
    return order.width * order.height


def _teller(tickets: Sequence[Ticket]) -> Tell:
    def tell(step: int, of: int) -> None:
        for ticket in tickets:
            ticket.tell(step, of)
        if all(ticket.unwanted for ticket in tickets):
            raise Abandoned

    return tell


def _order(ticket: Ticket) -> Order:
    assert isinstance(ticket.order, Order)
    return ticket.order


def spread(
    groups: Sequence[Sequence[Ticket]],
    paint: Callable[[Sequence[Ticket]], Sequence[Answer]],
    tickets: Sequence[Ticket],
) -> list[Answer]:
    """Paint groups one after the other; a failing one leaves the others alone.

    Returns:
        An answer for each of `tickets`, in their order.
    """
    answers: dict[int, Answer] = {}
    for group in groups:
        try:
            found = paint(group)
        except Exception as error:  # each is told what happened to its own
            found = [error] * len(group)
        answers.update(zip(map(id, group), found, strict=True))
    return [answers[id(ticket)] for ticket in tickets]

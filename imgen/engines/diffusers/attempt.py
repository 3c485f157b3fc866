"""A batch painted with what memory there is: fewer at once, other models away, offloaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
import torch

from imgen.engines.diffusers.batches import Answer, Ticket
from imgen.engines.diffusers.device import Device
from imgen.engines.diffusers.loaded import Loaded
from imgen.engines.diffusers.order import Order, Pixels
from imgen.engines.diffusers.paint import Tell
from imgen.engines.diffusers.resident import Resident
from imgen.engines.protocol import Abandoned
from imgen.errors import Unavailable

_log = structlog.get_logger()
Paint = Callable[[Loaded, Sequence[Order], Tell], list[Pixels]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Paints in the device's thread; a device that is full is not the end of the worker."""

    device: Device
    resident: Resident
    paint: Paint

    def __call__(self, loaded: Loaded, tickets: Sequence[Ticket]) -> list[Pixels]:
        """The paintings of tickets that belong together.

        Raises:
            imgen.errors.Unavailable: not even one fits into memory.
            imgen.errors.Invalid: the model cannot do this.
            imgen.engines.protocol.Abandoned: nobody wants any of them.
        """
        painted: list[Pixels] = []
        while len(painted) < len(tickets):
            most = loaded.largest_batch or len(tickets)
            painted += self._chunk(loaded, tickets[len(painted) :][:most])
        return painted

    def _chunk(self, loaded: Loaded, tickets: Sequence[Ticket]) -> list[Pixels]:
        while True:
            try:
                return self.paint(loaded, [_order(one) for one in tickets], _teller(tickets))
            except torch.OutOfMemoryError:
                pass  # and with it goes what its frames held
            self.device.free()
            if len(tickets) > 1:
                loaded.largest_batch = len(tickets) // 2
                _log.warning("memory.smaller_batch", images=loaded.largest_batch)
                return self(loaded, tickets)
            if self.resident.drop_others(loaded):
                _log.warning("memory.others_unloaded")
            elif loaded.offload_more():
                _log.warning("memory.offloaded", offload=loaded.offload)
            else:
                order = _order(tickets[0])
                raise Unavailable(
                    f"The memory of {self.device.name} does not suffice for "
                    f"{order.width}x{order.height} pixels with {order.options.weights}",
                    code="out_of_memory",
                )


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

"""Makes what `generate` and its siblings ask for: one picture, or a batch of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from imgen.accounts.plans.records import Plan
from imgen.accounts.records import Caller
from imgen.catalog.catalog import Catalog
from imgen.errors import ImgenError, Internal, Invalid, TimedOut, Upstream
from imgen.generation import outcome
from imgen.generation.choose import ChooseModel
from imgen.generation.wait import Deliver
from imgen.surfaces.imageapi_v1 import translate
from imgen.surfaces.imageapi_v1.errors import retry
from imgen.surfaces.imageapi_v1.presets import Preset
from imgen.surfaces.imageapi_v1.show import Show
from imgen.surfaces.imageapi_v1.translate import Wanted
from imgen.surfaces.imageapi_v1.wire import Picture

NAME = "imageapi-v1"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants pictures, and until when."""

    caller: Caller
    plan: Plan
    request_id: str
    deadline: float
    """On the event loop's clock."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Makes pictures and waits for them.

    Args:
        wait_seconds: how long a request may take, a whole batch too.
    """

    catalog: Catalog
    choose: ChooseModel
    deliver: Deliver
    show: Show
    wait_seconds: float

    def order(self, caller: Caller, plan: Plan, request_id: str) -> Order:
        """From now on."""
        now = asyncio.get_running_loop().time()
        return Order(caller, plan, request_id, now + self.wait_seconds)

    def wanted(self, body: Picture, preset: Preset, plan: Plan) -> Wanted:
        """What is to be made, checked as far as it can be before anything is spent.

        Raises:
            imgen.errors.Invalid: the model or the prompt will not do.
            imgen.errors.Forbidden: the plan does not include the model.
        """
        choice = self.choose(body.model, allowed=plan.models)
        return translate.to_wanted(body, preset, choice, self.catalog)

    async def refuse_words(self, caller: Caller, prompt: str) -> None:
        """Refuse to work on a prompt that the floor forbids.

        Raises:
            imgen.errors.Invalid: code `floor`.
        """
        await self.deliver.submit.refuse_words(caller, prompt)

    async def one(self, order: Order, wanted: Wanted) -> dict[str, Any]:
        """`data` of the reply.

        Raises:
            imgen.errors.ImgenError: there is no picture, and why.
        """
        left = order.deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise _too_late(self.wait_seconds)
        delivered = await self.deliver(
            order.caller,
            wanted.request,
            surface=NAME,
            seconds=left,
            request_id=order.request_id,
        )
        done = self._completed(delivered.outcome)
        shown = await self.show(order.caller, order.plan, done.image)
        return {
            "image": shown["image"],
            "seed": wanted.request.seed,
            **translate.named_model(wanted.request),
            "storage": shown["storage"],
            "ignored": translate.ignored(wanted, done),
        }

    async def batch(self, order: Order, items: Sequence[Wanted | ImgenError]) -> dict[str, Any]:
        """`data` of the reply: each result alone, in the order of the items.

        As many are under way at once as the plan allows.
        """
        places = asyncio.Semaphore(order.plan.batch_concurrency)

        async def result(item: Wanted | ImgenError) -> dict[str, Any]:
            async with places:
                return await self._result(order, item)

        return {"results": await asyncio.gather(*map(result, items))}

    async def _result(self, order: Order, item: Wanted | ImgenError) -> dict[str, Any]:
        try:
            if isinstance(item, ImgenError):
                raise item
            return {"success": True, **await self.one(order, item)}
        except ImgenError as error:
            return {"success": False, "error": error.message, **retry(error)}
        except Exception:  # one item's crash must not take the others' pictures away
            _log.exception("item.crashed")
            return {"success": False, "error": Internal("Internal error").message}

    def _completed(self, end: outcome.Outcome) -> outcome.Completed:
        match end:
            case outcome.Completed():
                return end
            case outcome.Blocked(reason=reason):
                raise Invalid(f"The picture was blocked: {reason}", code="blocked")
            case outcome.Failed(reason=reason):
                raise Upstream(f"Image generation failed: {reason}", code="generation_failed")
            case outcome.Cancelled():
                raise Upstream("Image generation was cancelled", code="cancelled")
            case outcome.TimedOut():
                raise _too_late(self.wait_seconds)


def _too_late(seconds: float) -> TimedOut:
    return TimedOut(f"Image generation took more than {seconds:.0f} seconds", code="deadline")

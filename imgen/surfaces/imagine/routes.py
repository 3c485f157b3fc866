"""The paths of Imagine, and what happens to a form between coming in and being answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen.accounts.credits.book import CreditBook
from imgen.accounts.records import Caller
from imgen.catalog.catalog import Catalog
from imgen.database.pool import Database
from imgen.engines.protocol import Task
from imgen.errors import Conflict, Exhausted, Invalid, NotFound, TimedOut, Upstream
from imgen.finishing.encode import Format
from imgen.generation import store
from imgen.generation.choose import ChooseModel
from imgen.generation.inputs import KeepInput
from imgen.generation.outcome import Blocked, Cancelled, Completed, Failed, Outcome
from imgen.generation.request import GenerationRequest
from imgen.generation.wait import Deliver
from imgen.http.connected import while_connected
from imgen.http.fields import read_fields
from imgen.http.gate import Gate, Visit
from imgen.http.surface import JsonResponse, Surface
from imgen.storage.links import Links
from imgen.storage.objects import ObjectStore
from imgen.surfaces.imagine import translate
from imgen.surfaces.imagine.accept import Wanted, wanted
from imgen.surfaces.imagine.errors import NoCredits, credit_headers, render
from imgen.surfaces.imagine.translate import Pictures
from imgen.surfaces.imagine.wishes import OPERATIONS, Operation, Wish
from imgen.uploads.form import Form, open_form
from imgen.uploads.parts import FormLimits
from imgen.uploads.picture import PictureLimits

NAME = "imagine"
STYLES, CREDITS = "/v2/image/styles", "/v2/credits"
_STYLES_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Delivering:
    """What this surface needs of the core to make pictures and hand them out."""

    catalog: Catalog
    choose: ChooseModel
    keep_input: KeepInput
    deliver: Deliver
    credits: CreditBook
    database: Database
    objects: ObjectStore
    links: Links
    link_seconds: int
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Uploads:
    """What may be sent along."""

    form: FormLimits
    picture: PictureLimits
    folder: Path | None = None
    """Where files are kept while a call lasts; None: the system's folder for such things."""
    at_once: int = 4
    """Pictures that one process has in memory at the same time; others wait on the disk."""


@dataclass(frozen=True, slots=True)
class Order:
    """A call that was checked and admitted, its pictures stored."""

    request: GenerationRequest
    wish: Wish
    price: int


class Imagine:
    """The endpoints of this surface."""

    def __init__(self, *, gate: Gate, delivering: Delivering, uploads: Uploads) -> None:
        self._gate = gate
        self._core = delivering
        self._uploads = uploads
        self._hands = asyncio.Semaphore(uploads.at_once)

    def surface(self) -> Surface:
        """What the root needs to know."""
        routes = [
            *(Route(one.path, self._serve(one), methods=["POST"]) for one in OPERATIONS),
            Route(STYLES, self._styles, methods=["GET"]),
            Route(CREDITS, self._credits, methods=["GET"]),
        ]
        prefixes = ("/v2/image", CREDITS, "/v1/imagine")
        return Surface(name=NAME, prefixes=prefixes, routes=routes, render=render)

    def _serve(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            async with self._gate.visit(request, surface=NAME) as visit:
                visit.about(operation.name, {})
                return await self._answer(request, operation, visit)

        return serve

    async def _answer(self, request: Request, operation: Operation, visit: Visit) -> Response:
        async with open_form(
            request.stream(),
            request.headers.get("content-type", ""),
            files=(*operation.files, *operation.may_have),
            folder=self._uploads.folder,
            limits=self._uploads.form,
            announced=_announced(request),
        ) as form:
            visit.about(operation.name, _told(form))
            wish = self._wish(form, operation)
            reply = wanted(
                request.headers.get("accept", ""),
                usual=translate.usual_format(wish),
                transparent=wish.transparent,
            )

            async def act() -> Response:
                order = await self._accepted(visit, form, operation, wish, reply.format)
                return JsonResponse(await self._made(visit, order))

            async with while_connected(request):
                response = await visit.once(await _payload(request, form), act)
        return await self._worded(visit.caller, response, reply)

    def _wish(self, form: Form, operation: Operation) -> Wish:
        catalog = self._core.catalog
        wish = operation.wish(read_fields(operation.form, form.fields), catalog)
        if wish.task is Task.OUTPAINT and "mask" in form.files:
            # The client has made the new frame itself, and says what of it is still to be filled.
            wish = replace(wish, task=Task.INPAINT, ratio=None)
        return translate.checked(wish, catalog)

    async def _accepted(
        self, visit: Visit, form: Form, operation: Operation, wish: Wish, format: Format
    ) -> Order:
        """Find everything that is wrong before any work, count the call, store its pictures."""
        core, caller = self._core, visit.caller
        choice = translate.choose(wish, core.choose, caller.plan.models if caller.plan else ())
        price = translate.price_of(core.catalog, wish, choice)
        files = (*operation.files, *(name for name in operation.may_have if name in form.files))
        async with self._hands:
            opened = await asyncio.to_thread(
                translate.open_pictures, form, files, self._uploads.picture
            )
            pictures, size = translate.framed(wish, opened, choice.model)
            await visit.admit()
            request = translate.to_request(wish, choice, size, format=format)
            await core.deliver.submit.refuse_floor(caller, request)
            request = await self._with(pictures, request)
        return Order(request, wish, price)

    async def _made(self, visit: Visit, order: Order) -> dict[str, Any]:
        core = self._core
        try:
            delivered = await core.deliver(
                visit.caller,
                order.request,
                surface=NAME,
                seconds=core.wait_seconds,
                request_id=visit.request_id,
                price=order.price,
            )
        except Exhausted as error:
            if error.code == "no_credits":
                remaining = await self._remaining(visit.caller)
                raise NoCredits(error.message, cost=order.price, remaining=remaining) from None
            raise
        done = _completed(delivered.outcome)
        url = await core.links.url(done.image.key, expires_in=core.link_seconds)
        remaining = await self._remaining(visit.caller)
        return {
            **translate.facts(delivered.id, order.request, done, order.wish, url=url),
            "credits": {"cost": order.price, "remaining": remaining},
        }

    async def _with(self, pictures: Pictures, request: GenerationRequest) -> GenerationRequest:
        """The request with its pictures in the object store."""
        image, mask, keep = pictures.image, pictures.mask, self._core.keep_input
        if image is not None:
            kind = Format(image.kind.value.lower())
            kept = await keep(image.pixels, original=image.original, format=kind)
            request = replace(request, image_key=kept.key, original_key=kept.original_key)
        if mask is not None:
            request = replace(request, mask_key=(await keep(mask)).key)
        return request

    async def _worded(self, caller: Caller, response: Response, reply: Wanted) -> Response:
        """The facts as they are, or the picture itself with the facts in headers."""
        facts = from_json(bytes(response.body))
        headers = {**credit_headers(**facts["credits"]), "vary": "accept"}
        if not reply.picture:
            response.headers.update(headers)
            return response
        async with self._core.database.connection() as connection:
            job = await store.find(connection, facts["id"], caller.account_id)
        if job is None or not isinstance(job.outcome, Completed):
            raise NotFound("The picture is no longer there", code="picture_gone")
        file = job.outcome.image
        headers |= {name: value for name, value in response.headers.items() if "idem" in name}
        return Response(
            await self._core.objects.get(file.key),
            media_type=file.format.media_type,
            headers=headers | _fact_headers(facts),
        )

    async def _remaining(self, caller: Caller) -> int:
        return (await self._core.credits.balance(caller.account_id)).available

    async def _styles(self, _request: Request) -> Response:
        core = self._core
        looks = [
            translate.look_facts(core.catalog, core.choose, look)
            for look in core.catalog.looks.values()
        ]
        headers = {"cache-control": f"public, max-age={_STYLES_SECONDS}"}
        return JsonResponse({"status": "success", "styles": looks}, headers=headers)

    async def _credits(self, request: Request) -> Response:
        async with self._gate.visit(request, surface=NAME) as visit:
            balance = await self._core.credits.balance(visit.caller.account_id)
            return JsonResponse(
                {
                    "status": "success",
                    "credits": {
                        "remaining": balance.available,
                        "monthly": balance.monthly,
                        "lasting": balance.lasting,
                        "held": balance.held,
                        "granted": balance.granted,
                        "month_ends": balance.month_ends,
                    },
                }
            )


def _completed(outcome: Outcome) -> Completed:
    match outcome:
        case Completed():
            return outcome
        case Blocked(reason=reason):
            raise Invalid(reason, code="blocked")
        case Failed(reason=reason):
            raise Upstream(reason, code="failed")
        case Cancelled():
            raise Conflict("It was cancelled", code="cancelled")
        case _:
            raise TimedOut("It was not done in time", code="deadline")


def _fact_headers(facts: Mapping[str, Any]) -> dict[str, str]:
    """`X-Image-Id`, `X-Image-Width`, …; what does not apply is left out."""
    told = {
        name: ", ".join(value) if isinstance(value, list) else str(value)
        for name, value in facts.items()
        if name not in {"status", "credits"}
    }
    return {f"x-image-{name.replace('_', '-')}": value for name, value in told.items() if value}


def _told(form: Form) -> dict[str, object]:
    """For the request log: the fields, and how large the files are."""
    files = {name: f"{upload.size} bytes" for name, upload in form.files.items()}
    return {**form.fields, **files}


def _announced(request: Request) -> int | None:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else None


async def _payload(request: Request, form: Form) -> bytes:
    """What tells one form from another, where anyone asks: the files are read for it."""
    if "idempotency-key" not in request.headers:
        return b""
    return await asyncio.to_thread(form.digest)

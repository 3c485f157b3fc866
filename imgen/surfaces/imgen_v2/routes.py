"""The one path of Imgen v2, and what each action does."""

from __future__ import annotations

import base64
import random
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgen import clock
from imgen.catalog.catalog import Catalog
from imgen.database.pool import Database
from imgen.engines.registry import Registry
from imgen.errors import Invalid, NotFound
from imgen.generation import store
from imgen.generation.cancel import Cancel
from imgen.generation.job import Job, State
from imgen.generation.mark import KeepMark
from imgen.generation.outcome import Blocked, Cancelled, Completed, Failed, TimedOut
from imgen.generation.repeat import Repeat
from imgen.generation.request import GenerationRequest
from imgen.generation.submit import Submit, Submitted
from imgen.http.body import json_object
from imgen.http.gate import Gate, Visit
from imgen.http.surface import JsonResponse, Surface
from imgen.prompts.enhance import Enhancer
from imgen.prompts.random_prompt import random_prompt
from imgen.prompts.syntax import ParsedPrompt, format_prompt, parse
from imgen.storage.links import Links
from imgen.surfaces.imgen_v2 import translate, wire
from imgen.surfaces.imgen_v2.errors import render

PATH = "/api/v2"
_NAME = "imgen-v2"
_REPEAT_LIVES = timedelta(hours=1)
Action = Callable[[Visit, Mapping[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Generating:
    """What `generate`, `status` and `cancel` need of the core."""

    database: Database
    submit: Submit
    repeat: Repeat
    cancel: Cancel
    keep_mark: KeepMark
    links: Links
    link_seconds: int


class ImgenV2:
    """The actions of this surface."""

    def __init__(
        self,
        *,
        gate: Gate,
        catalog: Catalog,
        engines: Registry,
        enhancer: Enhancer,
        generating: Generating,
        max_body_bytes: int,
    ) -> None:
        self._gate = gate
        self._catalog = catalog
        self._engines = engines
        self._enhancer = enhancer
        self._generating = generating
        self._max_body_bytes = max_body_bytes
        self._actions: dict[str, Action] = {
            "models": self._models,
            "generate": self._generate,
            "status": self._status,
            "cancel": self._cancel,
            "optimize": self._optimize,
            "random": self._random,
        }

    def surface(self) -> Surface:
        """What the root needs to know."""
        route = Route(PATH, self._serve, methods=["POST"])
        return Surface(name=_NAME, prefixes=(PATH,), routes=[route], render=render)

    async def _serve(self, request: Request) -> Response:
        async with self._gate.visit(request, surface=_NAME) as visit:
            fields = await json_object(request, limit=self._max_body_bytes)
            action = self._action(fields)
            visit.about(fields["action"], fields)

            async def act() -> Response:
                return JsonResponse(await action(visit, fields))

            return await (visit.once(fields, act) if action == self._generate else act())

    def _action(self, fields: Mapping[str, Any]) -> Action:
        name = fields.get("action")
        if name is None or name == "":
            raise Invalid("Missing action", code="missing_action", field="action")
        if not isinstance(name, str) or name not in self._actions:
            known = ", ".join(self._actions)
            raise Invalid(f"Unknown action; there are {known}", field="action")
        return self._actions[name]

    async def _models(self, _visit: Visit, _fields: Mapping[str, Any]) -> dict[str, Any]:
        return translate.models_reply(self._catalog, self._engines)

    async def _generate(self, visit: Visit, fields: Mapping[str, Any]) -> dict[str, Any]:
        body = wire.read(wire.Generate, fields)
        prompt = self._parsed(body.prompt)
        if begun := await self._begun(visit):
            return _receipt(Submitted(begun.id, begun.gen_id), begun.request)
        await visit.admit()
        model = translate.pick_model(self._catalog, self._engines, body.model)
        mark_key = await self._generating.keep_mark(body.wm_image) if body.wm_image else ""
        request = translate.to_request(body, prompt, model, mark_key=mark_key)
        if body.use_cache and (repeated := await self._repeated(visit, body, request)):
            return _receipt(repeated, request) | {"cache": True}
        if body.optimize:
            await self._generating.submit.refuse_floor(visit.caller, request)
            better = format_prompt(await self._enhanced(prompt))
            request = replace(request, prompt=better, optimized=True)
        receipt = await self._generating.submit(
            visit.caller, request, surface=_NAME, request_id=visit.request_id
        )
        return _receipt(receipt, request)

    async def _begun(self, visit: Visit) -> Job | None:
        """The job of an earlier call with the same key, whose reply was lost with its process."""
        if not visit.begun_by:
            return None
        async with self._generating.database.connection() as connection:
            return await store.of_request(connection, visit.begun_by, visit.caller.account_id)

    async def _repeated(
        self, visit: Visit, body: wire.Generate, request: GenerationRequest
    ) -> Submitted | None:
        receipt = await self._generating.repeat(
            visit.caller,
            request,
            surface=_NAME,
            request_id=visit.request_id,
            force=body.cache_force,
            pick=body.cache_pick,
        )
        if receipt is None and body.cache_only:
            raise NotFound("No cached result found", code="not_cached")
        return receipt

    async def _status(self, visit: Visit, fields: Mapping[str, Any]) -> dict[str, Any]:
        body = wire.read(wire.Status, fields)
        async with self._generating.database.connection() as connection:
            job = await store.find(connection, body.id, visit.caller.account_id)
        if job is None or _is_over(job):
            raise _bad_id()
        return await self._reply(job, with_progress=body.progress)

    async def _cancel(self, visit: Visit, fields: Mapping[str, Any]) -> dict[str, Any]:
        body = wire.read(wire.Cancel, fields)
        try:
            job = await self._generating.cancel(visit.caller, body.id)
        except NotFound:
            raise _bad_id() from None
        return await self._reply(job, with_progress=False)

    async def _optimize(self, visit: Visit, fields: Mapping[str, Any]) -> dict[str, Any]:
        prompt = self._parsed(wire.read(wire.Optimize, fields).prompt)
        await visit.admit()
        await self._generating.submit.refuse_words(visit.caller, format_prompt(prompt))
        return {"prompt": format_prompt(await self._enhanced(prompt))}

    async def _random(self, visit: Visit, fields: Mapping[str, Any]) -> dict[str, Any]:
        body = wire.read(wire.Random, fields)
        await visit.admit()
        rng = random.Random(secrets.randbits(64))  # noqa: S311 - a choice of words, not a secret
        return {"prompt": random_prompt(self._catalog, rng, body.character)}

    def _parsed(self, text: str) -> ParsedPrompt:
        """The prompt taken apart; its character exists, and it asks for something."""
        prompt = parse(text)
        self._catalog.character_named(prompt.character)
        if not prompt.positive and not prompt.character:
            raise Invalid("Prompt is required", code="prompt_required", field="prompt")
        return prompt

    async def _enhanced(self, prompt: ParsedPrompt) -> ParsedPrompt:
        return await self._enhancer.enhance(prompt, seed=secrets.randbits(32))

    async def _reply(self, job: Job, *, with_progress: bool) -> dict[str, Any]:
        match job.outcome:
            case None:
                return _pending(job, with_progress)
            case Completed() as done:
                seconds = self._generating.link_seconds
                links = self._generating.links
                meta = await translate.meta(job, done, links, link_seconds=seconds)
                cache = {"cache": True} if translate.is_repeat(job) else {}
                return {"status": "COMPLETED", **cache, "meta": meta}
            case Blocked() as blocked:
                return await self._blocked(blocked)
            case Failed(reason=reason):
                return {"status": "FAILED", "error": reason}
            case Cancelled():
                return {"status": "CANCELLED", "error": "Generation was cancelled"}
            case TimedOut():
                return {"status": "TIMED_OUT", "error": "Generation took too long"}

    async def _blocked(self, blocked: Blocked) -> dict[str, Any]:
        url = ""
        if blocked.image_key:
            seconds = self._generating.link_seconds
            url = await self._generating.links.url(blocked.image_key, expires_in=seconds)
        return {
            "status": "COMPLETED",
            "compliance": "unsafe",
            "error": blocked.reason,
            "filter_categories": blocked.categories,
            "unsafe_url": base64.b64encode(url.encode()).decode(),
        }


def _pending(job: Job, with_progress: bool) -> dict[str, Any]:
    status = "IN_QUEUE" if job.state is State.QUEUED else "IN_PROGRESS"
    if not with_progress:
        return {"status": status}
    progress = {"step": job.step, "steps": job.steps, "fraction": round(job.fraction, 3)}
    return {"status": status, "progress": progress}


def _receipt(receipt: Submitted, request: GenerationRequest) -> dict[str, Any]:
    return {
        "id": receipt.id,
        "prompt": request.prompt,
        "model": request.model,
        "format": request.format,
        "gen_id": receipt.gen_id,
    }


def _is_over(job: Job) -> bool:
    """A cached result can be fetched for an hour."""
    return translate.is_repeat(job) and clock.now() - job.created_at > _REPEAT_LIVES


def _bad_id() -> Invalid:
    return Invalid("Bad ID", code="bad_id", field="id")

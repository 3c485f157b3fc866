"""Accept a job: check it, then keep it and enqueue it in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from imgen import clock, ids
from imgen.accounts.credits.spend import reserve
from imgen.accounts.records import Caller
from imgen.accounts.usage.images import count_images
from imgen.catalog.catalog import Catalog
from imgen.database.pool import Connection, Database
from imgen.engines.registry import Registry
from imgen.errors import Invalid, Unavailable
from imgen.generation import store
from imgen.generation.choose import check_plan, check_task
from imgen.generation.queue import Queue, queue_of
from imgen.generation.request import GenerationRequest
from imgen.generation.screen import Screen
from imgen.prompts.compose import all_negatives, compose
from imgen.prompts.syntax import parse


@dataclass(frozen=True, slots=True)
class Submitted:
    """The receipt: from here on the job will be run, whatever is killed."""

    id: str
    gen_id: str


@dataclass(frozen=True, slots=True)
class Submit:
    """Accepts jobs."""

    database: Database
    queue: Queue
    catalog: Catalog
    engines: Registry
    screen: Screen
    deadline: timedelta

    async def __call__(
        self,
        caller: Caller,
        request: GenerationRequest,
        *,
        surface: str,
        request_id: str = "",
        price: int = 0,
        receipt: Submitted | None = None,
    ) -> Submitted:
        """Accept one job: from here on it will be run, and what it costs is set aside.

        Args:
            surface: the door that it came through.
            request_id: of the call that it belongs to.
            price: in credits; 0 where the surface charges none.
            receipt: the ids that it is to have; fresh ones when left out.

        Raises:
            imgen.errors.Invalid: the request names something that is not in the catalog, or asks
                for what may not be made.
            imgen.errors.Forbidden: the caller's plan does not include the model.
            imgen.errors.Exhausted: the plan's images or the account's credits are used up.
            imgen.errors.Unavailable: the model cannot run here, or the database is down.
        """
        self._check(caller, request)
        await self._screen(caller, request)
        receipt = receipt or Submitted(id=ids.job_id(), gen_id=ids.gen_id())
        queue = queue_of(request.model)
        new = store.NewJob(
            id=receipt.id,
            gen_id=receipt.gen_id,
            account_id=caller.account_id,
            key_id=caller.key_id,
            surface=surface,
            request_id=request_id,
            queue=queue,
            priority=caller.plan.priority if caller.plan else 0,
            price=price,
            request=request,
            deadline=clock.now() + self.deadline,
        )
        async with self.database.transaction() as connection:
            turn = await store.insert(connection, new)
            await self._charge(connection, new)
            entry = await self.queue.put(connection, receipt.id, queue, turn, priority=new.priority)
            await store.set_queue_entry(connection, receipt.id, entry)
        return receipt

    async def refuse_floor(self, caller: Caller, request: GenerationRequest) -> None:
        """Refuse what the floor forbids: before the library is asked, or anybody else.

        Raises:
            imgen.errors.Invalid: code `floor`.
        """
        await self.screen.floor(caller.account_id, *self._asked(request))

    async def refuse_words(self, caller: Caller, prompt: str) -> None:
        """The same for a prompt that is only to be worked on: no model hears it either.

        Raises:
            imgen.errors.Invalid: code `floor`.
        """
        await self.screen.floor(caller.account_id, prompt, "")

    async def _screen(self, caller: Caller, request: GenerationRequest) -> None:
        if request.repeat_of:  # cleared before; the ruleset that is asked for does not count
            await self.refuse_floor(caller, request)
            return
        ruleset = request.compliance_ruleset
        await self.screen.prompt(caller.account_id, ruleset, *self._asked(request))

    def _asked(self, request: GenerationRequest) -> tuple[str, str]:
        """The prompt as the engine will get it, since style and character may change what it says;
        and the user's own negatives, wherever they were written."""
        model, parsed = self.catalog.models[request.model], parse(request.prompt)
        composed = compose(
            parsed,
            model=model,
            style=self.catalog.style_for(model, request.style),
            character=self.catalog.character_named(parsed.character),
        )
        return composed.positive, ", ".join(all_negatives(parsed, request.negative))

    async def _charge(self, connection: Connection, new: store.NewJob) -> None:
        """Given back by the database itself when the job ends without a picture."""
        account = new.account_id
        await count_images(connection, account_id=account, request_id=new.request_id)
        if new.price:
            await reserve(
                connection,
                account_id=account,
                job_id=new.id,
                amount=new.price,
                what=f"{new.surface}, {new.request.task}",
            )

    def _check(self, caller: Caller, request: GenerationRequest) -> None:
        model = self.catalog.model_named(request.model)
        check_plan(request.stand_in_for or model.key, caller.plan.models if caller.plan else ())
        if request.repeat_of:  # nothing is made
            return
        if reason := self.engines.obstacle(model):
            raise Unavailable(f"The model {model.key} cannot run here: {reason}", field="model")
        check_task(model, request.task, self.catalog, self.engines)
        if not self.catalog.takes(model, request.style):
            known = ", ".join(model.styles)
            raise Invalid(
                f"{model.key} has no style {request.style}; it has {known}", field="style"
            )
        self.catalog.character_named(parse(request.prompt).character)
        self.screen.check(request.compliance_ruleset)

"""Accept a job: check it, then keep it and enqueue it in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from imgen import clock, ids
from imgen.accounts.records import Caller
from imgen.catalog.catalog import Catalog
from imgen.compliance.rulesets import check_ruleset
from imgen.database.pool import Database
from imgen.engines.registry import Registry
from imgen.errors import Invalid, Unavailable
from imgen.generation import store
from imgen.generation.queue import Queue, queue_of
from imgen.generation.request import GenerationRequest
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
    deadline: timedelta

    async def __call__(
        self,
        caller: Caller,
        request: GenerationRequest,
        *,
        surface: str,
        receipt: Submitted | None = None,
    ) -> Submitted:
        """Accept one job.

        Args:
            receipt: the ids that it is to have; fresh ones when left out.

        Raises:
            imgen.errors.Invalid: the request names something that is not in the catalog.
            imgen.errors.Unavailable: the model cannot run here, or the database is down.
        """
        self._check(request)
        receipt = receipt or Submitted(id=ids.job_id(), gen_id=ids.gen_id())
        queue = queue_of(request.model)
        async with self.database.transaction() as connection:
            turn = await store.insert(
                connection,
                id=receipt.id,
                gen_id=receipt.gen_id,
                account_id=caller.account_id,
                key_id=caller.key_id,
                surface=surface,
                queue=queue,
                request=request,
                deadline=clock.now() + self.deadline,
            )
            entry = await self.queue.put(connection, receipt.id, queue, turn)
            await store.set_queue_entry(connection, receipt.id, entry)
        return receipt

    def _check(self, request: GenerationRequest) -> None:
        model = self.catalog.models.get(request.model)
        if model is None:
            known = ", ".join(self.catalog.models)
            raise Invalid(f"There is no model {request.model}; there are {known}", field="model")
        if reason := self.engines.obstacle(model):
            raise Unavailable(f"The model {model.key} cannot run here: {reason}", field="model")
        if not model.can(request.task):
            able = ", ".join(
                key for key, one in self.catalog.models.items() if one.can(request.task)
            )
            raise Invalid(f"{model.key} cannot do {request.task}; these can: {able}", field="model")
        if request.style not in model.styles:
            known = ", ".join(model.styles)
            raise Invalid(
                f"{model.key} has no style {request.style}; it has {known}", field="style"
            )
        self.catalog.character_named(parse(request.prompt).character)
        check_ruleset(request.compliance_ruleset)

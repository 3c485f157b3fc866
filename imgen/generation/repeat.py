"""Answer a request with a picture of the library instead of making one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imgen import clock, ids
from imgen.accounts.records import Caller
from imgen.database.pool import Database
from imgen.finishing.credentials.words import Words
from imgen.generation import store
from imgen.generation.outcome import Completed, outcome_from_json
from imgen.generation.request import GenerationRequest
from imgen.generation.submit import Submit, Submitted
from imgen.library.image import Filters, Image
from imgen.library.lookup import Lookup, Wish
from imgen.prompts.compose import all_negatives
from imgen.prompts.syntax import parse


@dataclass(frozen=True, slots=True)
class Repeat:
    """Looks a request up, and keeps a job for the picture that answers it."""

    database: Database
    lookup: Lookup
    submit: Submit

    async def __call__(
        self,
        caller: Caller,
        request: GenerationRequest,
        *,
        surface: str,
        force: bool,
        pick: int,
        request_id: str = "",
    ) -> Submitted | None:
        """The receipt of a job that is done (or nearly), or None: nothing answers the request.

        Args:
            surface: the door that it came through.
            force: take the nearest picture, however far.
            pick: one of so many best is taken at random.
            request_id: of the call that it belongs to.

        Raises:
            imgen.errors.Invalid: code `floor`: it may not even be asked for.
        """
        await self.submit.refuse_floor(caller, request)
        image = await self.lookup(_wish(caller, request, force, pick))
        if image is None:
            return None
        receipt = Submitted(id=ids.cache_id(), gen_id=image.id)
        if _wants_another_finish(request, image):
            again = replace(request, repeat_of=image.id)
            return await self.submit(
                caller, again, surface=surface, request_id=request_id, receipt=receipt
            )
        async with self.database.connection() as connection:
            await store.insert_repeat(
                connection,
                id=receipt.id,
                gen_id=receipt.gen_id,
                account_id=caller.account_id,
                key_id=caller.key_id,
                surface=surface,
                request=request,
                outcome=as_served(image),
                deadline=clock.now(),
            )
        return receipt


def as_served(image: Image) -> Completed:
    """The outcome that a repeat has: that of the picture's own job."""
    served = outcome_from_json(dict(image.served or {}))
    assert isinstance(served, Completed)
    return served


def _wish(caller: Caller, request: GenerationRequest, force: bool, pick: int) -> Wish:
    parsed = parse(request.prompt)
    return Wish(
        prompt=parsed.positive,
        negatives=frozenset(all_negatives(parsed, request.negative)),
        filters=Filters(
            account_id=caller.account_id,
            model=request.model,
            style=request.style,
            character=parsed.character,
            strict=True,
        ),
        force=force,
        pick=pick,
    )


def _wants_another_finish(request: GenerationRequest, image: Image) -> bool:
    """Whether the stored file has another format, mark or credentials than those asked for."""
    return request.format != image.format or bool(request.mark_key) or request.words != Words()

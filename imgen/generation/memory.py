"""What the library is told of a finished job."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from pydantic_core import from_json

from imgen.catalog.catalog import Catalog
from imgen.database.pool import Connection, Database
from imgen.errors import ImgenError
from imgen.finishing.encode import decode
from imgen.generation.job import Job
from imgen.generation.outcome import Completed, Outcome, outcome_to_json
from imgen.library import store
from imgen.library.caption.captioner import Captioner
from imgen.library.caption.prompt_captioner import sentence
from imgen.library.image import NewImage
from imgen.library.remember import Remember
from imgen.prompts.compose import all_negatives
from imgen.prompts.syntax import parse
from imgen.storage.objects import ObjectStore

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Memory:
    """Carries finished pictures into the library.

    Args:
        captioner: says what they show.
        remember: gives them their vectors.
        shared: whether every account sees them, or their owner alone.
        unreviewed: whether pictures enter that no review has cleared.
    """

    catalog: Catalog
    database: Database
    objects: ObjectStore
    captioner: Captioner
    remember: Remember
    shared: bool
    unreviewed: bool

    async def keep(self, connection: Connection, job: Job, outcome: Outcome) -> bool:
        """Let the picture in, within the transaction that ends its job; whether it was let in.

        What is served again is not remembered again: the first one is in the library. Nor is what
        was only enlarged or cut out: no words lead to it. What was made from a client's own
        picture is never shared.
        """
        if not isinstance(outcome, Completed) or job.request.repeat_of:
            return False
        if outcome.compliance != "safe" and not self.unreviewed:
            return False
        prompt = parse(job.request.prompt)
        if not prompt.positive and not prompt.character:
            return False
        shared = self.shared and not job.request.image_key
        image = as_new_image(
            job, outcome, self.catalog, caption=sentence(prompt.positive), shared=shared
        )
        await store.add(connection, [image])
        return True

    async def read_new(self, job: Job, outcome: Outcome) -> None:
        """Make what was let in findable; have it looked at where a model can.

        What fails here is left to the janitor; without a look, the prompt's sentence stays.
        """
        try:
            await self.remember()
            if self.captioner.looks and isinstance(outcome, Completed):
                await self._look(job, outcome)
        except ImgenError as error:
            _log.warning("library.not_read_yet", error=error.message)

    async def _look(self, job: Job, done: Completed) -> None:
        parsed = parse(job.request.prompt)
        pixels = await asyncio.to_thread(decode, await self.objects.get(done.image.key))
        caption = await self.captioner.caption(pixels, parsed.positive, parsed.negatives)
        async with self.database.connection() as connection:
            await store.set_caption(connection, job.gen_id, caption)
        await self.remember()


def as_new_image(
    job: Job, done: Completed, catalog: Catalog, *, caption: str, shared: bool
) -> NewImage:
    """The picture of a job as the library keeps it.

    Args:
        caption: what it shows, in a sentence.
        shared: whether every account may see it.
    """
    request = job.request
    parsed = parse(request.prompt)
    model = catalog.models.get(request.model)
    character = catalog.characters.get(parsed.character)
    return NewImage(
        id=job.gen_id,
        account_id=job.account_id,
        shared=shared,
        source="generated",
        prompt=parsed.positive,
        negatives=all_negatives(parsed, request.negative),
        caption=caption,
        model=request.model,
        model_version=model.version if model else "",
        style=request.style,
        character=parsed.character,
        character_version=character.version if character else "",
        width=done.image.width,
        height=done.image.height,
        format=done.image.format,
        seed=request.seed,
        image_key=done.image.key,
        thumbnail_key=done.thumbnail.key,
        fingerprint=done.fingerprint,
        pdq=done.pdq,
        pdq_quality=done.pdq_quality,
        ruleset=request.compliance_ruleset,
        ruleset_version=str(done.ruleset_version) if done.ruleset_version else "",
        compliance=done.compliance,
        served=from_json(outcome_to_json(done)),
    )

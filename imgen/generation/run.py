"""The pipeline: what happens to a job between being started and being done, in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imgen import ids
from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import Model
from imgen.database.pool import Database
from imgen.engines.protocol import EngineRequest, EngineResult, Lora, Progress
from imgen.engines.registry import Registry
from imgen.errors import Invalid
from imgen.finishing.credentials.manifest import Ingredient, Origin
from imgen.finishing.encode import decode
from imgen.finishing.finish import File, Finished, Finisher, FinishOrder
from imgen.generation.job import Job
from imgen.generation.outcome import Blocked, Completed, StoredFile
from imgen.generation.repeat import as_served
from imgen.library import store as library
from imgen.prompts.compose import ComposedPrompt, compose
from imgen.prompts.syntax import parse
from imgen.storage.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Run:
    """Makes the picture of one job."""

    database: Database
    catalog: Catalog
    engines: Registry
    finisher: Finisher
    objects: ObjectStore

    async def __call__(self, job: Job, progress: Progress) -> Completed | Blocked:
        """Make, finish and store the picture.

        Raises:
            imgen.errors.Invalid: it can never be made.
            imgen.errors.ImgenError: it could not be made this time.
            imgen.engines.protocol.Abandoned: `progress` said to stop.
        """
        if job.request.repeat_of:
            return await self._finish_again(job)
        model = self._model(job)
        prompt = self._compose(job, model)
        result = await self._paint(job, model, prompt, progress)
        order = await self._order(job, model=model.label, engine=model.engine)
        finished = await self._finish(result.image, order)
        image, thumbnail = await self._store(job, finished)
        return Completed(
            image=image,
            thumbnail=thumbnail,
            positive=prompt.positive,
            negative=prompt.negative,
            fingerprint=finished.fingerprint,
            engine=model.engine,
            ignored=result.ignored,
            invisible_mark=finished.invisible_mark,
            content_credentials=finished.content_credentials,
            pdq=finished.pdq.hash if finished.pdq else "",
            pdq_quality=finished.pdq.quality if finished.pdq else None,
        )

    async def _finish_again(self, job: Job) -> Completed:
        """A picture of the library, in another format, with another mark or other credentials."""
        async with self.database.connection() as connection:
            found = await library.find(connection, job.request.repeat_of, job.account_id)
        if found is None:
            raise Invalid("The stored picture is no longer there")
        served = as_served(found)
        stored = await self.objects.get(found.image_key)
        order = await self._order(job, engine=served.engine, stored=stored, served=served)
        pixels = await asyncio.to_thread(decode, stored)
        finished = await self._finish(pixels, order)
        image, thumbnail = await self._store(job, finished)
        return replace(served, image=image, thumbnail=thumbnail)

    def _model(self, job: Job) -> Model:
        """A job may outlive its model: a catalog can change while it waits."""
        model = self.catalog.models.get(job.request.model)
        if model is None:
            raise Invalid(f"The model {job.request.model} is no longer offered", field="model")
        return model

    def _compose(self, job: Job, model: Model) -> ComposedPrompt:
        parsed = parse(job.request.prompt)
        return compose(
            parsed,
            model=model,
            style=self.catalog.style_for(model, job.request.style),
            character=self.catalog.character_named(parsed.character),
            negative=job.request.negative,
        )

    async def _paint(
        self, job: Job, model: Model, prompt: ComposedPrompt, progress: Progress
    ) -> EngineResult:
        request = job.request
        return await self.engines.engine(model).run(
            EngineRequest(
                task=request.task,
                model=model.key,
                prompt=prompt.positive,
                negative_prompt=prompt.negative,
                width=request.width,
                height=request.height,
                seed=request.seed,
                steps=request.steps,
                guidance_scale=request.guidance_scale,
                style=request.style,
                loras=self._loras(job, model),
                options=model.options,
            ),
            progress,
        )

    def _loras(self, job: Job, model: Model) -> tuple[Lora, ...]:
        """The LoRAs of the style and the character, where they were trained for this model."""
        entries = (
            self.catalog.style_for(model, job.request.style),
            self.catalog.character_named(parse(job.request.prompt).character),
        )
        return tuple(
            Lora(entry.key, entry.lora.weight)
            for entry in entries
            if entry is not None and entry.lora is not None and entry.lora.fits(model)
        )

    async def _order(
        self,
        job: Job,
        *,
        model: str = "",
        engine: str = "",
        stored: bytes = b"",
        served: Completed | None = None,
    ) -> FinishOrder:
        """How the picture is to be finished; of a stored one, that it is the ingredient."""
        request = job.request
        mark = await self.objects.get(request.mark_key) if request.mark_key else b""
        ingredients = (
            (Ingredient(stored, served.image.format.media_type, title=served.image.filename),)
            if served
            else ()
        )
        return FinishOrder(
            format=request.format,
            quality=request.quality,
            lossless=request.lossless,
            mark_image=await asyncio.to_thread(decode, mark) if mark else None,
            placement=request.placement,
            payload=ids.payload_of(job.gen_id),
            already_marked=served is not None and served.invisible_mark,
            gen_id=job.gen_id,
            words=request.words,
            origin=Origin.CONVERTED if served else Origin.CREATED,
            ingredients=ingredients,
            model=model,
            engine=engine,
        )

    async def _finish(self, pixels: NDArray[np.uint8], order: FinishOrder) -> Finished:
        return await asyncio.to_thread(self.finisher.finish, pixels, order)

    async def _store(self, job: Job, finished: Finished) -> tuple[StoredFile, StoredFile]:
        stem = f"{job.gen_id}_{finished.fingerprint}_00001"
        image, thumbnail = await asyncio.gather(  # both wait for the disk
            self._put(job, finished.image, stem),
            self._put(job, finished.thumbnail, f"{stem}_thumb"),
        )
        return image, thumbnail

    async def _put(self, job: Job, file: File, stem: str) -> StoredFile:
        """Every try writes to the same place, so that a repeated one leaves nothing behind."""
        filename = f"{stem}.{file.format.extension}"
        folder = job.id if job.request.repeat_of else job.gen_id
        key = f"images/{job.gen_id[:2]}/{folder}/{filename}"
        await self.objects.put(key, file.data, file.format.media_type)
        return StoredFile(key, filename, file.format, file.width, file.height, len(file.data))

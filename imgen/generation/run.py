"""The pipeline: what happens to a job between being started and being done, in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import Model
from imgen.engines.protocol import EngineRequest, EngineResult, Lora, Progress
from imgen.engines.registry import Registry
from imgen.errors import Invalid
from imgen.finishing.finish import File, Finished, finish
from imgen.generation.job import Job
from imgen.generation.outcome import Blocked, Completed, StoredFile
from imgen.prompts.compose import ComposedPrompt, compose
from imgen.prompts.syntax import parse
from imgen.storage.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Run:
    """Makes the picture of one job."""

    catalog: Catalog
    engines: Registry
    objects: ObjectStore

    async def __call__(self, job: Job, progress: Progress) -> Completed | Blocked:
        """Make, finish and store the picture.

        Raises:
            imgen.errors.Invalid: it can never be made.
            imgen.errors.ImgenError: it could not be made this time.
            imgen.engines.protocol.Abandoned: `progress` said to stop.
        """
        model = self._model(job)
        prompt = self._compose(job, model)
        result = await self._paint(job, model, prompt, progress)
        finished = await self._finish(job, result)
        image, thumbnail = await self._store(job, finished)
        return Completed(
            image=image,
            thumbnail=thumbnail,
            positive=prompt.positive,
            negative=prompt.negative,
            fingerprint=finished.fingerprint,
            engine=model.engine,
            ignored=result.ignored,
        )

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

    async def _finish(self, job: Job, result: EngineResult) -> Finished:
        request = job.request
        return await asyncio.to_thread(
            finish,
            result.image,
            format=request.format,
            quality=request.quality,
            lossless=request.lossless,
        )

    async def _store(self, job: Job, finished: Finished) -> tuple[StoredFile, StoredFile]:
        stem = f"{job.gen_id}_{finished.fingerprint}_00001"
        return (
            await self._put(job, finished.image, stem),
            await self._put(job, finished.thumbnail, f"{stem}_thumb"),
        )

    async def _put(self, job: Job, file: File, stem: str) -> StoredFile:
        """Every try writes to the same place, so that a repeated one leaves nothing behind."""
        filename = f"{stem}.{file.format.extension}"
        key = f"images/{job.gen_id[:2]}/{job.gen_id}/{filename}"
        await self.objects.put(key, file.data, file.format.media_type)
        return StoredFile(key, filename, file.format, file.width, file.height, len(file.data))

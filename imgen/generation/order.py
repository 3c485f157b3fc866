"""How a job's picture is to be finished, as its request says it."""

from __future__ import annotations

from imgen import ids
from imgen.finishing.credentials.manifest import Ingredient, Origin
from imgen.finishing.finish import FinishOrder
from imgen.generation.inputs import Inputs, keeps_the_picture
from imgen.generation.job import Job
from imgen.generation.make import Made
from imgen.generation.outcome import Completed


def order_for_made(job: Job, made: Made, inputs: Inputs) -> FinishOrder:
    """For a picture that an engine made."""
    return _order(
        job,
        inputs,
        model=made.model.label,
        engine=made.engine,
        origin=_origin(job, inputs),
        ingredients=inputs.ingredients,
    )


def order_for_stored(job: Job, inputs: Inputs, stored: bytes, served: Completed) -> FinishOrder:
    """For a picture of the library: another format, another mark or other credentials.

    Args:
        stored: its file, which becomes the ingredient.
        served: the outcome of the job that made it.
    """
    file = served.image
    return _order(
        job,
        inputs,
        engine=served.engine,
        origin=Origin.CONVERTED,
        ingredients=(Ingredient(stored, file.format.media_type, title=file.filename),),
        already_marked=served.invisible_mark,
    )


def _order(
    job: Job,
    inputs: Inputs,
    *,
    engine: str,
    origin: Origin,
    ingredients: tuple[Ingredient, ...],
    model: str = "",
    already_marked: bool = False,
) -> FinishOrder:
    request = job.request
    return FinishOrder(
        format=request.format,
        quality=request.quality,
        lossless=request.lossless,
        mark_image=inputs.watermark,
        placement=request.placement,
        payload=ids.payload_of(job.gen_id),
        already_marked=already_marked,
        gen_id=job.gen_id,
        words=request.words,
        origin=origin,
        ingredients=ingredients,
        model=model,
        engine=engine,
    )


def _origin(job: Job, inputs: Inputs) -> Origin:
    if inputs.image is None:
        return Origin.CREATED
    return Origin.ENHANCED if keeps_the_picture(job.request.task) else Origin.EDITED

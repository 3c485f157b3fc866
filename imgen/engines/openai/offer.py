"""What one model of an OpenAI-style server is and takes, as its catalog options say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from imgen.engines.openai.dialects import DIALECTS, Dialect, Edit, dialect_name
from imgen.engines.protocol import EngineRequest, Task
from imgen.engines.remote.canvas import MASKED
from imgen.engines.remote.options import Options
from imgen.engines.remote.placement import Placement, Size, in_one_of, in_steps
from imgen.engines.remote.server import checked_url
from imgen.errors import Invalid

_SIZE = re.compile(r"([1-9][0-9]{1,4})x([1-9][0-9]{1,4})")
_STEP = 16
_MOST_PIXELS = 2_100_000


@dataclass(frozen=True, slots=True)
class Offer:
    """One model on one server."""

    url: str
    """Base URL, up to and with `/v1`."""
    model: str
    """Its name there; empty where a server has only one."""
    dialect: Dialect
    sizes: tuple[Size, ...]
    """The sizes that it makes; empty: any whose sides are multiples of 16."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """Further fields of each request: `{ quality = "high" }`."""

    @property
    def tasks(self) -> frozenset[Task]:
        """What it can do."""
        edits = {Task.IMAGE_TO_IMAGE} if self.dialect.edit else frozenset()
        return frozenset({Task.TEXT_TO_IMAGE}) | edits | (MASKED if self.dialect.inpaint else edits)

    def edit(self, task: Task) -> Edit | None:
        """How the task is asked for; None for a new picture."""
        return self.dialect.inpaint if task in MASKED else self._edit(task)

    def _edit(self, task: Task) -> Edit | None:
        return self.dialect.edit if task is Task.IMAGE_TO_IMAGE else None

    def placement(self, request: EngineRequest) -> Placement:
        """The frame that it works in, for a result of the request's size."""
        if self.sizes:
            return in_one_of(request.width, request.height, self.sizes)
        return in_steps(
            request.width,
            request.height,
            step=_STEP,
            most_pixels=_MOST_PIXELS,
            least_pixels=self.dialect.least_pixels,
            longest=self.dialect.longest,
        )

    def ignored(self, request: EngineRequest) -> tuple[str, ...]:
        """Fields of the request that it does not take."""
        edit = self.edit(request.task)
        takes = {*(edit.fields if edit else self.dialect.fields)}
        if self.dialect.negative_after and (edit is None or edit.inline):
            takes.add("negative_prompt")
        if self.dialect.transparent:
            takes.add("transparent")
        asked = {
            "negative_prompt": bool(request.negative_prompt),
            "seed": True,
            "steps": True,
            "guidance_scale": True,
            "strength": request.task is Task.IMAGE_TO_IMAGE,
            "loras": bool(request.loras),
            "control": request.control is not None,
            "transparent": request.transparent,
        }
        return tuple(name for name, wanted in asked.items() if wanted and name not in takes)


def read_offer(given: Mapping[str, object], default_url: str) -> Offer:
    """The offer in a model's options.

    Args:
        default_url: the deployment's server, for models that name none.

    Raises:
        imgen.errors.Invalid: an option is missing or wrong.
    """
    options = Options(given)
    url, model = options.text("url") or default_url, options.text("model")
    if not url:
        raise Invalid("No OpenAI-style server is configured", field="url")
    name = dialect_name(options.text("dialect"), model)
    if name not in DIALECTS:
        known = ", ".join(DIALECTS)
        raise Invalid(f"The model's option dialect must be one of {known}", field="dialect")
    sizes = _sizes(options.texts("sizes")) or DIALECTS[name].sizes
    return Offer(
        checked_url(url, "the server"), model, DIALECTS[name], sizes, options.table("extra")
    )


def obstacle(options: Mapping[str, object], settings: Mapping[str, object]) -> str:
    """Why a model cannot run, in one clause; empty when nothing is in the way."""
    try:
        read_offer(options, str(settings.get("url", "")))
    except Invalid as error:
        return error.message[:1].lower() + error.message[1:]
    return ""


def _sizes(given: Sequence[str]) -> tuple[Size, ...]:
    found = []
    for one in given:
        match = _SIZE.fullmatch(one)
        if match is None:
            raise Invalid("The model's option sizes must look like 1024x1024", field="sizes")
        found.append((int(match[1]), int(match[2])))
    return tuple(found)

"""What a client wants, in strict terms: every surface translates to this, every worker reads it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import TypeAdapter

from imgen.engines.protocol import Task
from imgen.finishing.credentials.words import Words
from imgen.finishing.encode import Format
from imgen.finishing.visible import Placement


@dataclass(frozen=True, slots=True)
class ControlHint:
    """What of the input picture guides the new one."""

    kind: str
    """`openpose`, `scribble`, `canny`, `lineart` or `depth`."""
    strength: float = 1.0
    """0 has no effect, 1 follows the hint closely."""


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One picture to make."""

    prompt: str
    """As resolved: `@character positive, -negative`."""
    model: str
    """Key of the catalog."""
    style: str
    """Key of the catalog, one that the model offers."""
    width: int
    """Of the delivered picture, in pixels; the model may render at another size of its own."""
    height: int
    """Likewise."""
    seed: int
    steps: int
    guidance_scale: float
    task: Task = Task.TEXT_TO_IMAGE
    image_key: str = ""
    """Where the input picture is in the object store, its pixels as they are worked on."""
    original_key: str = ""
    """Where the input file is as it was sent: the credentials name it as an ingredient."""
    mask_key: str = ""
    """Where the mask is: white where to paint, black where to keep."""
    strength: float = 0.85
    """Of image_to_image: 0 gives the input back, 1 ignores it."""
    control: ControlHint | None = None
    """What else of the input picture guides the model."""
    transparent: bool = False
    """Whether the subject is to stand on transparency."""
    stand_in_for: str = ""
    """The model that was asked for, where another stands in for it; empty: none does."""
    negative: str = ""
    """Negatives beside those in the prompt, comma-separated."""
    format: Format = Format.JPEG
    quality: int = 95
    lossless: bool = False
    optimized: bool = False
    """Whether the prompt went through the enhancer."""
    compliance_ruleset: str = "default"
    precompliance: str = ""
    placement: Placement = field(default_factory=Placement)
    """Of the client's visible mark."""
    mark_key: str = ""
    """Where the visible mark is in the object store; empty: none."""
    words: Words = field(default_factory=Words)
    """What the content credentials are to say; empty ones say the deployment's."""
    repeat_of: str = ""
    """Id of a picture of the library that is finished again instead of a new one being made."""


_adapter = TypeAdapter(GenerationRequest)


def request_to_json(request: GenerationRequest) -> bytes:
    """For the database."""
    return _adapter.dump_json(request)


def request_from_json(value: object) -> GenerationRequest:
    """From the database's decoded JSON."""
    return _adapter.validate_python(value)

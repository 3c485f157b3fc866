"""What a client wants, in strict terms: every surface translates to this, every worker reads it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import TypeAdapter

from imgen.engines.protocol import Task
from imgen.finishing.encode import Format


@dataclass(frozen=True, slots=True)
class VisibleMark:
    """Where and how the client's watermark is laid over the picture."""

    position: str = "bottom-right"
    scale: int = 5
    """Percent of the picture's width."""
    transparency: int = 100
    """Opacity in percent: 100 is opaque."""
    rotation: int = 0
    """Degrees."""
    padding_x: int = 10
    """Pixels."""
    padding_y: int = 10
    """Pixels."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the client wants the content credentials to say; empty: the deployment's own words."""

    author: str = ""
    title: str = ""
    description: str = ""
    organization: str = ""
    vendor: str = ""


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
    height: int
    seed: int
    steps: int
    guidance_scale: float
    task: Task = Task.TEXT_TO_IMAGE
    negative: str = ""
    """Negatives beside those in the prompt, comma-separated."""
    format: Format = Format.JPEG
    quality: int = 95
    lossless: bool = False
    optimized: bool = False
    """Whether the prompt went through the enhancer."""
    compliance_ruleset: str = "default"
    precompliance: str = ""
    mark: VisibleMark = field(default_factory=VisibleMark)
    credentials: Credentials = field(default_factory=Credentials)


_adapter = TypeAdapter(GenerationRequest)


def request_to_json(request: GenerationRequest) -> bytes:
    """For the database."""
    return _adapter.dump_json(request)


def request_from_json(value: object) -> GenerationRequest:
    """From the database's decoded JSON."""
    return _adapter.validate_python(value)

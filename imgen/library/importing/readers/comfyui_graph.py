"""ComfyUI's graph, in either of the forms that it writes: what ran, and what the editor drew.

`prompt` is what ran: `{id: {"class_type": …, "inputs": {name: value or [id, output]}}}`.
`workflow` is what was drawn: `nodes` with `widgets_values`, and `links` between them. It lacks the
names of most values, so the order of a few common nodes' values is written down here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MOST_NODES = 5_000
_NOT_RUN = {2, 4}
"""Modes of drawn nodes: never, bypassed."""
_SDXL = ("width", "height", "crop_w", "crop_h", "target_width", "target_height")
_VALUES: Mapping[str, tuple[str, ...]] = {
    "CLIPTextEncode": ("text",),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl"),
    "CLIPTextEncodeSD3": ("clip_l", "clip_g", "t5xxl"),
    "CLIPTextEncodeSDXL": (*_SDXL, "text_g", "text_l"),
    "CLIPTextEncodeSDXLRefiner": ("ascore", "width", "height", "text"),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name",),
    "UnetLoaderGGUF": ("unet_name",),
    "EmptyLatentImage": ("width", "height"),
    "EmptySD3LatentImage": ("width", "height"),
    "KSampler": ("seed", "control", "steps"),
    "KSamplerAdvanced": ("add_noise", "noise_seed", "control", "steps"),
    "RandomNoise": ("noise_seed",),
    "BasicScheduler": ("scheduler", "steps"),
    "PrimitiveNode": ("value",),
    "PrimitiveString": ("value",),
    "PrimitiveStringMultiline": ("value",),
}


@dataclass(frozen=True, slots=True)
class Link:
    """Where an input comes from."""

    node: str
    output: int


@dataclass(frozen=True, slots=True)
class Node:
    """One step of the graph."""

    kind: str
    """Its class: `KSampler`, `CLIPTextEncode`."""
    inputs: Mapping[str, Any]
    """Values, and `Link`s to other nodes."""

    def links(self) -> Iterator[tuple[str, Link]]:
        """The inputs that come from other nodes."""
        for name, value in self.inputs.items():
            if isinstance(value, Link):
                yield name, value


Graph = Mapping[str, Node]


def of_prompt(prompt: Mapping[str, Any]) -> Graph:
    """The graph that ran. What has not the form of a node is left out."""
    graph: dict[str, Node] = {}
    for name, node in list(prompt.items())[:_MOST_NODES]:
        if not isinstance(node, dict) or not isinstance(node.get("class_type"), str):
            continue
        inputs = node.get("inputs")
        inputs = inputs if isinstance(inputs, dict) else {}
        graph[name] = Node(
            node["class_type"], {key: _input(value) for key, value in inputs.items()}
        )
    return graph


def of_workflow(workflow: Mapping[str, Any]) -> Graph:
    """The graph that was drawn, as far as the names of its values are known."""
    origins = _origins(workflow.get("links"))
    nodes = workflow.get("nodes")
    graph: dict[str, Node] = {}
    for node in nodes[:_MOST_NODES] if isinstance(nodes, list) else ():
        if not isinstance(node, dict) or node.get("mode") in _NOT_RUN:
            continue
        kind = str(node.get("type", ""))
        graph[str(node.get("id"))] = Node(kind, _values(node, kind) | _linked(node, origins))
    return graph


def _input(value: Any) -> Any:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int):
        return Link(str(value[0]), value[1]) if isinstance(value[1], int) else value
    return value


def _origins(links: Any) -> dict[Any, Link]:
    """Link's id → where it begins. A link is `[id, from, output, to, input, type]`."""
    origins: dict[Any, Link] = {}
    for link in links[: 4 * _MOST_NODES] if isinstance(links, list) else ():
        if isinstance(link, list) and len(link) >= 3 and isinstance(link[0], int):
            origins[link[0]] = Link(str(link[1]), link[2] if isinstance(link[2], int) else 0)
    return origins


def _linked(node: Mapping[str, Any], origins: Mapping[Any, Link]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    inputs = node.get("inputs")
    for one in inputs if isinstance(inputs, list) else ():
        number = one.get("link") if isinstance(one, dict) else None
        if isinstance(number, int) and number in origins:
            found[str(one.get("name"))] = origins[number]
    return found


def _values(node: Mapping[str, Any], kind: str) -> dict[str, Any]:
    values = node.get("widgets_values")
    if isinstance(values, dict):
        return {str(name): value for name, value in values.items()}
    if not isinstance(values, list):
        return {}
    names = _VALUES.get(kind)
    if names is None and len(texts := [value for value in values if isinstance(value, str)]) == 1:
        return {"text": texts[0]}
    return dict(zip(names or (), values, strict=False))

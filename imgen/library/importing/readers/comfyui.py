"""ComfyUI's graphs: from the node that saves, back to the sampler, to its texts and its model.

PNG has the graph as the texts `prompt` and `workflow`, WebP in EXIF (see `material.py`); some
extensions write both as one JSON object into the UserComment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from imgen.library.importing.found import (
    Found,
    as_model,
    as_negatives,
    as_number,
    as_prompt,
)
from imgen.library.importing.material import Material, as_object
from imgen.library.importing.readers.comfyui_graph import (
    Graph,
    Link,
    Node,
    of_prompt,
    of_workflow,
)

_MOST_STEPS = 20_000
_MOST_TEXTS = 50
_TEXTS = (
    *("populated_text", "text", "text_g", "text_l", "clip_g", "clip_l", "t5xxl", "llama"),
    *("prompt", "string", "value", "result", "text_positive", "wildcard_text", "text_0"),
)
"""Inputs that hold words, by their names in common nodes."""
_PARTS = re.compile(r"(?:string|text|prompt|str)_?(?:[a-h]|[1-9])")
_SAVES = re.compile(r"save|preview|output", re.IGNORECASE)
_MODELS = ("ckpt_name", "unet_name", "model_name", "base_ckpt_name", "gguf_name", "model_path")
_SEEDS = ("seed", "noise_seed", "value", "int", "number")
_SLOTS = ("positive", "negative")


def read(file: Material) -> Found | None:
    """What the graph says; None where there is none, or it has no sampler."""
    for graph in _graphs(file):
        sampler = _sampler(graph)
        if sampler is not None:
            return _Walk(graph).found(sampler)
    return None


def _graphs(file: Material) -> Iterator[Graph]:
    both = as_object(file.texts.get("UserComment", "")) or {}
    prompt = as_object(file.texts.get("prompt", "")) or both.get("prompt")
    workflow = as_object(file.texts.get("workflow", "")) or both.get("workflow")
    if isinstance(prompt, dict):
        yield of_prompt(prompt)
    if isinstance(workflow, dict):
        yield of_workflow(workflow)


def _is_sampler(node: Node) -> bool:
    inputs = node.inputs
    if isinstance(inputs.get("guider"), Link):
        return True
    seeded = "seed" in inputs or "noise_seed" in inputs or "noise" in inputs
    return "positive" in inputs and (seeded or "latent_image" in inputs)


def _sampler(graph: Graph) -> Node | None:
    """The sampler nearest to what was saved, else any: an enlargement comes after the picture."""
    saves = [name for name, node in graph.items() if _SAVES.search(node.kind)]
    waiting, seen = saves, set(saves)
    while waiting:
        following: list[str] = []
        for name in waiting:
            node = graph.get(name)
            if node is None:
                continue
            if _is_sampler(node):
                return node
            following += [link.node for _, link in node.links() if link.node not in seen]
            seen.update(following)
        waiting = following
    return next((node for node in graph.values() if _is_sampler(node)), None)


class _Walk:
    """Follows links backwards; a budget ends it in graphs made to be walked for ever."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._steps = 0

    def found(self, sampler: Node) -> Found | None:
        guider = self._at(sampler.inputs.get("guider")) or sampler
        positive = guider.inputs.get("positive", guider.inputs.get("conditioning"))
        if positive is None:
            positive = guider.inputs.get("cond1")
        model = guider.inputs.get("model", sampler.inputs.get("model"))
        found = Found(
            prompt=as_prompt(self._texts(positive, "positive")),
            negatives=as_negatives(self._texts(guider.inputs.get("negative"), "negative")),
            model=as_model(self._value(model, _MODELS, str)),
            seed=as_number(self._seed(sampler)),
            steps=as_number(self._value(sampler.inputs.get("steps"), ("steps", "value"), int))
            or as_number(self._value(sampler.inputs.get("sigmas"), ("steps",), int)),
            width=as_number(self._value(sampler.inputs.get("latent_image"), ("width",), int)),
            height=as_number(self._value(sampler.inputs.get("latent_image"), ("height",), int)),
        )
        return None if found.is_empty else found

    def _seed(self, sampler: Node) -> Any:
        for name in ("seed", "noise_seed", "noise"):
            if name in sampler.inputs:
                return self._value(sampler.inputs[name], _SEEDS, int)
        return None

    def _at(self, value: Any) -> Node | None:
        return self._graph.get(value.node) if isinstance(value, Link) else None

    def _texts(self, value: Any, role: str) -> str:
        """The words behind a conditioning, or behind a text."""
        parts = list(dict.fromkeys(filter(None, self._words(value, role, frozenset()))))
        whole = [
            part for part in parts if not any(part in other and part != other for other in parts)
        ]
        return ", ".join(whole)

    def _words(self, value: Any, role: str, above: frozenset[str]) -> Iterator[str]:
        if isinstance(value, str):
            yield value.strip()
        node = self._at(value)
        self._steps += 1
        if node is None or value.node in above or self._steps > _MOST_STEPS or len(above) > 200:
            return
        if node.kind == "ConditioningZeroOut":
            return
        for name in self._ways(node, value.output, role):
            yield from self._words(node.inputs[name], role, above | {value.node})

    def _ways(self, node: Node, output: int, role: str) -> list[str]:
        """Where a node has its words from: the inputs to follow."""
        inputs = node.inputs
        if all(isinstance(inputs.get(slot), Link) for slot in _SLOTS) and output < len(_SLOTS):
            return [_SLOTS[output]]
        if role in inputs:
            return [role]
        texts = [name for name in _TEXTS if isinstance(inputs.get(name), str | Link)]
        if "populated_text" in texts:
            return ["populated_text"]
        parts = [name for name in inputs if _PARTS.fullmatch(name)]
        if texts or parts:
            return list(dict.fromkeys([*texts, *parts]))
        return [name for name, _ in node.links() if name.startswith("cond") or name == "source"]

    def _value(self, value: Any, names: tuple[str, ...], kind: type) -> Any:
        """The nearest value of one of these names, at or behind an input."""
        waiting, seen = [value], set[str]()
        while waiting:
            one = waiting.pop(0)
            if isinstance(one, kind):
                return one
            node = self._at(one)
            if node is None or one.node in seen or len(seen) > _MOST_STEPS:
                continue
            seen.add(one.node)
            for name in names:
                held = node.inputs.get(name)
                if isinstance(held, kind):
                    return held
                if isinstance(held, Link):
                    waiting.append(held)
            waiting += [link for name, link in node.links() if name not in {"clip", "vae"}]
        return None

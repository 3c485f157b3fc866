"""An operator's own workflow, exported in API format, with `{{placeholders}}` for the request.

A value that is a placeholder alone (`"{{seed}}"`) takes the field's own type; inside other text
it is put in as text. `{{lora_1}}` and `{{lora_1_weight}}` (to 8) stand for LoRAs: a node whose
LoRA a request does not use is left out, and what it passed on is taken from before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from imgen.engines.comfyui.graph import Workflow
from imgen.errors import Invalid

_PLACEHOLDER = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
_LORA = re.compile(r"lora_([1-8])(?:_weight)?")
FIELDS = frozenset(
    {
        "prompt",
        "negative_prompt",
        "seed",
        "steps",
        "guidance_scale",
        "strength",
        "width",
        "height",
        "image",
        "mask",
        "style",
        "control",
        "control_strength",
    }
)
"""The placeholders there are, beside those of LoRAs."""
_LARGEST_FILE = 4 * 1024 * 1024
_PASSED_ON = ("model", "clip")
"""A LoRA node's outputs, in order, by the inputs that they come from."""


@dataclass(frozen=True, slots=True)
class Template:
    """A workflow that waits for a request."""

    nodes: Mapping[str, Mapping[str, object]]
    names: frozenset[str]
    """The placeholders in it."""

    @property
    def loras(self) -> int:
        """How many LoRAs it has room for."""
        found = [int(match[1]) for name in self.names if (match := _LORA.fullmatch(name))]
        return max(found, default=0)

    def filled(self, values: Mapping[str, object]) -> Workflow:
        """The workflow of one request.

        Args:
            values: placeholder → value. LoRAs that are not there are left out.
        """
        nodes: Workflow = json.loads(json.dumps(self.nodes))
        for name, node in list(nodes.items()):
            if _lora_of(node) - set(values):
                _leave_out(nodes, name)
        return {name: _fill_node(node, values) for name, node in nodes.items()}


def read_template(path: Path) -> Template:
    """The template in a file; read again when the file changes.

    Raises:
        imgen.errors.Invalid: it is not there, no workflow in API format, or names a placeholder
            that does not exist.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        raise Invalid(f"The workflow {path.name} is not there", field="workflow") from None
    return _read(path, changed)


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> Template:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise Invalid(f"The workflow {path.name} is too large", field="workflow")
        return parse_template(json.loads(path.read_bytes()), path.name)
    except (OSError, ValueError, RecursionError):
        raise Invalid(f"The workflow {path.name} is not JSON", field="workflow") from None


def parse_template(given: object, name: str) -> Template:
    """The template in parsed JSON; see `read_template`."""
    if not isinstance(given, dict) or not given or not all(map(_is_node, given.values())):
        hint = "; export it with Workflow → Export (API)"
        raise Invalid(f"{name} is no workflow in API format{hint}", field="workflow")
    names = frozenset(_PLACEHOLDER.findall(json.dumps(given)))
    unknown = sorted(one for one in names - FIELDS if not _LORA.fullmatch(one))
    if unknown:
        raise Invalid(f"{name} has an unknown placeholder {unknown[0]}", field="workflow")
    return Template(given, names)


def _is_node(node: object) -> bool:
    return (
        isinstance(node, dict)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), dict)
    )


def _lora_of(node: Mapping[str, object]) -> set[str]:
    """Placeholders of LoRA files in a node."""
    found = _PLACEHOLDER.findall(json.dumps(node["inputs"]))
    return {one for one in found if _LORA.fullmatch(one) and not one.endswith("_weight")}


def _leave_out(nodes: Workflow, name: str) -> None:
    """Take a node away; who listened to it now listens to what it listened to."""
    before = nodes.pop(name)["inputs"]
    assert isinstance(before, dict)
    for node in nodes.values():
        inputs = node["inputs"]
        assert isinstance(inputs, dict)
        for key, value in inputs.items():
            if isinstance(value, list) and len(value) == 2 and str(value[0]) == name:
                inputs[key] = before.get(_PASSED_ON[1 if value[1] == 1 else 0], value)


def _fill_node(node: Mapping[str, object], values: Mapping[str, object]) -> dict[str, object]:
    inputs = node["inputs"]
    assert isinstance(inputs, dict)
    return {**node, "inputs": {key: _fill(value, values) for key, value in inputs.items()}}


def _fill(value: object, values: Mapping[str, object]) -> object:
    if isinstance(value, list):
        return [_fill(one, values) for one in value]
    if isinstance(value, dict):
        return {key: _fill(one, values) for key, one in value.items()}
    if not isinstance(value, str):
        return value
    if whole := _PLACEHOLDER.fullmatch(value.strip()):
        return values[whole[1]]
    # One pass: what a prompt brings along is not looked at again.
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), value)

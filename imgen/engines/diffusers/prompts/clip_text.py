"""Prompts for CLIP text encoders: of any length, in windows of 77 tokens, and with weights.

A prompt of up to 75 tokens without weights gives exactly what the plain pipeline would make of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from imgen.engines.diffusers.prompts.emphasis import pieces


@dataclass(frozen=True, slots=True)
class Windows:
    """A prompt as one tokenizer sees it."""

    tokens: tuple[tuple[int, ...], ...]
    """One tuple per window, without the tokens that open and close it."""
    weights: tuple[tuple[float, ...], ...]
    """A weight for each token."""

    @property
    def weighted(self) -> bool:
        """Whether any token counts for more or less."""
        return any(weight != 1.0 for window in self.weights for weight in window)


def windows_of(tokenizer: Any, prompt: str) -> Windows:
    """A prompt cut into windows, at a comma near the end of each where there is one."""
    room = tokenizer.model_max_length - 2
    ids: list[int] = []
    weights: list[float] = []
    for piece in pieces(prompt):
        found = tokenizer(piece.text, add_special_tokens=False, verbose=False).input_ids
        ids += found
        weights += [piece.weight] * len(found)
    comma = tokenizer(",", add_special_tokens=False).input_ids[-1:]
    tokens, shares = [], []
    while len(ids) > room:
        end = _cut(ids, room, comma)
        tokens.append(tuple(ids[:end]))
        shares.append(tuple(weights[:end]))
        ids, weights = ids[end:], weights[end:]
    return Windows((*tokens, tuple(ids)), (*shares, tuple(weights)))


def _cut(ids: list[int], room: int, comma: list[int]) -> int:
    """After the last comma of the window's second half, so that no term is torn."""
    for place in range(room - 1, room // 2, -1):
        if ids[place : place + 1] == comma:
            return place + 1
    return room


def window_count(tokenizer: Any, prompts: Sequence[str]) -> int:
    """How many windows the longest of some prompts needs."""
    return max(len(windows_of(tokenizer, prompt).tokens) for prompt in prompts)


@dataclass(frozen=True, slots=True)
class Encoded:
    """What a text encoder makes of a prompt."""

    tokens: Any
    """(1, windows times 77, width)."""
    pooled: Any
    """(1, width) of the first window; None where the encoder has none."""


def encode(
    tokenizer: Any, encoder: Any, prompt: str, *, windows: int, layer: int | None, device: Any
) -> Encoded:
    """Encode one prompt.

    Args:
        windows: how many to fill; missing ones are empty.
        layer: which hidden state counts, from the end (-2 is the last but one); None: the output.
        device: where the encoder runs.
    """
    cut = windows_of(tokenizer, prompt)
    missing = windows - len(cut.tokens)
    tokens, weights = (*cut.tokens, *((),) * missing), (*cut.weights, *((),) * missing)
    states, pooled = _encoded(tokenizer, encoder, tokens, layer, device)
    if cut.weighted:
        states = _weighted(tokenizer, encoder, states, weights, layer, device)
    flat = states.reshape(1, -1, states.shape[-1])
    return Encoded(flat, None if pooled is None else pooled[:1])


def _encoded(
    tokenizer: Any, encoder: Any, windows: Sequence[tuple[int, ...]], layer: int | None, device: Any
) -> tuple[Any, Any]:
    """((windows, 77, width), pooled): each window on its own, as the model knows prompts."""
    length = tokenizer.model_max_length
    rows = []
    for window in windows:
        row = [tokenizer.bos_token_id, *window, tokenizer.eos_token_id]
        rows.append(row + [tokenizer.pad_token_id] * (length - len(row)))
    output = encoder(torch.tensor(rows, device=device), output_hidden_states=True)
    first = output[0]
    pooled = first if first.ndim == 2 else None
    if layer is None:
        return first, pooled
    return output.hidden_states[layer], pooled


def _weighted(
    tokenizer: Any,
    encoder: Any,
    states: Any,
    weights: Sequence[tuple[float, ...]],
    layer: int | None,
    device: Any,
) -> Any:
    """Each token moved away from what an empty prompt has at its place, or towards it."""
    empty, _ = _encoded(tokenizer, encoder, [()], layer, device)
    length = states.shape[1]
    rows = [[1.0, *row, *[1.0] * (length - 1 - len(row))] for row in weights]
    factor = torch.tensor(rows, device=states.device, dtype=states.dtype)[..., None]
    return torch.where(factor == 1.0, states, empty + (states - empty) * factor)

"""Payload to channel bits and back: a keyed tag, then a tail-biting convolutional code.

Rate 1/4, constraint length 9, generators 765, 671, 513, 473 (octal): the code of the CDMA2000
standard (3GPP2 C.S0002). Tail-biting spends no bits on flushing; the Viterbi decoder runs around
the circle one and a half times (Ma and Wolf, "On tail biting convolutional codes", 1986).
"""

from __future__ import annotations

import hashlib
import hmac
from functools import cache

import numpy as np
from numpy.typing import NDArray

PAYLOAD_BITS = 48
TAG_BITS = 16
WORD_BITS = PAYLOAD_BITS + TAG_BITS
RATE = 4
CODE_BITS = WORD_BITS * RATE

_GENERATORS = (0o765, 0o671, 0o513, 0o473)
_MEMORY = 8
_STATES = 1 << _MEMORY
_WRAP = 32
"""Steps walked before and after the word, so that the trellis forgets its unknown start."""

Soft = NDArray[np.float32]


def encode(payload: int, key: bytes) -> Soft:
    """The channel bits of a payload, as an array of `CODE_BITS` signs (+1 for 0, -1 for 1)."""
    word = (payload << TAG_BITS) | _tag(payload, key)
    return _convolve([(word >> (WORD_BITS - 1 - i)) & 1 for i in range(WORD_BITS)])


def decode(soft: Soft, key: bytes) -> tuple[int | None, Soft]:
    """The most likely word behind noisy channel bits.

    Args:
        soft: `CODE_BITS` values; the sign is the bit, the size how sure it is.
        key: the secret that the tag was made with.

    Returns:
        The payload, or None where the tag does not fit, and the channel bits of the decoded word.
    """
    bits = _viterbi(soft)
    word = int("".join(map(str, bits)), 2)
    payload, tag = word >> TAG_BITS, word & ((1 << TAG_BITS) - 1)
    code = _convolve(bits)
    return (payload if tag == _tag(payload, key) else None), code


def _tag(payload: int, key: bytes) -> int:
    message = b"imgen invisible mark tag" + payload.to_bytes(PAYLOAD_BITS // 8, "big")
    return int.from_bytes(hmac.digest(key, message, hashlib.sha256)[: TAG_BITS // 8], "big")


@cache
def _outputs() -> Soft:
    """(RATE, 512): the signs that each content of the 9-bit register sends."""
    registers = range(2 * _STATES)
    signs = [[1 - 2 * ((r & g).bit_count() & 1) for r in registers] for g in _GENERATORS]
    return np.array(signs, np.float32)


def _convolve(bits: list[int]) -> Soft:
    outputs = _outputs()
    register = 0
    for bit in bits[-_MEMORY:]:
        register = (register >> 1) | (bit << _MEMORY)
    sent = []
    for bit in bits:
        register = (register >> 1) | (bit << _MEMORY)
        sent.append(outputs[:, register])
    return np.concatenate(sent)


def _viterbi(soft: Soft) -> list[int]:
    branch = soft.reshape(WORD_BITS, RATE) @ _outputs()
    walk = [(i - _WRAP) % WORD_BITS for i in range(WORD_BITS + 2 * _WRAP)]
    earlier = (2 * np.arange(_STATES)) % _STATES
    metric = np.zeros(_STATES, np.float32)
    took_odd = np.empty((len(walk), _STATES), bool)
    for step, position in enumerate(walk):
        gain = branch[position].reshape(_STATES, 2)
        even, odd = metric[earlier] + gain[:, 0], metric[earlier + 1] + gain[:, 1]
        took_odd[step] = odd > even
        metric = np.maximum(even, odd)
    return _trace_back(took_odd, walk, int(metric.argmax()))


def _trace_back(took_odd: NDArray[np.bool_], walk: list[int], state: int) -> list[int]:
    bits = [0] * WORD_BITS
    for step in range(len(walk) - 1, _WRAP - 1, -1):
        if step < _WRAP + WORD_BITS:
            bits[walk[step]] = state >> (_MEMORY - 1)
        state = (2 * state) % _STATES + int(took_odd[step, state])
    return bits

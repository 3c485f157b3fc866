"""The exact fingerprint of a delivered picture: equal for equal pixels, whatever the metadata."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray


def fingerprint(pixels: NDArray[np.uint8]) -> str:
    """SHA-256 over the size and the decoded pixels, as 64 hex characters.

    Args:
        pixels: (height, width, 3 or 4), decoded from the file that is delivered, so that whoever
            has the file can compute the same.
    """
    shape = "x".join(map(str, pixels.shape)).encode()
    digest = sha256(shape + b":")
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()

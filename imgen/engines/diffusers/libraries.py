"""Whether torchvision, where it is, was made for the torch that is here; imports neither.

One that was not takes transformers and diffusers down with it as soon as they are imported.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires, version

_WANTED = re.compile(r"torch\s*\(?\s*(==|>=)\s*([\d.]+)")


def misfit() -> str:
    """What does not fit, in one clause; empty when nothing stands in the way."""
    try:
        torch, vision = version("torch"), version("torchvision")
        needs = requires("torchvision") or []
    except PackageNotFoundError:  # torchvision is only needed by spandrel
        return ""
    plain, _, build = torch.partition("+")
    fits = all(_meets(plain, found) for need in needs if (found := _WANTED.match(need)))
    if fits and build == vision.partition("+")[2]:
        return ""
    return (
        f"torchvision {vision} is not made for torch {torch}: "
        "install both from one place, or remove torchvision"
    )


def _meets(have: str, wanted: re.Match[str]) -> bool:
    if wanted[1] == "==":
        return have == wanted[2]
    return _numbers(have) >= _numbers(wanted[2])


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", text)[:3])

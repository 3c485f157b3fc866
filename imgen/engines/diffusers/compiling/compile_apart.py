"""Compiles a denoiser in a process of its own, for the one that paints with it.

torch cannot compile in one thread while another computes, and pure Python would keep the other
from the interpreter. So this process traces an equal denoiser without its weights, and leaves a
library that takes them from whoever runs it.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import pickle
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch

_LONGEST_SECONDS = 1800
_MOST_KEPT = 128
"""Libraries in a folder; beyond that, those used longest ago go. A few megabytes each."""
_LIBRARY = "denoiser.pt2"
_WITHOUT_WEIGHTS = {
    "aot_inductor.package_constants_in_so": False,
    "always_keep_tensor_constants": True,  # else the short ones become part of the code
}
Forward = Callable[..., Any]
"""What a denoiser makes of an input."""
Attach = Callable[[Any], Forward]
"""A denoiser → what computes the same with its weights."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A tensor that is to come."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype
    device: str

    def empty(self) -> torch.Tensor:
        """One like it."""
        made = torch.empty_strided(self.shape, self.stride, dtype=self.dtype, device=self.device)
        return made.zero_()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compiled."""

    kind: str
    """diffusers class of the denoiser."""
    config: dict[str, Any]
    dtype: torch.dtype
    device: str
    inputs: tuple[Any, Any]
    """Positional and named; tensors as shapes."""

    @property
    def digest(self) -> str:
        """Of all that makes two libraries the same, this machine's kind included."""
        facts = (
            self.kind,
            sorted((name, repr(value)) for name, value in self.config.items()),
            repr((self.dtype, self.device, self.inputs)),
            (torch.__version__, diffusers.__version__, platform.machine(), _chip(self.device)),
        )
        return hashlib.blake2b(repr(facts).encode(), digest_size=16).hexdigest()


def plan_of(denoiser: Any, given: Any, named: Any) -> Plan:
    """What has to be compiled for a denoiser and one kind of input."""
    return Plan(
        kind=type(denoiser).__name__,
        config=dict(denoiser.config),
        dtype=denoiser.dtype,
        device=str(denoiser.device),
        inputs=_mapped((given, named), _shape),
    )


def compiled(plan: Plan, folder: Path | None = None) -> Attach:
    """A library for one kind of input, and what gives it a denoiser's own weights. Blocking.

    Args:
        folder: keeps libraries from one start to the next. They are run as they are: nobody else
            may write there.

    Raises:
        RuntimeError: it cannot be compiled; `Attach`: not with these weights.
        OSError: the folder cannot be written.
        subprocess.TimeoutExpired: it takes longer than anybody will wait.
    """
    library = _kept(plan, folder) if folder else None
    if library is None:
        if folder:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="compile-", dir=folder) as made_in:
            place = Path(made_in)
            (place / "plan").write_bytes(pickle.dumps(plan))
            _run(place)
            library = _loaded(place / _LIBRARY, plan)
            if folder:
                (place / _LIBRARY).replace(folder / f"{plan.digest}.pt2")
                _drop_oldest(folder)
    return _attaching(library)


def _kept(plan: Plan, folder: Path) -> Any:
    """The library of an earlier start; None where there is none, or none that can be read."""
    file = folder / f"{plan.digest}.pt2"
    if not file.is_file():
        return None
    try:
        library = _loaded(file, plan)
    except Exception:  # whatever a damaged one makes torch raise
        file.unlink(missing_ok=True)
        return None
    os.utime(file)
    return library


def _drop_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.pt2"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[_MOST_KEPT:]:
        file.unlink(missing_ok=True)


def _loaded(file: Path, plan: Plan) -> Any:
    number = torch.device(plan.device).index
    return torch._inductor.aoti_load_package(
        str(file), device_index=-1 if number is None else number
    )


def _attaching(library: Any) -> Attach:
    def attach(denoiser: Any) -> Forward:
        weights = {**dict(denoiser.named_parameters()), **dict(denoiser.named_buffers())}
        wanted = library.get_constant_fqns()
        if lacking := [name for name in wanted if name not in weights]:
            raise RuntimeError(f"the compiled form wants {lacking[0]}, which the model has not")
        held = {name: weights[name].detach() for name in wanted}
        library.load_constants(held, check_full_update=True, user_managed=True)

        def forward(*given: Any, **named: Any) -> Any:
            assert held is not None  # the library has but their addresses
            return library(*given, **named)

        return forward

    return attach


def _run(place: Path) -> None:
    """The other process; it ends with this one, or with its patience."""
    command = [sys.executable, "-c", f"from {__name__} import main; main()", str(place)]
    with subprocess.Popen(  # noqa: S603 - our own module
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as child:
        atexit.register(child.kill)
        try:
            _, said = child.communicate(timeout=_LONGEST_SECONDS)
        finally:
            child.kill()
            atexit.unregister(child.kill)
    if child.returncode:
        lines = said.strip().splitlines() or [f"it ended with {child.returncode}"]
        raise RuntimeError(lines[-1])


def main() -> None:
    """In the other process."""
    os.nice(10)  # painting comes first
    place = Path(sys.argv[1])
    plan: Plan = pickle.loads((place / "plan").read_bytes())  # noqa: S301 - written by our parent
    with torch.device("meta"):
        denoiser = getattr(diffusers, plan.kind).from_config(plan.config)
    denoiser = denoiser.to(plan.dtype).to_empty(device=plan.device).eval()
    for weight in denoiser.state_dict().values():
        weight.normal_()  # what is the same all over would be taken for a constant
    given, named = _mapped(plan.inputs, lambda one: one.empty() if isinstance(one, Shape) else one)
    with torch.no_grad():
        program = torch.export.export(denoiser, given, named, strict=False)
        torch._inductor.aoti_compile_and_package(
            program,
            package_path=str(place / _LIBRARY),
            inductor_configs=_WITHOUT_WEIGHTS,
        )


def _chip(device: str) -> str:
    """What code for this device is made for."""
    if device.startswith("cuda"):
        return str(torch.cuda.get_device_name(device))
    return str(torch.backends.cpu.get_cpu_capability())


def _shape(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return Shape(tuple(value.shape), value.stride(), value.dtype, str(value.device))
    return value


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _mapped(one, change) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_mapped(one, change) for one in value)
    return change(value)

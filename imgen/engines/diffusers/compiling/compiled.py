"""Compiling a model while it works: it runs as it is until a compiled form is ready."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Hashable
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

import structlog
import torch

from imgen.engines.diffusers.compiling.compile_apart import Attach, Forward, Plan, compiled, plan_of
from imgen.engines.diffusers.device import is_full
from imgen.engines.diffusers.memory.loaded import Loaded

_log = structlog.get_logger()
_MOST = 16
"""Kinds of input of one model that are compiled, the first that come; others run as they are."""
_FARTHEST = 0.03
"""From the plain one, as a share of its length: what 16-bit numbers lose in another order."""
_Result = TypeVar("_Result")


class Form:
    """A denoiser's way forward: compiled for the kinds of input that are warm, else as it is.

    Args:
        denoiser: a unet or transformer. It is never changed: two threads may run it at once.
        want: has a kind of input warmed up; called once for each.
    """

    def __init__(self, denoiser: Any, want: Callable[[_Work], None]) -> None:
        self.denoiser = denoiser
        self.plain: Forward = denoiser.forward
        self.ready: dict[Hashable, Forward] = {}
        """Kind of input → its compiled form."""
        self._want = want
        self._begun: set[Hashable] = set()

    def __call__(self, *given: Any, **named: Any) -> Any:
        """What the denoiser makes of an input."""
        kind = kind_of((given, named))
        found = self.ready.get(kind)
        if found is None:
            self._ask_for(kind, given, named)
            return self.plain(*given, **named)
        try:
            return found(*given, **named)
        except Exception as error:  # what a compiled form runs into, the plain one may not
            if is_full(error):
                raise
            self.ready.pop(kind, None)
            _log.warning("compile.failed", error=_first_line(error))
        return self.plain(*given, **named)

    def accept(self, kind: Hashable, attach: Attach, given: Any, named: Any) -> None:
        """Use a compiled form from now on, if it computes what the denoiser does.

        Raises:
            ValueError: it computes something else.
        """
        found = attach(self.denoiser)
        with torch.no_grad():
            if apart(found(*given, **named), self.plain(*given, **named)) > _FARTHEST:
                raise ValueError("the compiled form computes something else")
        self.ready[kind] = found

    def _ask_for(self, kind: Hashable, given: Any, named: Any) -> None:
        if kind not in self._begun and len(self._begun) < _MOST:
            self._begun.add(kind)
            plan = plan_of(self.denoiser, given, named)
            self._want((ref(self), kind, plan, given, named))


_Work = tuple["ref[Form]", Hashable, Plan, Any, Any]
"""A form, the kind of input that it shall take, what is to be compiled for that, and an example."""


class Compiler:
    """Has denoisers compiled, one kind of input after the other, with what real batches were given.

    Args:
        build: compiles. Blocking; called in a thread of this class.
    """

    def __init__(self, build: Callable[[Plan], Attach] = compiled) -> None:
        self._build = build
        self._forms: WeakKeyDictionary[Loaded, Form] = WeakKeyDictionary()
        self._work: SimpleQueue[_Work | Event] = SimpleQueue()
        self._thread: Thread | None = None
        self._closed = False

    def run(self, loaded: Loaded, paint: Callable[[], _Result]) -> _Result:
        """Paint a batch with what is compiled by now, and have the rest of it compiled.

        A compiled form computes with the weights as they lie in the device's memory. Models with
        LoRAs in their layers, quantised ones and those that move in and out run as they are.
        """
        if loaded.offload != "none":
            self._forms.pop(loaded, None)  # it would hold the weights where they were
            return paint()
        if loaded.adapters.resident or loaded.options.quantisation:
            return paint()
        form = self.form(loaded)
        form.denoiser.forward = form
        try:
            return paint()
        finally:
            del form.denoiser.forward

    def form(self, loaded: Loaded) -> Form:
        """A model's, made when first asked for. It goes with the model."""
        form = self._forms.get(loaded)
        if form is None:
            form = self._forms[loaded] = Form(loaded.denoiser, self._enqueue)
        return form

    def wait(self) -> None:
        """Until everything asked for is compiled."""
        done = Event()
        self._enqueue(done)
        done.wait()

    def _enqueue(self, work: _Work | Event) -> None:
        self._work.put(work)
        if self._thread is None:
            # A daemon: whoever ends the process does not wait for a compiler.
            self._thread = Thread(target=self._serve, name="diffusers-compile", daemon=True)
            self._thread.start()
            atexit.register(self._close)

    def _serve(self) -> None:
        while not self._closed:
            work = self._work.get()
            if isinstance(work, Event):
                work.set()
            elif not self._closed:
                self._warm(*work)
            del work  # it holds tensors while this waits

    def _warm(self, form_of: ref[Form], kind: Hashable, plan: Plan, given: Any, named: Any) -> None:
        """Models that leave meanwhile are not held back."""
        if form_of() is None:
            return
        try:
            attach = self._build(plan)
            if (form := form_of()) is not None:
                form.accept(kind, attach, given, named)
                _log.info("compile.ready", kinds=len(form.ready))
        except Exception as error:  # compiling is a luxury: without it, pictures come all the same
            _log.warning("compile.failed", error=_first_line(error))

    def _close(self) -> None:
        self._closed = True


def apart(some: Any, other: Any) -> float:
    """How far results are apart, as a share of the other's length; infinite where not finite."""
    if isinstance(other, list | tuple):
        return max(map(apart, some, other), default=0.0)
    if not isinstance(other, torch.Tensor):
        other, some = other[0], some[0]
    gap = (some.float() - other.float()).norm() / other.float().norm().clamp(min=1e-12)
    return float(gap) if gap.isfinite() else float("inf")


def kind_of(given: Any) -> Hashable:
    """Equal for inputs that one compiled form takes: tensors by shape, all else by value."""
    if isinstance(given, torch.Tensor):
        return (given.shape, given.stride(), given.dtype, given.device)
    if isinstance(given, dict):
        return tuple((name, kind_of(value)) for name, value in given.items())
    if isinstance(given, list | tuple):
        return (type(given), *map(kind_of, given))
    if given is None or isinstance(given, bool | int | float | str):
        return (type(given), given)
    return type(given).__name__


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__

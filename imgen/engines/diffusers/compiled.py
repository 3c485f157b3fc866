"""Compiling a model while it works: it runs as it is until a compiled form is ready."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Hashable
from queue import SimpleQueue
from threading import Event, Lock, Thread, current_thread
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, finalize, ref

import structlog
import torch

from imgen.engines.diffusers.apart import apart
from imgen.engines.diffusers.device import is_full
from imgen.engines.diffusers.loaded import Loaded
from imgen.engines.protocol import Abandoned
from imgen.errors import ImgenError

_log = structlog.get_logger()
_OWN_FORMS = 16
"""Kinds of input of one model that are compiled for exactly their shapes; more share one form."""
_VARIANTS = 16
"""Of one form, or of a part of it."""
_Result = TypeVar("_Result")
_Forward = Callable[..., Any]
Backend = str | Callable[[Any, Any], Any]
"""Of `torch.compile`."""


class Form:
    """A denoiser's way forward: compiled for the kinds of input that are warm, else as it is.

    Args:
        denoiser: a unet or transformer. It is never changed: two threads may run it at once.
        want: has a kind of input warmed up; called once for each.
    """

    def __init__(self, denoiser: Any, want: Callable[[_Work], None]) -> None:
        self.denoiser = denoiser
        self.plain: _Forward = denoiser.forward
        self.ready: dict[Hashable, _Forward] = {}
        """Kind of input → its compiled form."""
        self._want = want
        self._begun: set[Hashable] = set()

    def __call__(self, *given: Any, **named: Any) -> Any:
        """What the denoiser makes of an input."""
        kind = kind_of((given, named))
        compiled = self.ready.get(kind)
        if compiled is None:
            self._ask_for(kind, given, named)
            return self.plain(*given, **named)
        try:
            return compiled(*given, **named)
        except Exception as error:  # what a compiled form runs into, the plain one may not
            if is_full(error):
                raise
            self.ready.pop(kind, None)
            _log.warning("compile.failed", error=_first_line(error))
        return self.plain(*given, **named)

    def compile(self, kind: Hashable, backend: Backend, given: Any, named: Any) -> None:
        """Make a kind of input ready. Takes a minute or so, and the memory of one pass.

        Raises:
            Exception: whatever compilers run into.
        """
        compiled = self._compiled(backend)
        with torch.no_grad(), torch._dynamo.config.patch(recompile_limit=_VARIANTS):
            compiled(*given, **named)
        self.ready[kind] = compiled

    def _ask_for(self, kind: Hashable, given: Any, named: Any) -> None:
        if kind not in self._begun:
            self._begun.add(kind)
            self._want((ref(self), kind, given, named))

    def _compiled(self, backend: Backend) -> _Forward:
        shared = len(self.ready) >= _OWN_FORMS
        if shared:
            for one in self.ready.values():
                if getattr(one, "shared", False):
                    return one
        made: Any = torch.compile(
            self.plain,
            backend=backend,
            dynamic=shared,
            isolate_recompiles=True,  # another model's forms neither count nor match here
        )
        made.shared = shared
        return made


_Work = tuple["ref[Form]", Hashable, Any, Any]
"""A form, the kind of input to warm up, and one such input: positional, named."""


class Compiler:
    """Warms compiled denoisers up in a thread of its own, with what real batches were given.

    Args:
        backend: what compiles.
    """

    def __init__(self, backend: Backend = "inductor") -> None:
        self._backend = backend
        self._forms: WeakKeyDictionary[Loaded, Form] = WeakKeyDictionary()
        self._work: SimpleQueue[_Work | Event] = SimpleQueue()
        self._thread: Thread | None = None
        self._compiling = Lock()
        self._closed = False

    def run(self, loaded: Loaded, paint: Callable[[], _Result]) -> _Result:
        """Paint a batch with what is compiled by now, and have the rest of it compiled.

        With LoRAs in memory, layers are swapped under the compiled form: such models run as they
        are. So do offloaded ones, which move between two steps.

        Args:
            paint: runs the model; may be called again when compiling disturbed it.
        """
        if loaded.adapters.resident or loaded.offload != "none":
            return paint()
        busy = self._compiling.locked()
        try:
            return self._with_form(loaded, paint)
        except (Abandoned, ImgenError):
            raise
        except Exception as error:
            if is_full(error) or not (busy or self._compiling.locked()):
                raise
            _log.warning("compile.disturbed", error=_first_line(error))
        with self._compiling:  # torch does not promise that both can go on at once
            return paint()

    def _with_form(self, loaded: Loaded, paint: Callable[[], _Result]) -> _Result:
        form = self.form(loaded)
        form.denoiser.forward = form
        try:
            with _nothing_compiled_here():
                return paint()
        finally:
            del form.denoiser.forward

    def form(self, loaded: Loaded) -> Form:
        """A model's, made when first asked for. It goes with the model, also while it compiles."""
        form = self._forms.get(loaded)
        if form is None or form.denoiser is not loaded.denoiser:
            form = self._forms[loaded] = Form(loaded.denoiser, self._enqueue)
            finalize(loaded, self._let_go, ref(form)).atexit = False
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

    def _warm(self, form_of: ref[Form], kind: Hashable, given: Any, named: Any) -> None:
        form = form_of()
        if form is None:  # the model has left
            return
        try:
            with self._compiling, apart():
                form.compile(kind, self._backend, given, named)
        except Exception as error:  # compiling is a luxury: without it, pictures come all the same
            _log.warning("compile.failed", error=_first_line(error))
        else:
            _log.info("compile.ready", kinds=len(form.ready))

    def _let_go(self, form_of: ref[Form]) -> None:
        """A model has left: if it is just being compiled, at least its memory is free at once.

        Garbage may be collected in any thread; where something is traced, nothing is to be moved.
        """
        form = form_of()
        if form is not None and current_thread() is not self._thread:
            form.denoiser.to("meta")

    def _close(self) -> None:
        self._closed = True


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
    return type(given)


def _nothing_compiled_here() -> Any:
    """In this thread a compiled form that does not fit after all runs plainly, at once.

    So it does while the other thread traces, which holds for the whole process there. Both
    settings are of a thread alone.
    """
    return torch._dynamo.config.patch(recompile_limit=0, error_on_nested_fx_trace=False)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__

"""Compiling a model while it works: it runs as it is until a compiled form is ready."""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Callable, Hashable, Iterator
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any
from weakref import WeakKeyDictionary, finalize, ref

import structlog
import torch

from imgen.engines.diffusers.device import is_full
from imgen.engines.diffusers.loaded import Loaded

_log = structlog.get_logger()
_OWN_FORMS = 16
"""Kinds of input of one model that are compiled for exactly their shapes; more share one form."""
_VARIANTS = 16
"""Of one form, or of a part of it."""
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
        self._closed = False

    @contextlib.contextmanager
    def over(self, loaded: Loaded) -> Iterator[None]:
        """Run a batch with what is compiled by now, and have the rest of it compiled.

        With LoRAs in memory, layers are swapped under the compiled form: such models run as they
        are. So do offloaded ones, which move between two steps.
        """
        if loaded.adapters.resident or loaded.offload != "none":
            yield
            return
        form = self.form(loaded)
        form.denoiser.forward = form
        try:
            with _nothing_compiled_here():
                yield
        finally:
            del form.denoiser.forward

    def form(self, loaded: Loaded) -> Form:
        """A model's, made when first asked for. It goes with the model, also while it compiles."""
        form = self._forms.get(loaded)
        if form is None or form.denoiser is not loaded.denoiser:
            form = self._forms[loaded] = Form(loaded.denoiser, self._enqueue)
            finalize(loaded, _let_go, ref(form)).atexit = False
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
            form.compile(kind, self._backend, given, named)
        except Exception as error:  # compiling is a luxury: without it, pictures come all the same
            _log.warning("compile.failed", error=_first_line(error))
        else:
            _log.info("compile.ready", kinds=len(form.ready))

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


def _let_go(form_of: ref[Form]) -> None:
    """A model has left: when its denoiser is just being compiled, at least its memory is free."""
    form = form_of()
    if form is not None:
        form.denoiser.to("meta")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__

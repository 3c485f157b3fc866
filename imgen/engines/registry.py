"""Which engines there are, and which of them runs a model: a plain table, open by entry point.

Another package adds an engine with an entry point in the group `imgen.engines`:

    [project.entry-points."imgen.engines"]
    mine = "my_package.engine:MyEngine"

The API process only asks what stands in an engine's way; a worker imports it on first use.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import structlog

from imgen.catalog.entries import Model, Way
from imgen.engines.protocol import (
    DEVICE_BROKEN,
    MODEL_CANNOT,
    Engine,
    EngineRequest,
    EngineResult,
    Progress,
)
from imgen.errors import ImgenError, Invalid, Unavailable, Upstream

if TYPE_CHECKING:  # it brings an HTTP client along
    from imgen.engines.remote.look import Look

_log = structlog.get_logger()
_OBSTACLE_SECONDS = 5.0
"""For so long an answer is believed: it may have taken a look at files."""

EngineSettings = Mapping[str, Mapping[str, object]]
"""Engine → what this deployment tells it: folders, devices, budgets."""
Obstacle = Callable[[Mapping[str, object], Mapping[str, object]], str]
"""(a model's options, the engine's settings) → why it cannot run here, in one clause, or ''."""
Looks = Callable[[Mapping[str, object], Mapping[str, object]], Sequence["Look"]]
"""(a model's options, the engine's settings) → how to see whether its servers are there."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """Where an engine is found."""

    engine: str
    """`module:class`; made with the engine's settings as keyword arguments."""
    obstacle: str = ""
    """`module:function`, an `Obstacle` in a module that is quick to import; empty: nothing is ever
    in the way."""
    looks: str = ""
    """`module:function`, a `Looks` for the remote servers of a model; empty: it has none."""


BUILT_IN: Mapping[str, Plugin] = {
    "sketch": Plugin("imgen.engines.sketch.engine:SketchEngine"),
    "diffusers": Plugin(
        "imgen.engines.diffusers.engine:DiffusersEngine",
        "imgen.engines.diffusers.obstacle:obstacle",
    ),
    "comfyui": Plugin(
        "imgen.engines.comfyui.engine:ComfyUiEngine",
        "imgen.engines.comfyui.servers:obstacle",
        "imgen.engines.comfyui.look:looks",
    ),
    "runpod": Plugin(
        "imgen.engines.runpod.engine:RunPodEngine",
        "imgen.engines.runpod.obstacle:obstacle",
        "imgen.engines.runpod.look:looks",
    ),
    "openai": Plugin(
        "imgen.engines.openai.engine:OpenAiEngine",
        "imgen.engines.openai.offer:obstacle",
        "imgen.engines.openai.look:looks",
    ),
}
"""Name → where."""


class Registry:
    """The engines of this installation.

    Args:
        others: name → `module:class` of engines that are not built in; default: those that other
            packages announce by entry point.
        settings: see `EngineSettings`.
    """

    def __init__(
        self, others: Mapping[str, str] | None = None, *, settings: EngineSettings | None = None
    ) -> None:
        if others is None:
            others = {point.name: point.value for point in entry_points(group="imgen.engines")}
        self._plugins = {name: Plugin(place) for name, place in others.items()} | dict(BUILT_IN)
        self._settings = settings or {}
        self._engines: dict[str, Engine] = {}
        self._known: dict[Model, tuple[float, str]] = {}
        self.run_elsewhere: frozenset[str] = frozenset()
        """Keys of models that workers of this deployment say they run."""
        self.works_here = True
        """Whether jobs are taken in this process, or in one beside it with the same settings."""

    def obstacle(self, model: Model) -> str:
        """Why no worker can run a model, in one clause; empty when one can. Loads nothing.

        What workers say counts more than what this process could do itself, if it were one.
        """
        if model.key in self.run_elsewhere:
            return ""
        if reason := self.obstacle_here(model):
            return reason
        return "" if self.works_here or not self.run_elsewhere else "no worker takes it now"

    def obstacle_here(self, model: Model) -> str:
        """Why this process cannot run a model, in one clause; empty when it can. Loads nothing."""
        asked, answer = self._known.get(model, (0.0, ""))
        if not asked or time.monotonic() - asked > _OBSTACLE_SECONDS:
            answer = _reasons(self.ways(model))
            self._known[model] = (time.monotonic(), answer)
        return answer

    def engine(self, name: str) -> Engine:
        """An engine, made on first use and kept.

        Raises:
            imgen.errors.Unavailable: this installation has none of that name, it cannot be
                loaded, or its settings are wrong.
        """
        if name not in self._plugins:
            raise Unavailable(f"This installation has no engine {name}")
        if name not in self._engines:
            make = _imported(self._plugins[name].engine)
            try:
                self._engines[name] = make(**self._settings.get(name, {}))
            except Invalid as error:  # the operator's mistake, not the client's
                raise Unavailable(f"The engine {name} cannot be made: {error.message}") from error
        return self._engines[name]

    def ways(self, model: Model) -> list[tuple[Way, str]]:
        """Each way to run a model, and what is in it here, in one clause. Blocking: it may take a
        look at files."""
        return [(way, self._in_the_way(way)) for way in model.ways]

    def looks(self, way: Way) -> Sequence[Look]:
        """How to see whether the remote servers of a way are there, where nothing else is in it."""
        plugin = self._plugins.get(way.engine)
        if plugin is None or not plugin.looks:
            return ()
        find: Looks = _imported(plugin.looks)
        return find(way.options, self._settings.get(way.engine, {}))

    def open_engines(self, model: Model) -> dict[str, bool]:
        """The engines that nothing keeps from running a model here, and whether their work is done
        by remote servers, so that a job only waits for it. Blocking, as `ways`."""
        ways = [way for way, reason in self.ways(model) if not reason]
        return {way.engine: bool(self._plugins[way.engine].looks) for way in ways}

    async def _ready(self, name: str) -> Engine:
        """See `engine`. Its libraries, which may take many seconds, are imported in a thread: a
        worker that says nothing meanwhile would be taken for dead."""
        if name not in self._engines and name in self._plugins:
            await asyncio.to_thread(_imported, self._plugins[name].engine)
        return self.engine(name)

    async def run(
        self, model: Model, request: EngineRequest, progress: Progress
    ) -> tuple[str, EngineResult]:
        """Have a model's first engine that can do it do it. One that fails hands over to the next,
        and so does one that cannot do what is asked.

        Returns:
            The engine's name and its answer.

        Raises:
            imgen.errors.Unavailable: none can run here.
            imgen.errors.Invalid: the request is at fault, or no engine can do it.
            imgen.errors.ImgenError: what the last one that failed said; rather, what the first
                said that passes by itself; or that a device is broken.
            imgen.engines.protocol.Abandoned: passed on from `progress`.
        """
        failure: ImgenError | None = None  # a passing one: another try may do better
        cannot: Invalid | None = None
        looked = await asyncio.to_thread(self.ways, model)
        for way in [way for way, reason in looked if not reason]:
            try:
                order = replace(request, options=way.options)
                return way.engine, await (await self._ready(way.engine)).run(order, progress)
            except (Upstream, Unavailable) as error:
                _log.warning("engine.failed", engine=way.engine, error=error.message)
                if error.code == DEVICE_BROKEN:  # no other engine's picture cures this process
                    raise
                if failure is None or failure.retry_after is None:
                    failure = error
            except Invalid as error:
                if error.code != MODEL_CANNOT:
                    raise
                cannot = cannot or error
        raise failure or cannot or Unavailable(f"{model.key} cannot run here: {_reasons(looked)}")

    def _in_the_way(self, way: Way) -> str:
        plugin = self._plugins.get(way.engine)
        if plugin is None:
            return f"this installation has no engine {way.engine}"
        if not plugin.obstacle:
            return ""
        try:
            look: Obstacle = _imported(plugin.obstacle)
            return look(way.options, self._settings.get(way.engine, {}))
        except Exception as error:  # whatever it stumbles over: other models run all the same
            _log.warning("engine.obstacle_crashed", engine=way.engine, error=repr(error))
            return f"the files of its engine {way.engine} cannot be read"


def _reasons(looked: Sequence[tuple[Way, str]]) -> str:
    """Why none of these ways is open; empty when one is."""
    reasons = [reason for _, reason in looked]
    return "" if "" in reasons else "; ".join(dict.fromkeys(reasons))


def _imported(place: str) -> Any:
    """What is at `module:name`.

    Raises:
        imgen.errors.Unavailable: it is not there, or a library that it needs is not.
    """
    module, _, name = place.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, OSError, RuntimeError) as error:
        # A shared library that is missing is an OSError; two that do not fit, a RuntimeError.
        _log.warning("engine.not_loaded", place=place, error=str(error))
        raise Unavailable(f"The engine at {place} cannot be loaded") from error

"""Which engines there are: a plain table of name → class, open to others by entry point.

Another package adds an engine with an entry point in the group `imgen.engines`:

    [project.entry-points."imgen.engines"]
    mine = "my_package.engine:MyEngine"

The API process only asks whether an engine is there; a worker imports it on first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points

from imgen.catalog.entries import Model
from imgen.engines.protocol import Engine
from imgen.errors import Unavailable

BUILT_IN: Mapping[str, str] = {
    "sketch": "imgen.engines.sketch.engine:SketchEngine",
}
"""Name → `module:class`. A class is made without arguments."""


class Registry:
    """The engines of this installation.

    Args:
        others: name → `module:class` of engines that are not built in; default: those that other
            packages announce by entry point.
    """

    def __init__(self, others: Mapping[str, str] | None = None) -> None:
        if others is None:
            others = {point.name: point.value for point in entry_points(group="imgen.engines")}
        self._classes = {**others, **BUILT_IN}
        self._engines: dict[str, Engine] = {}

    def obstacle(self, model: Model) -> str:
        """Why a model cannot run here, in one clause; empty when it can. Loads nothing."""
        if model.engine in self._classes:
            return ""
        return f"this installation has no engine {model.engine}"

    def engine(self, model: Model) -> Engine:
        """The engine of a model, made on first use and kept.

        Raises:
            imgen.errors.Unavailable: this installation has no such engine.
        """
        if obstacle := self.obstacle(model):
            raise Unavailable(f"{model.key} cannot run here: {obstacle}")
        if model.engine not in self._engines:
            module, _, name = self._classes[model.engine].partition(":")
            self._engines[model.engine] = getattr(import_module(module), name)()
        return self._engines[model.engine]

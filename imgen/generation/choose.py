"""Which model answers a request, where a client's wish is taken at its word."""

from __future__ import annotations

from dataclasses import dataclass

from imgen.catalog.catalog import Catalog
from imgen.catalog.entries import Model
from imgen.engines.protocol import Task
from imgen.engines.registry import Registry
from imgen.errors import Forbidden, Invalid, Unavailable

DEFAULT_MODEL = "flux-schnell"
"""Taken when a request names no model and this one can run."""
STAND_IN = "sketch"
"""The built-in engine's model, which needs no weights."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A model that can run here."""

    model: Model
    stand_in_for: str = ""
    """Key of the model that was asked for, where another answers; empty: it is the one."""


@dataclass(frozen=True, slots=True)
class ChooseModel:
    """Never gives another model's picture under a name, unless stand-ins are switched on.

    Args:
        stand_ins: whether `sketch` answers for models that cannot run here.
    """

    catalog: Catalog
    engines: Registry
    stand_ins: bool = False

    def __call__(
        self, asked: str, *, task: Task = Task.TEXT_TO_IMAGE, allowed: tuple[str, ...] = ()
    ) -> Choice:
        """The model for a task.

        Args:
            asked: key of the model; empty: `DEFAULT_MODEL`, else the first that can.
            allowed: keys of the models that the caller's plan includes; empty: all.

        Raises:
            imgen.errors.Invalid: codes `unknown_model`, `model_unavailable`, `model_cannot`.
            imgen.errors.Forbidden: code `model_not_in_plan`.
            imgen.errors.Unavailable: no model can do this here.
        """
        if not asked:
            return self._default(task, allowed)
        model = self.catalog.model_named(asked)
        check_plan(asked, allowed)
        if reason := self.engines.obstacle(model):
            return self._stand_in(model, task, reason)
        check_task(model, task, self.catalog, self.engines)
        return Choice(model)

    def available(self, model: Model) -> tuple[bool, str]:
        """Whether a model can be asked for here, and if not, why."""
        reason = self.engines.obstacle(model)
        return (not reason or self._stands_in(Task.TEXT_TO_IMAGE), reason)

    def able(self, task: Task) -> list[Model]:
        """The models that can do a task here, in the catalog's order."""
        return _able(task, self.catalog, self.engines)

    def _default(self, task: Task, allowed: tuple[str, ...]) -> Choice:
        able = [model for model in self.able(task) if not allowed or model.key in allowed]
        for model in able:
            if model.key == DEFAULT_MODEL:
                return Choice(model)
        if able:
            return Choice(able[0])
        if allowed and self._stands_in(task):
            return Choice(self.catalog.models[STAND_IN], stand_in_for=allowed[0])
        raise Unavailable(f"No model can do {task} here; `imgen check` tells why")

    def _stand_in(self, model: Model, task: Task, reason: str) -> Choice:
        if self._stands_in(task):
            return Choice(self.catalog.models[STAND_IN], stand_in_for=model.key)
        raise Invalid(
            f"The model {model.key} is not available here: {reason}",
            code="model_unavailable",
            field="model",
        )

    def _stands_in(self, task: Task) -> bool:
        stand_in = self.catalog.models.get(STAND_IN)
        if not self.stand_ins or stand_in is None:
            return False
        return stand_in.can(task) and not self.engines.obstacle(stand_in)


def check_plan(model: str, allowed: tuple[str, ...]) -> None:
    """Refuse a model that a plan does not include.

    Raises:
        imgen.errors.Forbidden: code `model_not_in_plan`.
    """
    if allowed and model not in allowed:
        raise Forbidden(
            f"Your plan does not include the model {model}; it has {', '.join(allowed)}",
            code="model_not_in_plan",
            field="model",
        )


def check_task(model: Model, task: Task, catalog: Catalog, engines: Registry) -> None:
    """Refuse a task that is not among the model's.

    Raises:
        imgen.errors.Invalid: code `model_cannot`; names those that can do it here.
    """
    if not model.can(task):
        able = ", ".join(one.key for one in _able(task, catalog, engines))
        raise Invalid(
            f"{model.key} cannot do {task}; these can: {able or 'none here'}",
            code="model_cannot",
            field="model",
        )


def _able(task: Task, catalog: Catalog, engines: Registry) -> list[Model]:
    models = catalog.models.values()
    return [model for model in models if model.can(task) and not engines.obstacle(model)]

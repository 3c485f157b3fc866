"""What is refused before any work is done: the floor always, a ruleset's own rules by a setting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from imgen.compliance.rulesets import Ruleset, judge
from imgen.compliance.rulesets.floor import FLOOR
from imgen.compliance.signal import Signal
from imgen.compliance.verdict import Action
from imgen.errors import Invalid

REFUSED = (
    "This prompt cannot be used: it combines sexual content with signs of a minor. "
    "Nothing was made. Change the prompt"
)
"""What the client is told. Which words it was stays between us and the operator."""


def refuse_floor(signals: Sequence[Signal]) -> None:
    """Refuse a prompt that the floor blocks, on every surface and with review switched off too.

    Args:
        signals: what all that the user wrote for the picture was screened to (`screen`); style and
            character words may have been appended.

    Raises:
        imgen.errors.Invalid: code `floor`, field `prompt`.
    """
    if any(rule.fires(signals) for rule in FLOOR.rules):
        raise Invalid(REFUSED, code="floor", field="prompt")


def refuse_listed(signals: Iterable[Signal], ruleset: Ruleset) -> None:
    """Refuse a prompt that its ruleset would block by its words alone.

    For operators who want prompts refused at submit rather than judged with the finished picture.

    Args:
        signals: what the prompt was screened to (`screen`).
        ruleset: which the request names.

    Raises:
        imgen.errors.Invalid: code `prompt_refused` (`floor` for the floor's rules), field `prompt`.
    """
    verdict = judge(ruleset, signals, ("prompt",))
    if verdict.floor:
        raise Invalid(REFUSED, code="floor", field="prompt")
    if verdict.blocked:
        blocking = (one.name for one in verdict.findings if one.action is Action.BLOCK)
        names = ", ".join(dict.fromkeys(blocking))
        raise Invalid(
            f"This prompt is refused by the ruleset {ruleset.key}: {names}. Change the prompt",
            code="prompt_refused",
            field="prompt",
        )

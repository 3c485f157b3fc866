"""From what was seen to what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from imgen.compliance.rulesets.floor import FLOOR
from imgen.compliance.rulesets.ruleset import Ruleset
from imgen.compliance.signal import Signal
from imgen.compliance.verdict import Action, Finding, Verdict


def judge(
    ruleset: Ruleset,
    signals: Iterable[Signal],
    detectors: Iterable[str],
    *,
    of_upload: bool = False,
) -> Verdict:
    """Judge signals by a ruleset, and by the floor whatever the ruleset says.

    Pure: the same signals can be judged again when the ruleset has changed.

    Args:
        signals: everything that the detectors saw.
        detectors: which ran, each as `name version`. Whether they are all that the ruleset requires
            is for the caller to see to (`Ruleset.lacks`).
        of_upload: whether the picture came before the prompt and is not to blame for it. Then the
            ruleset judges what can be seen; the floor judges both together all the same.
    """
    seen = tuple(signals)
    floor = tuple(_findings(FLOOR, seen))
    counted = tuple(one for one in seen if not (of_upload and one.name.startswith("prompt.")))
    return Verdict(
        findings=(*floor, *_findings(ruleset, counted)),
        signals=seen,
        ruleset=ruleset.key,
        ruleset_version=ruleset.version,
        detectors=tuple(detectors),
        floor=any(finding.action is Action.BLOCK for finding in floor),
    )


def _findings(ruleset: Ruleset, signals: tuple[Signal, ...]) -> Iterator[Finding]:
    for rule in ruleset.rules:
        if fired := rule.fires(signals):
            yield Finding(rule.id, rule.name, rule.category, rule.severity, rule.action, fired)

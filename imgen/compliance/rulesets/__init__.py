"""Rulesets: what is not wanted and what follows, as data that an operator can lay rules over."""

from imgen.compliance.rulesets.judge import judge
from imgen.compliance.rulesets.load import check_rulesets, load_rulesets
from imgen.compliance.rulesets.ruleset import Rule, Ruleset, Rulesets, Trigger

__all__ = [
    "Rule",
    "Ruleset",
    "Rulesets",
    "Trigger",
    "check_rulesets",
    "judge",
    "load_rulesets",
]

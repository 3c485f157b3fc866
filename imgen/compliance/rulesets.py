"""The rulesets that a request may name."""

from __future__ import annotations

from imgen.errors import Invalid

BUILT_IN = ("default", "strict", "permissive")


def check_ruleset(name: str) -> None:
    """Refuse a ruleset that does not exist.

    Raises:
        imgen.errors.Invalid: code `unknown_ruleset`.
    """
    if name not in BUILT_IN:
        raise Invalid(
            "Unknown compliance ruleset", code="unknown_ruleset", field="compliance_ruleset"
        )

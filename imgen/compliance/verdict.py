"""What a review came to, as it is stored and as the surfaces tell it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter

from imgen.compliance.signal import Signal


class Action(StrEnum):
    """What a rule does when it fires."""

    BLOCK = "block"
    """The picture is not shown."""
    FLAG = "flag"
    """The picture is shown, and the rule's id with it."""
    LOG = "log"
    """The audit log knows; nobody else."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that fired."""

    rule: str
    """The rule's id, stable over versions."""
    name: str
    """The rule's name, for people."""
    category: str
    severity: str
    """`low`, `medium`, `high` or `critical`."""
    action: Action
    signals: tuple[Signal, ...]
    """What made it fire."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A picture or a prompt, judged by one version of one ruleset and by the floor."""

    findings: tuple[Finding, ...]
    """The floor's first, then in the ruleset's order."""
    signals: tuple[Signal, ...]
    """Everything that was seen, so that another ruleset can judge it later."""
    ruleset: str
    ruleset_version: int
    detectors: tuple[str, ...]
    """Which ran, each as `name version`."""
    floor: bool
    """Whether the floor blocked it: then no link to it may ever exist."""

    @property
    def blocked(self) -> bool:
        """Whether it may not be shown."""
        return any(finding.action is Action.BLOCK for finding in self.findings)

    @property
    def compliance(self) -> str:
        """`safe` or `unsafe`, as replies say it."""
        return "unsafe" if self.blocked else "safe"

    @property
    def categories(self) -> tuple[str, ...]:
        """Ids of the rules that blocked it (Imgen v2's `filter_categories`)."""
        return self._ids(Action.BLOCK)

    @property
    def codes(self) -> tuple[str, ...]:
        """Ids of the rules that flagged it (Imgen v2's `compliance_codes`)."""
        return self._ids(Action.FLAG)

    @property
    def reason(self) -> str:
        """Why it is blocked, in Imgen v2's words; empty when it is not."""
        names = dict.fromkeys(one.name for one in self.findings if one.action is Action.BLOCK)
        return f"Content blocked — flagged for: {', '.join(names)}." if names else ""

    def _ids(self, action: Action) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.rule for one in self.findings if one.action is action))


_adapter = TypeAdapter(Verdict)


def verdict_to_json(verdict: Verdict) -> bytes:
    """For the database and the wire."""
    return _adapter.dump_json(verdict)


def verdict_from_json(value: object) -> Verdict:
    """From the database's decoded JSON.

    Raises:
        pydantic.ValidationError: it is no verdict.
    """
    return _adapter.validate_python(value)

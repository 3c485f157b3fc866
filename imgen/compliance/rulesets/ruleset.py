"""Rulesets as they are judged by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from imgen.compliance.signal import Signal
from imgen.compliance.verdict import Action
from imgen.errors import Invalid

SEVERITIES = ("low", "medium", "high", "critical")
DETECTORS = ("prompt", "nudity", "hashes", "text", "vision", "acs")


@dataclass(frozen=True, slots=True)
class Trigger:
    """A signal that is strong enough."""

    signal: str
    """One of `imgen.compliance.signal.SIGNALS`."""
    threshold: float
    """0 to 1: the lowest score that counts."""

    def met_by(self, signal: Signal) -> bool:
        """Whether a signal is this one, strong enough. A score that is no number counts as such."""
        return signal.name == self.signal and not signal.score < self.threshold


@dataclass(frozen=True, slots=True)
class Rule:
    """What is not wanted, how it is recognised, and what follows."""

    id: str
    """Stable over versions: clients see it in `filter_categories` and `compliance_codes`."""
    name: str
    """For people."""
    category: str
    severity: str
    """One of `SEVERITIES`."""
    action: Action
    triggers: tuple[Trigger, ...]
    """Any of these makes it fire …"""
    only_with: tuple[Trigger, ...] = ()
    """… if any of these is met too, where there are any."""

    def fires(self, signals: Iterable[Signal]) -> tuple[Signal, ...]:
        """The signals that make it fire; empty when it does not."""
        seen = tuple(signals)
        met = [one for one in seen if any(trigger.met_by(one) for trigger in self.triggers)]
        if not met or not self.only_with:
            return tuple(met)
        beside = [one for one in seen if any(trigger.met_by(one) for trigger in self.only_with)]
        return tuple(dict.fromkeys((*met, *beside))) if beside else ()


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Rules under a name that requests use."""

    key: str
    label: str
    version: int
    """Recorded on every verdict; higher whenever a rule changes."""
    rules: tuple[Rule, ...]
    requires: frozenset[str] = frozenset()
    """Detectors without which nothing can be judged by it."""

    def lacks(self, detectors: Iterable[str]) -> tuple[str, ...]:
        """Required detectors that are not among these, each a name or `name version`."""
        there = {one.partition(" ")[0] for one in detectors}
        return tuple(sorted(self.requires - there))


class Rulesets(Mapping[str, Ruleset]):
    """The rulesets that requests may name, by key."""

    def __init__(self, rulesets: Iterable[Ruleset]) -> None:
        self._by_key = {one.key: one for one in rulesets}

    def __getitem__(self, key: str) -> Ruleset:
        return self._by_key[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def named(self, name: str) -> Ruleset:
        """The ruleset of a request.

        Raises:
            imgen.errors.Invalid: there is none of that name: code `unknown_ruleset`.
        """
        found = self._by_key.get(name)
        if found is None:
            raise Invalid(
                "Unknown compliance ruleset", code="unknown_ruleset", field="compliance_ruleset"
            )
        return found

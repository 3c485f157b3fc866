"""Verdicts, the audit log and evaluations as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from imgen import clock
from imgen.cli.tables import print_table
from imgen.compliance.audit.entry import Appeal, Entry
from imgen.compliance.audit.stats import Stats
from imgen.compliance.audit.store import BlockedJob
from imgen.compliance.evaluation.evaluate import Evaluation
from imgen.compliance.hash_lists.read import HashFile
from imgen.compliance.hash_lists.store import HashList
from imgen.compliance.review import Examined
from imgen.compliance.signal import Signal
from imgen.compliance.verdict import Finding
from imgen.generation.look_back import Met

_SHOWN = 20
"""So many mistakes or bad rows are listed; the rest are counted."""


def examined_as_json(examined: Examined) -> dict[str, Any]:
    """A verdict with all that it rests on."""
    verdict = examined.verdict
    return {
        "verdict": verdict.compliance,
        "reason": verdict.reason,
        "filter_categories": list(verdict.categories),
        "compliance_codes": list(verdict.codes),
        **_jsonable(verdict),
        "milliseconds": dict(examined.milliseconds),
    }


def print_examined(console: Console, examined: Examined) -> None:
    """A verdict, the rules that fired, every signal."""
    verdict = examined.verdict
    colour = "red" if verdict.blocked else "green"
    console.print(f"[bold {colour}]{verdict.compliance}[/] {escape(verdict.reason)}")
    console.print(f"ruleset {verdict.ruleset}, version {verdict.ruleset_version}", markup=False)
    console.print(f"detectors: {', '.join(verdict.detectors)}", markup=False, soft_wrap=True)
    for finding in verdict.findings:
        console.print(f"  {_finding(finding)}", markup=False, soft_wrap=True)
    for signal in verdict.signals:
        console.print(f"  {_signal(signal)}", markup=False, soft_wrap=True)
    times = (f"{name or 'all'} {taken:.0f} ms" for name, taken in examined.milliseconds.items())
    console.print(", ".join(times), markup=False, soft_wrap=True)


def entry_as_json(entry: Entry) -> dict[str, Any]:
    """A line of the audit log."""
    digest = entry.prompt_digest
    return {
        **_jsonable(entry, without={"prompt_digest"}),
        "prompt_digest": digest.hex() if digest else None,
    }


def print_log(console: Console, entries: Iterable[Entry], decided: Iterable[Appeal]) -> None:
    """The audit log, and what was decided about a job."""
    for appeal in decided:
        said = f"{clock.rfc3339(appeal.at)} {appeal.decision} by {appeal.decided_by}"
        console.print(f"{said}: {appeal.reason}", markup=False, soft_wrap=True)
    for entry in entries:
        version = "" if entry.ruleset_version is None else f" {entry.ruleset_version}"
        head = (
            *(clock.rfc3339(entry.at), entry.state, entry.kind, entry.job_id, entry.account_id),
            f"({entry.ruleset}{version})",
        )
        console.print(" ".join(part for part in head if part), markup=False, soft_wrap=True)
        if entry.failure:
            console.print(f"  {entry.failure}", markup=False, soft_wrap=True)
        for finding in entry.findings:
            console.print(f"  {_finding(finding)}", markup=False, soft_wrap=True)
        for signal in entry.signals:
            console.print(f"  {_signal(signal)}", markup=False, soft_wrap=True)
        took = entry.milliseconds.get("", 0)
        ran = ", ".join(entry.detectors)
        console.print(f"  {ran}; {took:.0f} ms", markup=False, soft_wrap=True)


def print_stats(console: Console, stats: Stats) -> None:
    """Three tables."""
    amounts = Table("ruleset", "kind", "verdict", _number("reviews"))
    for amount in stats.amounts:
        amounts.add_row(amount.ruleset, amount.kind, amount.state, str(amount.reviews))
    rules = Table("rule", "action", _number("fired"), _number("overturned"))
    for rule in stats.rules:
        rules.add_row(rule.rule, rule.action, str(rule.fired), str(rule.overturned or ""))
    times = Table("detector", _number("reviews"), _number("median ms"), _number("slowest ms"))
    for time in stats.times:
        name = time.detector or "all of them"
        times.add_row(name, str(time.reviews), f"{time.median:.1f}", f"{time.slowest:.1f}")
    for table in (amounts, rules, times):
        print_table(table)


def print_blocked(console: Console, jobs: Iterable[BlockedJob]) -> None:
    """Blocked jobs."""
    names = ("kind", "blocked at", "ruleset", "rules", "decision")
    table = Table(Column("job", no_wrap=True), *names)
    for one in jobs:
        state = "floor: final" if one.floor else one.decision or "open"
        rules = ", ".join(one.rules)
        table.add_row(one.job_id, one.kind, clock.rfc3339(one.at), one.ruleset, rules, state)
    print_table(table)


def evaluation_as_json(found: Evaluation) -> dict[str, Any]:
    """Scores and mistakes."""
    return {
        "pictures": found.pictures,
        "scores": [
            {**_jsonable(one), "precision": one.precision, "recall": one.recall}
            for one in found.scores
        ],
        "mistakes": [
            {
                "file": str(one.file),
                "missed": sorted(one.missed),
                "wrong": sorted(one.wrong),
                "failure": one.failure,
            }
            for one in found.mistakes
        ],
    }


def print_evaluation(console: Console, found: Evaluation) -> None:
    """A table of categories, and the pictures that were judged otherwise than labelled."""
    columns = ("precision", "recall", "hits", "misses", "false alarms")
    table = Table("category", *(_number(name) for name in columns))
    for one in found.scores:
        counts = (str(one.hits), str(one.misses), str(one.false_alarms))
        table.add_row(one.category, _share(one.precision), _share(one.recall), *counts)
    print_table(table)
    console.print(f"{found.pictures} pictures, {len(found.mistakes)} judged otherwise")
    for mistake in found.mistakes[:_SHOWN]:
        said = [f"missed {name}" for name in sorted(mistake.missed)]
        said += [f"false alarm {name}" for name in sorted(mistake.wrong)]
        told = mistake.failure or ", ".join(said)
        console.print(f"  {mistake.file}: {told}", markup=False, soft_wrap=True)
    if len(found.mistakes) > _SHOWN:
        console.print(f"  … and {len(found.mistakes) - _SHOWN} more")


def print_import(console: Console, name: str, found: HashFile, added: int) -> None:
    """What an import of hashes came to."""
    there = len(found.hashes) - added
    known = f", {there} were there already" if there else ""
    console.print(f"{added} hashes added to {name}{known}", markup=False)
    if found.left_out:
        console.print(f"{len(found.left_out)} rows left out:", markup=False)
    for row in found.left_out[:_SHOWN]:
        console.print(f"  row {row.place}: {row.reason}", markup=False, soft_wrap=True)


def print_met(console: Console, met: Sequence[Met]) -> None:
    """What became of the library's pictures that are near the new hashes."""
    dropped = [one for one in met if one.dropped]
    if met:
        console.print(f"{len(met)} pictures of the library are near, {len(dropped)} withdrawn:")
    for one in met:
        fate = one.dropped or (f"not judged: {one.unjudged}" if one.unjudged else "stays")
        console.print(f"  {one.id}: {fate}", markup=False, soft_wrap=True)


def list_row(one: HashList) -> Sequence[str]:
    """A hash list as a row."""
    return (one.name, one.kind, str(one.hashes), clock.rfc3339(one.imported_at))


def _finding(finding: Finding) -> str:
    return f"{finding.action}: {finding.name} ({finding.rule}, {finding.severity})"


def _signal(signal: Signal) -> str:
    detail = f" ({signal.detail})" if signal.detail else ""
    return f"{signal.score:.2f} {signal.name}, seen by {signal.detector}{detail}"


def _number(name: str) -> Column:
    return Column(name, justify="right")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def _jsonable(value: Any, *, without: set[str] | None = None) -> dict[str, Any]:
    names = [name for name in type(value).__dataclass_fields__ if name not in (without or ())]
    return {name: to_jsonable_python(getattr(value, name)) for name in names}

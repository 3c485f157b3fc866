"""`imgen compliance rulesets`: see what pictures are judged by, and check one's own rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from imgen.cli.options import DataDir, settings_for
from imgen.cli.problems import Files, report
from imgen.cli.tables import print_table
from imgen.compliance.rulesets import Rule, Ruleset, Rulesets, check_rulesets, load_rulesets
from imgen.compliance.rulesets.floor import FLOOR
from imgen.errors import Invalid

app = typer.Typer(help="See rulesets; check your own.", no_args_is_help=True)


def _loaded(data_dir: Path | None) -> Rulesets:
    return load_rulesets(settings_for(data_dir).compliance.rulesets)


@app.command("list")
def list_rulesets(data_dir: DataDir = None) -> None:
    """List the rulesets that requests may name."""
    table = Table("ruleset", "label", "version", "blocks", "flags", "logs", "requires")
    for ruleset in _loaded(data_dir).values():
        table.add_row(
            ruleset.key,
            ruleset.label,
            str(ruleset.version),
            *(str(_count(ruleset, action)) for action in ("block", "flag", "log")),
            ", ".join(sorted(ruleset.requires)) or "–",
        )
    print_table(table)
    print("The floor holds under each of them: `imgen compliance rulesets show floor`")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A ruleset, or `floor`.", show_default=False)],
    data_dir: DataDir = None,
) -> None:
    """Show a ruleset's rules: what sets each off, from which score on, and what follows."""
    if name == FLOOR.key:
        ruleset = FLOOR
    else:
        try:
            ruleset = _loaded(data_dir).named(name)
        except Invalid as error:
            raise typer.BadParameter(error.message, param_hint="NAME") from None
    print(f"{ruleset.key} · {ruleset.label} · version {ruleset.version}")
    if ruleset.requires:
        print(f"Requires: {', '.join(sorted(ruleset.requires))}")
    table = Table("rule", "name", "severity", "action", "set off by", show_lines=True)
    for rule in ruleset.rules:
        table.add_row(rule.id, rule.name, rule.severity, str(rule.action), _condition(rule))
    print_table(table)


@app.command()
def check(paths: Files = None, data_dir: DataDir = None) -> None:
    """Say what is wrong with ruleset files: which file, which key, and the fix."""
    problems = check_rulesets(paths or settings_for(data_dir).compliance.rulesets)
    report(problems, "The rulesets are good")


def _count(ruleset: Ruleset, action: str) -> int:
    return sum(rule.action == action for rule in ruleset.rules)


def _condition(rule: Rule) -> str:
    lines = [f"{one.signal} ≥ {one.threshold:g}" for one in rule.triggers]
    if rule.only_with:
        lines += [
            "and with any of",
            *(f"{one.signal} ≥ {one.threshold:g}" for one in rule.only_with),
        ]
    return "\n".join(lines)

"""Puts on record what was refused at submit, of which there is no job and no picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imgen.compliance.audit import store
from imgen.compliance.audit.entry import entry_of
from imgen.compliance.detectors.prompt import PromptDetector
from imgen.compliance.rulesets import Rulesets, judge
from imgen.compliance.screening import screen
from imgen.compliance.subject import Subject
from imgen.database.pool import Database

KIND = "prompt"


@dataclass(frozen=True, slots=True)
class RecordRefusal:
    """Writes refused prompts into the audit log: who, by which rules, never the words."""

    database: Database
    rulesets: Rulesets

    async def __call__(
        self, *, account_id: str, ruleset: str, prompt: str, negative: str = ""
    ) -> None:
        """Record one.

        Raises:
            imgen.errors.Invalid: there is no such ruleset.
            imgen.errors.Unavailable: the database is down.
        """
        signals = screen(prompt, negative)
        ran = (f"{PromptDetector.name} {PromptDetector.version}",)
        verdict = judge(self.rulesets.named(ruleset), signals, ran)
        subject = Subject("generated", None, prompt=prompt, account_id=account_id)
        entry = replace(entry_of(subject, verdict, {}), kind=KIND, state="refused")
        async with self.database.transaction() as connection:
            await store.append(connection, entry)

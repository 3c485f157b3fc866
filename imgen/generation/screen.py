"""What is refused before any work is done."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from imgen.compliance.floor import refuse_floor, refuse_listed
from imgen.compliance.refusals import RecordRefusal
from imgen.compliance.review import Examine
from imgen.compliance.screening import screen
from imgen.errors import Invalid


@dataclass(frozen=True, slots=True)
class Screen:
    """Looks at requests, not at pictures.

    Args:
        reviewed: whether pictures are reviewed here; the floor holds all the same.
        refuse_prompts: whether a prompt that its ruleset blocks is refused at once, rather than
            judged together with its picture.
    """

    examine: Examine
    record: RecordRefusal
    reviewed: bool
    refuse_prompts: bool

    def check(self, ruleset: str) -> None:
        """Refuse a ruleset that does not exist or cannot be applied here.

        Raises:
            imgen.errors.Invalid: there is none of that name; code `unknown_ruleset`.
            imgen.errors.Unavailable: it requires a detector that is missing.
        """
        if self.reviewed:
            self.examine.check(ruleset)
        else:
            self.examine.rulesets.named(ruleset)

    async def prompt(self, account_id: str, ruleset: str, prompt: str, negative: str) -> None:
        """Refuse what may not even be asked for, and put the refusal on record.

        Raises:
            imgen.errors.Invalid: code `floor`, or `prompt_refused` where the operator has such
                prompts refused.
        """
        try:
            await asyncio.to_thread(self._refuse, ruleset, prompt, negative)
        except Invalid:
            await self.record(
                account_id=account_id, ruleset=ruleset, prompt=prompt, negative=negative
            )
            raise

    def _refuse(self, ruleset: str, prompt: str, negative: str) -> None:
        refuse_floor(prompt, negative)
        if self.reviewed and self.refuse_prompts:
            rules = self.examine.rulesets.named(ruleset)
            refuse_listed(screen(prompt, negative), rules)

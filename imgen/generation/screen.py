"""What is refused before any work is done."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from imgen.compliance.floor import refuse_floor, refuse_listed
from imgen.compliance.refusals import RecordRefusal
from imgen.compliance.review import Examine
from imgen.compliance.rulesets.load import DEFAULT
from imgen.compliance.screening import screen
from imgen.compliance.signal import Signal
from imgen.errors import Invalid

_screened = lru_cache(maxsize=256)(screen)
"""One call is screened before the library, before the enhancer and at submit: each text once."""


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
        signals = await self.floor(account_id, prompt, negative, ruleset=ruleset)
        if self.reviewed and self.refuse_prompts:
            async with self._on_record(account_id, ruleset, prompt, negative):
                refuse_listed(signals, self.examine.rulesets.named(ruleset))

    async def floor(
        self, account_id: str, prompt: str, negative: str, *, ruleset: str = DEFAULT
    ) -> Sequence[Signal]:
        """Refuse what nobody may ask for, under any ruleset: of the library no more than of us.

        Returns:
            What the prompt was screened to.

        Raises:
            imgen.errors.Invalid: code `floor`.
        """
        async with self._on_record(account_id, ruleset, prompt, negative):
            signals = await asyncio.to_thread(_screened, prompt, negative)
            refuse_floor(signals)
        return signals

    @contextlib.asynccontextmanager
    async def _on_record(
        self, account_id: str, ruleset: str, prompt: str, negative: str
    ) -> AsyncIterator[None]:
        try:
            yield
        except Invalid:
            await self.record(
                account_id=account_id, ruleset=ruleset, prompt=prompt, negative=negative
            )
            raise

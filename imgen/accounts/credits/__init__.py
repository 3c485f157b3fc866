"""Credits: what an account may spend, and the ledger that says where they came from and went."""

from imgen.accounts.credits.book import CreditBook
from imgen.accounts.credits.records import Balance, Disagreement, Entry, EntryKind
from imgen.accounts.credits.spend import reserve

__all__ = ["Balance", "CreditBook", "Disagreement", "Entry", "EntryKind", "reserve"]

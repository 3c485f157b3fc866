"""What a ledger should come to, said once more without a database."""

from __future__ import annotations

from dataclasses import dataclass, field

PLANS = {"": 0, "free": 50, "pro": 2000}
"""Credits a month by plan; no plan is empty."""


@dataclass(slots=True)
class Held:
    """What one unfinished job has taken, and in which month."""

    monthly: int
    lasting: int
    month: int


@dataclass(slots=True)
class Expected:
    """One account's credits."""

    plan: str = "free"
    month: int = 0
    granted: int = 0
    monthly: int = 0
    lasting: int = 0
    held: dict[str, Held] = field(default_factory=dict)
    spent: int = 0

    def look(self, month: int) -> None:
        """Bring it to a month."""
        if month > self.month:
            self.month, self.granted, self.monthly = month, 0, 0
        due = PLANS[self.plan]
        if due > self.granted:
            self.monthly += due - self.granted
            self.granted = due

    def can_pay(self, price: int) -> bool:
        """Whether there is enough."""
        return price <= self.monthly + self.lasting

    def submit(self, job: str, price: int) -> None:
        """Set a price aside; there is enough."""
        from_month = min(price, self.monthly)
        self.monthly -= from_month
        self.lasting -= price - from_month
        self.held[job] = Held(from_month, price - from_month, self.month)

    def end(self, job: str, state: str) -> None:
        """Spend it, or give it back."""
        held = self.held.pop(job, None)
        if held is None:
            return
        if state == "completed":
            self.spent += held.monthly + held.lasting
            return
        self.lasting += held.lasting
        if held.month == self.month:
            self.monthly += held.monthly

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Monthly, lasting, held."""
        return (
            self.monthly,
            self.lasting,
            sum(one.monthly + one.lasting for one in self.held.values()),
        )

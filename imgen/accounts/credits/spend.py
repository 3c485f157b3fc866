"""Setting credits aside for a job, in the transaction that makes the job."""

from __future__ import annotations

from datetime import datetime

from imgen.accounts.credits import store
from imgen.accounts.credits.records import Balance
from imgen.database.pool import Connection
from imgen.errors import Exhausted


async def reserve(
    connection: Connection,
    *,
    account_id: str,
    job_id: str,
    amount: int,
    what: str,
    moment: datetime | None = None,
) -> Balance:
    """Set credits aside: those of the month first, then top-ups.

    The row of the job, in the same transaction, must have the amount as its `price`. When the job
    ends, the database settles or releases the credits. Reserving the same amount for the same job
    again changes nothing.

    Args:
        amount: credits; 0 sets nothing aside.
        what: for people who read the ledger: `generate, realistic`.
        moment: the time that says which month it is; the database's when left out.

    Returns:
        What is left.

    Raises:
        imgen.errors.Exhausted: code `no_credits`; the message has the cost and what is left.
    """
    reserved, balance = await store.reserve(
        connection,
        account_id=account_id,
        job_id=job_id,
        amount=amount,
        what=what,
        moment=moment,
    )
    if not reserved:
        raise Exhausted(_refusal(amount, balance), code="no_credits")
    return balance


def _refusal(amount: int, balance: Balance) -> str:
    cost = f"{amount} credit{'' if amount == 1 else 's'}"
    left = "none is" if balance.available == 0 else f"{balance.available} {_be(balance.available)}"
    held = f" ({balance.held} more are set aside for unfinished jobs)" if balance.held else ""
    fix = "ask the operator for a top-up"
    if balance.granted:
        fix = f"the plan grants {balance.granted} on {balance.month_ends:%Y-%m-%d}, or {fix}"
    return f"This costs {cost} and {left} left{held}; {fix}"


def _be(amount: int) -> str:
    return "is" if amount == 1 else "are"

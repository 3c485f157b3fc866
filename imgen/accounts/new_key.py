"""Make an API key: what may be asked of one, and how it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from imgen import clock, ids
from imgen.accounts import keys, store
from imgen.accounts.records import SCOPES
from imgen.database.pool import Connection
from imgen.errors import Invalid

LONGEST_LABEL = 100
"""Characters."""
_LONGEST_LIFE = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret, which is shown this once."""

    id: str
    secret: str
    label: str
    scopes: tuple[str, ...]
    expires_at: datetime | None


def new_key(*, label: str, scopes: Sequence[str], expires_in: timedelta | None) -> NewKey:
    """A key that has not been kept yet.

    Args:
        label: what it is for, in its maker's words; may be empty.
        scopes: surfaces that it is good for; none: all of them.
        expires_in: how long it works; None: until it is revoked.

    Raises:
        imgen.errors.Invalid: the label, a scope or the time cannot be.
    """
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise Invalid(f"label must be at most {LONGEST_LABEL} printable characters", field="label")
    for scope in scopes:
        if scope not in SCOPES:
            raise Invalid(
                f"There is no scope {scope}; there are {', '.join(SCOPES)}", field="scopes"
            )
    if expires_in is not None and not timedelta(0) < expires_in <= _LONGEST_LIFE:
        raise Invalid(
            f"A key expires after 1 second to {_LONGEST_LIFE.days} days", field="expires_in"
        )
    return NewKey(
        id=ids.key_id(),
        secret=keys.new_secret(),
        label=label.strip(),
        scopes=tuple(scope for scope in SCOPES if scope in scopes),
        expires_at=clock.now() + expires_in if expires_in else None,
    )


async def keep_key(
    connection: Connection, key: NewKey, *, account_id: str, created_by: str | None = None
) -> None:
    """Keep a key, without its secret.

    Args:
        created_by: a user's id; None: an operator.
    """
    await store.add_key(
        connection,
        id=key.id,
        account_id=account_id,
        hint=keys.hint(key.secret),
        digest=keys.digest(key.secret),
        expires_at=key.expires_at,
        label=key.label,
        scopes=key.scopes,
        created_by=created_by,
    )

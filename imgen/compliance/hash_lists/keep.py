"""Hash lists as their operator sees them. Every change counts at once, in every process."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from imgen.compliance.hash_lists import store
from imgen.compliance.hash_lists.store import HashList, ListKind
from imgen.database.pool import Database
from imgen.errors import Conflict, Invalid, NotFound

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class HashLists:
    """Imports, lists and removes."""

    database: Database

    async def add(
        self, name: str, kind: ListKind, hashes: Sequence[str], *, replace: bool = False
    ) -> int:
        """Add hashes to a list, made if there is none; returns how many were new.

        Args:
            kind: `known_bad`: the floor blocks what matches; `listed`: rulesets decide.
            hashes: 64 lower-case hexadecimal characters each.
            replace: whether what the list held before goes.

        Raises:
            imgen.errors.Invalid: the name has other characters than a-z, 0-9, `.`, `_`, `-`.
            imgen.errors.Conflict: the list exists and is of the other kind.
        """
        if not _NAME.fullmatch(name):
            raise Invalid(
                f"{name!r} is no name for a list: up to 64 of a-z, 0-9, '.', '_' and '-'",
                field="list",
            )
        async with self.database.transaction() as connection:
            there = await store.kind_of(connection, name)
            if there not in {None, kind}:
                raise Conflict(
                    f"The list {name} is of kind {there}; remove it first, or name another",
                    field="kind",
                )
            if replace:
                await store.empty(connection, name)
            return await store.add(connection, name, kind, hashes)

    async def all(self) -> list[HashList]:
        """Every list, by name."""
        async with self.database.connection() as connection:
            return await store.lists(connection)

    async def remove(self, name: str) -> None:
        """Remove a list with its hashes.

        Raises:
            imgen.errors.NotFound: there is none of this name.
        """
        async with self.database.transaction() as connection:
            if not await store.remove(connection, name):
                raise NotFound(f"There is no list {name}", field="list")

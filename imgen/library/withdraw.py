"""Stop serving pictures that would come out differently today."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from imgen.catalog.catalog import Catalog
from imgen.database.pool import Database
from imgen.library import store

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Withdraws pictures whose model or character has another version in the catalog by now."""

    database: Database
    catalog: Catalog

    async def __call__(self) -> int:
        """Returns how many were withdrawn.

        Raises:
            imgen.errors.Unavailable: the database is down.
        """
        models = {key: model.version for key, model in self.catalog.models.items()}
        characters = {key: one.version for key, one in self.catalog.characters.items()}
        async with self.database.transaction() as connection:
            withdrawn = await store.withdraw_outdated(
                connection, "model", "model_version", models
            ) + await store.withdraw_outdated(
                connection, "character", "character_version", characters
            )
        if withdrawn:
            _log.info("library.withdrawn", images=withdrawn)
        return withdrawn

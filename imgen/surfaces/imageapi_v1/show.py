"""How a picture reaches the client: as a link where its account keeps pictures, else as data."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from typing import Any

from imgen.accounts.plans.records import Plan
from imgen.accounts.records import Caller
from imgen.database.pool import Database
from imgen.generation.outcome import StoredFile
from imgen.storage.links import Links
from imgen.storage.objects import ObjectStore
from imgen.surfaces.imageapi_v1 import store
from imgen.surfaces.imageapi_v1.translate import storage_words


@dataclass(frozen=True, slots=True)
class Show:
    """Makes `image` and `storage` of a reply."""

    database: Database
    objects: ObjectStore
    links: Links
    link_seconds: int

    async def __call__(self, caller: Caller, plan: Plan, file: StoredFile) -> dict[str, Any]:
        """The link or the data URL, and why it is that.

        Raises:
            imgen.errors.ImgenError: the picture cannot be read, or its link not be made.
        """
        obstacle = await self._obstacle(caller, plan)
        storage: dict[str, Any] = {
            "enabled": plan.storage and caller.storage_preferred,
            "stored": not obstacle,
            "plan": storage_words(plan),
        }
        if obstacle:
            return {"image": await self._data_url(file), "storage": storage | {"reason": obstacle}}
        return {
            "image": await self.links.url(file.key, expires_in=self.link_seconds),
            "storage": storage,
        }

    async def _obstacle(self, caller: Caller, plan: Plan) -> str:
        """Why the account is not given a link; empty: it is."""
        if not plan.storage:
            return f"The plan {plan.name} has no storage"
        if not caller.storage_preferred:
            return "Storage is switched off in the account's preferences"
        if plan.storage_bytes is None:
            return ""
        async with self.database.connection() as connection:
            kept = await store.kept_bytes(connection, caller.account_id)
        return f"The {storage_words(plan)} is full" if kept > plan.storage_bytes else ""

    async def _data_url(self, file: StoredFile) -> str:
        data = await self.objects.get(file.key)
        text = await asyncio.to_thread(base64.b64encode, data)
        return f"data:{file.format.media_type};base64,{text.decode()}"

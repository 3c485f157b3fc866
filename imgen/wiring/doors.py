"""What surfaces share: who may come in, which model answers, how pictures are handed out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from imgen.accounts.authenticate import Authenticate
from imgen.generation.choose import ChooseModel
from imgen.generation.endings import Endings
from imgen.generation.offers import heard
from imgen.generation.submit import Submit
from imgen.generation.wait import Deliver, Wait
from imgen.http.gate import Gate
from imgen.storage.links import Links, links_for
from imgen.wiring.core import Core
from imgen.wiring.secret import deployment_secret


@dataclass(frozen=True, slots=True)
class Doors:
    """The parts, opened."""

    core: Core
    links: Links
    gate: Gate
    submit: Submit
    deliver: Deliver
    choose: ChooseModel
    public_url: str


@asynccontextmanager
async def open_doors(core: Core, public_url: str) -> AsyncIterator[Doors]:
    """The parts over a core."""
    accounts, submit = core.settings.accounts, core.submit
    core.engines.works_here = core.settings.worker.embedded
    async with heard(core.database, core.engines), Endings(core.database) as endings:
        yield Doors(
            core=core,
            links=make_links(core, public_url),
            gate=Gate(
                authenticate=Authenticate(core.database),
                database=core.database,
                lease_seconds=accounts.lease_seconds,
                keep_replies=timedelta(hours=accounts.idempotency_hours),
            ),
            submit=submit,
            deliver=Deliver(submit, Wait(core.database, endings)),
            choose=ChooseModel(
                core.catalog, core.engines, stand_ins=core.settings.generation.stand_ins
            ),
            public_url=public_url,
        )


def make_links(core: Core, public_url: str) -> Links:
    """Links to stored files: the bucket's own where it has any, unless told otherwise."""
    settings = core.settings
    previous = [secret.get_secret_value().encode() for secret in settings.previous_secrets]
    return links_for(
        core.objects,
        public_url=public_url,
        secret=[deployment_secret(settings), *previous],
        presigned={"auto": None, "presigned": True, "own": False}[settings.storage.links],
    )

"""imgen as it is measured: `imgen serve` and its worker, with the engine that costs nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bench.http import request
from imgen.database.embedded import EmbeddedPostgres
from tests.live import Deployment, deployed

# The tests notice a dead worker sooner than a deployment does; here its own pace counts.
_AS_DEPLOYED = {
    "IMGEN_WORKER__HEARTBEAT_SECONDS": "2",
    "IMGEN_WORKER__STALLED_SECONDS": "10",
    "IMGEN_WORKER__JANITOR_SECONDS": "1",
}


class Imgen:
    """A running deployment and a key for it."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._key = deployment.run("keys", "create", "bench").strip()

    @property
    def url(self) -> str:
        """Of the Imgen v2 surface."""
        return f"{self.deployment.url}/api/v2"

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self._key}"}

    def pids(self) -> list[int]:
        """The server, below which its worker runs, and PostgreSQL."""
        assert self.deployment.process is not None
        postgres = EmbeddedPostgres(self.deployment.folder).pid()
        assert postgres is not None
        return [self.deployment.process.pid, postgres]

    def generate(self, prompt: str) -> bytes:
        """The request that submits a job."""
        fields = {"action": "generate", "prompt": prompt, "model": "instant"}
        return request("POST", self.url, fields, self.headers)

    def status(self, id: str) -> bytes:
        """The request that polls it."""
        return request("POST", self.url, {"action": "status", "id": id}, self.headers)


@contextlib.contextmanager
def imgen(folder: Path, **variables: str) -> Iterator[Imgen]:
    """Start a deployment in a folder; it is gone with the block."""
    with deployed(folder / "imgen", **{**_AS_DEPLOYED, **variables}) as deployment:
        yield Imgen(deployment)

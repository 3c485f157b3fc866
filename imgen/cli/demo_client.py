"""The demo's two sides: a server of its own, and a client that knows nothing but HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from imgen.errors import Unavailable

_READY = "imgen is ready at "
_STOP_SECONDS = 90.0
_POLL_SECONDS = 0.1
_FINAL = ("COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One picture to ask for."""

    prompt: str
    style: str = ""
    format: str = "jpeg"


@dataclass(frozen=True, slots=True)
class Made:
    """One picture that came."""

    wanted: Wanted
    filename: str
    url: str
    seconds: float
    """From asking until it could be fetched."""
    cached: bool


@contextmanager
def own_server(data_dir: Path) -> Iterator[str]:
    """A server on a free port; yields its URL and stops it at the end."""
    log = data_dir / "demo-server.log"
    data_dir.mkdir(parents=True, exist_ok=True)
    with log.open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "imgen", "serve", "--port", "0", "--data-dir", str(data_dir)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # Ctrl-C here must not stop it before we do
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith(_READY):
                raise Unavailable(f"The server did not start; see {log}")
            yield line.removeprefix(_READY).strip()
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def make_key(data_dir: Path) -> str:
    """A key of the account `demo`."""
    command = [sys.executable, "-m", "imgen", "keys", "create", "demo", "--data-dir", str(data_dir)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout.strip()


class Client:
    """Knocks at every door: Imgen v2, ImageAPI v1, Imagine and the Cache API."""

    def __init__(self, url: str, key: str) -> None:
        headers = {"authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=60)

    def make(
        self, wanted: Sequence[Wanted], done: Callable[[Made], None], *, cache: bool = False
    ) -> list[Made]:
        """Ask for all of them at once; `done` hears of each as it comes.

        Raises:
            imgen.errors.Unavailable: one of them failed.
        """
        began = time.perf_counter()
        waiting = {self._submit(one, cache)["id"]: one for one in wanted}
        made: list[Made] = []
        while waiting:
            for id, one in list(waiting.items()):
                status = self._call("/api/v2", action="status", id=id)
                if status["status"] in _FINAL:
                    del waiting[id]
                    made.append(_made(one, status, time.perf_counter() - began))
                    done(made[-1])
            time.sleep(_POLL_SECONDS if waiting else 0)
        return made

    def search(self, query: str, limit: int = 3) -> list[dict[str, Any]]:
        """The best matches in the library."""
        reply = self._call("/api/search", query=query, limit=limit)
        return list(reply["results"])

    def make_now(self, prompt: str) -> str:
        """One synchronous call of ImageAPI v1; the link to the picture."""
        reply = self._call("/api/v1/generate", prompt=prompt, width=768, height=512)
        return str(reply["data"]["image"])

    def edit(self, path: str, picture: bytes, **fields: str) -> tuple[bytes, str]:
        """One edit of Imagine: the new picture, and what it cost and left in credits."""
        reply = self._http.post(
            path,
            files={"image": ("picture.jpg", picture)},
            data=fields,
            headers={"accept": "image/png"},
        ).raise_for_status()
        cost = reply.headers["x-credits-cost"]
        left = reply.headers["x-credits-remaining"]
        return reply.content, f"{cost} credits, {left} left"

    def usage(self) -> dict[str, Any]:
        """What was counted today."""
        reply = self._http.get("/api/v1/usage").raise_for_status().json()
        return dict(reply["data"]["usage"]["today"])

    def fetch(self, url: str) -> bytes:
        """The file behind a link."""
        return self._http.get(url).raise_for_status().content

    def _submit(self, wanted: Wanted, cache: bool) -> dict[str, Any]:
        return self._call(
            "/api/v2",
            action="generate",
            prompt=wanted.prompt,
            model="sketch",
            style=wanted.style,
            format=wanted.format,
            use_cache=cache,
        )

    def _call(self, path: str, **body: Any) -> dict[str, Any]:
        reply: dict[str, Any] = self._http.post(path, json=body).raise_for_status().json()
        return reply


def _made(wanted: Wanted, status: dict[str, Any], seconds: float) -> Made:
    if status["status"] != "COMPLETED":
        raise Unavailable(f"{wanted.prompt}: {status['status']}, {status.get('error', '')}")
    image, meta = status["meta"]["images"][0], status["meta"]
    filename = f"{meta['gen_id']}.{image['url'].split('?')[0].rsplit('.', 1)[-1]}"
    return Made(wanted, filename, image["url"], seconds, bool(status.get("cache")))

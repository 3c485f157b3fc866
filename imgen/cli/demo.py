"""`imgen demo`: start everything, make pictures over HTTP, and say where to look."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from imgen.cli.options import DataDir
from imgen.errors import Unavailable

_PROMPTS = (
    ("a red fox in a snowy forest, golden hour", "photoreal", "jpeg"),
    ("three sailing boats on a calm lake at sunset, mountains", "watercolour", "webp"),
    ("@aya portrait, warm light, city street at night, -hat", "professional", "jpeg"),
    ("a lighthouse on a cliff in a storm", "oil", "avif"),
    ("a small robot watering flowers in a garden, morning", "illustration", "png"),
    ("a castle above the clouds under a full moon", "cinematic", "jpeg"),
)
_READY = "imgen is ready at "
_START_SECONDS = 90.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class _Made:
    prompt: str
    style: str
    file: Path
    url: str
    seconds: float


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("demo-output"),
    data_dir: DataDir = None,
) -> None:
    """Run the whole product once: server, key, pictures; then say how to go on.

    Everything is real: the pictures go through HTTP, PostgreSQL, the queue, a worker and storage.
    """
    console = Console()
    folder = (data_dir or Path("imgen-data")).resolve()
    out.mkdir(parents=True, exist_ok=True)
    with console.status("Starting the server, its database and a worker …"), _server(folder) as url:
        key = _make_key(folder)
        console.print(f"Server ready at {url}, key {key[:12]}… made")
        made = _make_pictures(url, key, out, console)
    _report(made, folder, console)


@contextmanager
def _server(data_dir: Path) -> Iterator[str]:
    """A server of our own on a free port, stopped at the end."""
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
            process.wait(_START_SECONDS)


def _make_key(data_dir: Path) -> str:
    command = [sys.executable, "-m", "imgen", "keys", "create", "demo", "--data-dir", str(data_dir)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


def _make_pictures(url: str, key: str, out: Path, console: Console) -> list[_Made]:
    made: list[_Made] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    headers = {"authorization": f"Bearer {key}"}
    with (
        httpx.Client(base_url=url, headers=headers, timeout=30) as client,
        Progress(*columns, TimeElapsedColumn(), console=console) as progress,
    ):
        task = progress.add_task("Making pictures", total=len(_PROMPTS))
        for prompt, style, format in _PROMPTS:
            progress.update(task, description=prompt[:40].ljust(40))
            made.append(_make(client, prompt, style, format, out))
            progress.advance(task)
    return made


def _make(client: httpx.Client, prompt: str, style: str, format: str, out: Path) -> _Made:
    began = time.perf_counter()
    job = _call(
        client, action="generate", prompt=prompt, model="sketch", style=style, format=format
    )
    while True:
        status = _call(client, action="status", id=job["id"])
        if status["status"] not in ("IN_QUEUE", "IN_PROGRESS"):
            break
        time.sleep(_POLL_SECONDS)
    seconds = time.perf_counter() - began
    if status["status"] != "COMPLETED":
        raise Unavailable(f"{prompt}: {status['status']}, {status.get('error', '')}")
    image = status["meta"]["images"][0]
    file = out / image["filename"]
    file.write_bytes(client.get(image["url"]).raise_for_status().content)
    return _Made(prompt, style, file, image["url"], seconds)


def _call(client: httpx.Client, **body: Any) -> dict[str, Any]:
    reply: dict[str, Any] = client.post("/api/v2", json=body).raise_for_status().json()
    return reply


def _report(made: list[_Made], data_dir: Path, console: Console) -> None:
    table = Table("prompt", "style", "seconds", "file", title="What was made")
    for one in made:
        table.add_row(one.prompt, one.style, f"{one.seconds:.1f}", str(one.file))
    console.print(table)
    console.print(f"A link, as a client gets it: {made[0].url}", soft_wrap=True, highlight=False)
    console.print(
        f"\nGo on:\n"
        f"  .venv/bin/imgen serve --data-dir {data_dir}\n"
        f"  KEY=$(.venv/bin/imgen keys create me --data-dir {data_dir})\n"
        f'  curl -s http://127.0.0.1:8000/api/v2 -H "Authorization: Bearer $KEY" \\\n'
        f"    -H 'Content-Type: application/json' \\\n"
        f'    -d \'{{"action":"generate","prompt":"a quiet lake at dawn"}}\'',
        soft_wrap=True,
        highlight=False,
        markup=False,
    )

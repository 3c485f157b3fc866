"""The clients that the Imgen v2 document shows, run as they are against a real server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.live import Deployment

_CLIENTS = Path(__file__).parent / "clients"
_PROMPT = "@aya black dress, warm lighting, -hat"


@pytest.fixture(scope="module")
def key(deployment: Deployment) -> str:
    return deployment.run("keys", "create", "client").strip()


def _run(
    deployment: Deployment, key: str, folder: Path, client: str, *interpreter: str
) -> subprocess.CompletedProcess[str]:
    code = (_CLIENTS / client).read_text()
    for name, value in (("@API@", f"{deployment.url}/api/v2"), ("@TOKEN@", key)):
        code = code.replace(name, value)
    script = folder / client
    script.write_text(code.replace("@PROMPT@", _PROMPT))
    return subprocess.run(
        [*interpreter, str(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"JOB": str(folder / "job.json"), "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )


def _needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


@pytest.mark.parametrize(
    ("client", "interpreter"),
    [
        pytest.param("imgen_v2.py", [sys.executable], id="python"),
        pytest.param("imgen_v2.mjs", ["node"], id="javascript", marks=_needs("node")),
        pytest.param("imgen_v2.php", ["php"], id="php", marks=_needs("php")),
    ],
)
def test_a_client_gets_a_link_to_its_picture(
    deployment: Deployment, key: str, tmp_path: Path, client: str, interpreter: list[str]
) -> None:
    done = _run(deployment, key, tmp_path, client, *interpreter)
    # The PHP example ends with `die` after its `break`; what it printed counts.
    found = re.search(r"URL: (\S+?)( \(\w+\)|Failed)?\s*$", done.stdout)
    assert found, done.stdout + done.stderr
    picture = httpx.get(found[1])
    assert picture.status_code == 200
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8\xff")


@_needs("curl")
def test_the_curl_examples_list_generate_and_poll(
    deployment: Deployment, key: str, tmp_path: Path
) -> None:
    done = _run(deployment, key, tmp_path, "imgen_v2.sh", "bash")
    models, job, status = (json.loads(line) for line in done.stdout.splitlines())
    assert models["models"]["eros"]["label"] == "Eros"
    assert job["prompt"] == _PROMPT
    assert status["status"] in ("IN_QUEUE", "IN_PROGRESS", "COMPLETED")

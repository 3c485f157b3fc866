"""The clients that the Cache API document shows, run as they are against a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.live import Deployment

_CLIENTS = Path(__file__).parent / "clients"
_PROMPTS = ("sunset over the mountains", "a garden in spring", "a red car")


@pytest.fixture(scope="module")
def key(deployment: Deployment) -> str:
    """A key of an account whose pictures can be searched by now."""
    key = deployment.run("keys", "create", "client").strip()
    with deployment.client(key) as client:
        for prompt in _PROMPTS:
            body = {"action": "generate", "prompt": prompt, "model": "instant"}
            client.post("/api/v2", json=body).raise_for_status()
        deadline = time.monotonic() + 60
        while client.post("/api/search", json={"query": "x"}).json()["count"] < len(_PROMPTS):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    return key


def _run(deployment: Deployment, key: str, folder: Path, client: str, interpreter: str) -> str:
    script = folder / client
    script.write_text((_CLIENTS / client).read_text().replace("@BASE@", deployment.url))
    done = subprocess.run(
        [interpreter, str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"IMGEN_API_KEY": key, "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


@pytest.mark.parametrize(
    ("client", "interpreter"),
    [
        pytest.param("cache_api.py", sys.executable, id="python"),
        pytest.param("cache_api.mjs", "node", id="node", marks=_needs("node")),
    ],
)
def test_a_client_prints_the_best_match_first_with_a_link_that_works(
    deployment: Deployment, key: str, tmp_path: Path, client: str, interpreter: str
) -> None:
    lines = _run(deployment, key, tmp_path, client, interpreter).splitlines()
    assert len(lines) == len(_PROMPTS)
    rows = [line.split(" ") for line in lines]
    scores = [float(score) for _, score, _ in rows]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.8
    assert httpx.get(rows[0][2]).headers["content-type"] == "image/jpeg"


@_needs("curl")
def test_the_curl_examples_are_answered(deployment: Deployment, key: str, tmp_path: Path) -> None:
    first, second = _run(deployment, key, tmp_path, "cache_api.sh", "bash").splitlines()
    assert json.loads(first)["results"][0]["prompt"] == _PROMPTS[0]
    assert json.loads(second) == {"results": [], "count": 0}

"""`imgen verify` and `POST /verify`: a picture of ours is recognised, whatever happened to it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.live import Deployment


@pytest.fixture(scope="module")
def made(deployment: Deployment) -> tuple[dict[str, Any], bytes]:
    """The meta and the file of a picture that came through the whole path."""
    key = deployment.run("keys", "create", "ann").strip()
    with deployment.client(key) as client:
        body = {"action": "generate", "prompt": "a castle by a lake", "model": "sketch"}
        job = client.post("/api/v2", json=body).json()
        deadline = time.monotonic() + 120
        while True:
            status = client.post("/api/v2", json={"action": "status", "id": job["id"]}).json()
            if status["status"] == "COMPLETED":
                break
            assert time.monotonic() < deadline, status
            time.sleep(0.1)
        file = client.get(status["meta"]["images"][0]["url"]).content
    return status["meta"], file


def _stray(file: bytes) -> bytes:
    """Without metadata, smaller, compressed again."""
    with Image.open(io.BytesIO(file)) as picture:
        small = picture.convert("RGB").resize((picture.width * 6 // 10, picture.height * 6 // 10))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def _verify(deployment: Deployment, *files: Path) -> tuple[int, list[dict[str, Any]]]:
    done = subprocess.run(
        [sys.executable, "-m", "imgen", "verify", "--json", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "IMGEN_DATA_DIR": str(deployment.folder)},
    )
    return done.returncode, json.loads(done.stdout)


def test_meta_says_what_vouches_for_the_picture(made: tuple[dict[str, Any], bytes]) -> None:
    meta, _ = made
    assert meta["enable_invisimark"]
    assert meta["enable_c2pa"]
    assert meta["compute_pdq"]
    assert len(meta["pdq"]) == 64
    assert 0 <= meta["pdq_quality"] <= 100


def test_a_picture_as_delivered_is_ours_and_trusted(
    deployment: Deployment, made: tuple[dict[str, Any], bytes], tmp_path: Path
) -> None:
    meta, data = made
    file = tmp_path / "delivered.jpg"
    file.write_bytes(data)
    status, (report,) = _verify(deployment, file)
    assert status == 0
    assert (report["ours"], report["gen_id"], report["id"]) == (True, meta["gen_id"], meta["id"])
    assert report["credentials"]["state"] == "trusted"


def test_a_stripped_resized_recompressed_copy_is_recognised(
    deployment: Deployment, made: tuple[dict[str, Any], bytes], tmp_path: Path
) -> None:
    meta, data = made
    file = tmp_path / "stray.jpg"
    file.write_bytes(_stray(data))
    status, (report,) = _verify(deployment, file)
    assert status == 0
    assert report["gen_id"] == meta["gen_id"]
    assert report["credentials"]["state"] == "absent"
    assert report["mark"]["found"]
    assert [match["id"] for match in report["matches"]] == [meta["gen_id"]]


def test_the_exit_status_tells_strangers_and_unreadable_files(
    deployment: Deployment, tmp_path: Path
) -> None:
    stranger, broken = tmp_path / "stranger.png", tmp_path / "broken.png"
    Image.linear_gradient("L").resize((640, 480)).save(stranger)
    broken.write_bytes(b"not a picture")
    assert _verify(deployment, stranger)[0] == 1
    status, reports = _verify(deployment, stranger, broken, tmp_path / "missing.png")
    assert status == 2
    assert [report["ours"] for report in reports] == [False, False, False]
    assert "not a picture" in reports[1]["error"]


def test_anyone_can_ask_over_http(
    deployment: Deployment, made: tuple[dict[str, Any], bytes]
) -> None:
    meta, data = made
    reply = httpx.post(f"{deployment.url}/verify", content=_stray(data), timeout=30)
    assert reply.status_code == 200
    assert reply.json()["gen_id"] == meta["gen_id"]
    refused = httpx.post(f"{deployment.url}/verify", content=b"x", timeout=30)
    assert (refused.status_code, set(refused.json())) == (400, {"error"})

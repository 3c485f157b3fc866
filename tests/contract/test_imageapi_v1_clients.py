"""The examples that the ImageAPI document shows, run as they are against a real server."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.browser import CHROMIUM, site
from tests.live import Deployment, deployed

_CLIENTS = Path(__file__).parent / "clients"
_PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def key(deployment: Deployment) -> str:
    return deployment.run("keys", "create", "client", "--plan", "pro").strip()


def _needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} not installed")


def _example(deployment: Deployment, key: str, client: str) -> str:
    code = (_CLIENTS / client).read_text()
    return code.replace("https://imageapi.org", deployment.url).replace("YOUR_API_KEY", key)


def _run(folder: Path, client: str, code: str, *command: str, **variables: str) -> str:
    script = folder / client
    script.write_text(code)
    done = subprocess.run(
        [*command, str(script)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@_needs("curl")
def test_the_curl_examples(deployment: Deployment, key: str, tmp_path: Path) -> None:
    code = _example(deployment, key, "imageapi_v1.sh")
    printed = _run(tmp_path, "imageapi_v1.sh", code, "bash")
    replies = [json.loads(line) for line in printed.splitlines()]
    assert all(reply["success"] and reply["request_id"].startswith("req_") for reply in replies)
    quick, batch, example, enhanced, built, models, usage, health = (
        reply["data"] for reply in replies
    )
    for picture in (quick, example, *batch["results"]):
        _check_picture(picture)
    assert [result["success"] for result in batch["results"]] == [True, True]
    assert enhanced["prompt"].startswith("robot reading a book, ")
    assert built["prompt"] == "fox in a scarf, snowy forest, watercolor painting, cozy mood"
    assert "flux-schnell" in {model["slug"] for model in models["models"]}
    assert usage["usage"]["today"] == {"requestCount": 5, "imageCount": 4}
    assert usage["plan"]["remaining_today"] == usage["plan"]["requests_per_day"] - 5
    assert health["status"] in ("healthy", "degraded")


def _check_picture(data: dict[str, Any]) -> None:
    assert set(data) >= {"image", "seed", "model", "storage"}
    assert data["storage"] == {"enabled": True, "stored": True, "plan": "10 GB cloud storage"}
    file = httpx.get(data["image"])
    assert file.content.startswith(_PNG)


@_needs("php")
def test_the_wordpress_example(deployment: Deployment, key: str, tmp_path: Path) -> None:
    printed = _run(
        tmp_path,
        "imageapi_v1.php",
        _example(deployment, key, "imageapi_v1.php"),
        *("php", "-d", f"auto_prepend_file={_CLIENTS / 'imageapi_v1_before.php'}"),
        *("-d", f"auto_append_file={_CLIENTS / 'imageapi_v1_after.php'}"),
        IMAGEAPI_KEY=key,
    )
    left = json.loads(printed)
    assert left["code"] == 200
    _check_picture(left["body"]["data"])


needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")


@needs_chromium
def test_the_javascript_example_on_a_page_of_another_site(
    deployment: Deployment, tmp_path: Path
) -> None:
    key = deployment.run("keys", "create", "visitor", "--plan", "free").strip()
    with site(tmp_path) as page:
        shown = page.run(
            _example(deployment, key, "imageapi_v1.mjs")
            + 'show({status: res.status, data, id: res.headers.get("x-request-id")});'
        )
    assert shown["status"] == 200
    assert shown["data"]["success"] is True
    assert shown["data"]["request_id"] == shown["id"]
    head, _, text = shown["data"]["data"]["image"].partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(text).startswith(_PNG)


@needs_chromium
def test_a_page_of_another_site_can_read_why_it_was_refused(
    deployment: Deployment, tmp_path: Path
) -> None:
    with site(tmp_path) as page:
        shown = page.run(
            f"""
            const call = async (path, options) => {{
              const res = await fetch("{deployment.url}" + path, options);
              return [res.status, (await res.json()).success];
            }};
            const post = {{
              method: "POST",
              headers: {{"Authorization": "Bearer no", "Content-Type": "application/json"}},
              body: "{{}}",
            }};
            show([
              await call("/api/v1/generate", post),
              await call("/api/v1/nothing"),
              await call("/api/v1/models"),
            ]);
            """
        )
    assert shown == [[401, False], [404, False], [200, True]]


@needs_chromium
def test_what_is_not_public_cannot_be_read_by_a_page_of_another_site(
    deployment: Deployment, tmp_path: Path
) -> None:
    with site(tmp_path) as page:
        shown = page.run(f'show((await fetch("{deployment.url}/healthz")).status);')
    assert "TypeError" in shown["failed"]


@needs_chromium
def test_a_strict_server_lets_in_the_sites_that_it_lists(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    with (
        site(tmp_path / "site") as page,
        deployed(
            tmp_path / "data",
            CORS_PUBLIC_API_STRICT_ORIGINS="true",
            CORS_PUBLIC_API_ORIGINS=f"https://shop.example, http://127.0.0.1:{page.port}",
        ) as deployment,
    ):
        key = deployment.run("keys", "create", "client").strip()
        script = f"""
            const res = await fetch("{deployment.url}/api/v1/prompt/build", {{
              method: "POST",
              headers: {{"Authorization": "Bearer {key}", "Content-Type": "application/json"}},
              body: JSON.stringify({{subject: "a fox"}}),
            }});
            show(await res.json());
        """
        listed = page.run(script)
        other = page.run(script, host="localhost")
    assert listed["data"] == {"prompt": "a fox"}
    assert "TypeError" in other["failed"]

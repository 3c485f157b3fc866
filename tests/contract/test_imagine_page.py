"""Every command of docs/imagine.md, run by curl as it stands there against a real server."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from PIL import Image

from imgen.surfaces.imagine.wishes import OPERATIONS
from tests.contract import imagine_page
from tests.live import ROOT, deployed

QUICK = ROOT / "tests" / "surfaces" / "imagine" / "quick.toml"
INSTANT = ROOT / "tests" / "instant" / "catalog.toml"
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest.fixture(scope="module")
def called() -> Iterator[dict[str, Path | str]]:
    """Command → the file that it wrote, or what it printed. By the engine that costs nothing."""
    catalog = json.dumps([str(INSTANT), str(QUICK)])
    with (
        TemporaryDirectory(prefix="imgen-test-", ignore_cleanup_errors=True) as temporary,
        deployed(
            Path(temporary) / "data",
            IMGEN_CATALOG__PATHS=catalog,
            IMGEN_FINISHING__INVISIMARK="false",  # the quick engine's pictures are too small for it
        ) as deployment,
    ):
        folder, key = Path(temporary), deployment.run("keys", "create", "page").strip()
        imagine_page.lay_out(folder)
        results: dict[str, Path | str] = {}
        for command in imagine_page.commands():
            printed = imagine_page.run(command, folder, deployment.url, key)
            name = imagine_page.target(command)
            results[command] = folder / name if name else printed
        yield results


def test_every_command_gets_a_picture_or_facts(called: dict[str, Path | str]) -> None:
    for command, result in called.items():
        if isinstance(result, str):
            assert json.loads(result)["status"] == "success", command
            continue
        with Image.open(result) as picture:
            picture.load()
            wanted = "JPEG" if result.suffix == ".jpg" else "PNG"
            assert picture.format == wanted, command


def test_every_endpoint_is_called_and_shown() -> None:
    page = imagine_page.PAGE.read_text()
    called = {re.sub(r"https?://[^/]+", "", part) for command in imagine_page.commands()
              for part in command.split() if part.startswith("http")}  # fmt: skip
    missing = [one.path for one in OPERATIONS if one.path not in called]
    assert missing == []
    assert all(f"| `{operation.path}` | ![" in page for operation in OPERATIONS)


def test_every_picture_of_the_page_is_there_and_small() -> None:
    shown = re.findall(r"\(images/imagine/([\w-]+\.jpg)\)", imagine_page.PAGE.read_text())
    files = {file.name: file.stat().st_size for file in imagine_page.FOLDER.glob("*.jpg")}
    assert sorted(shown) == sorted(files)
    assert max(files.values()) < 60_000

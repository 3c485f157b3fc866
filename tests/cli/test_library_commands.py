"""`imgen library`, run as a user runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from imgen.cli.library import app
from imgen.settings import Settings
from tests.library import importing_files as files

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process, over the tests' database."""
    monkeypatch.setenv("IMGEN_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("IMGEN_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, prompt in enumerate(["a lighthouse at night", "a red fox in snow"]):
        data = files.png(picture=files.noise(number))
        (folder / f"{number}.png").write_bytes(data)
        (folder / f"{number}.txt").write_text(prompt)
    return folder


def test_help_teaches(run: Run) -> None:
    assert "imgen library import" in run("--help").stdout
    for command in ("import", "stats", "search", "show", "reindex", "export"):
        done = run(command, "--help")
        assert done.exit_code == 0
        assert len(done.stdout.splitlines()) > 5


def test_import_search_show_and_stats(run: Run, pictures: Path) -> None:
    done = run("import", pictures, "--model", "sdxl", "--style", "cinematic")
    assert (done.exit_code, done.exception) == (0, None)
    assert "2 imported, 0 known already, 0 exact copies, 0 similar, 0 failed" in done.stdout
    found = run("search", "an animal in winter", "--limit", "1").stdout
    assert "A red fox in snow." in found
    assert "lighthouse" not in found
    id = re.search(r"[a-z0-9]{20}", found)
    assert id is not None
    shown = run("show", id[0]).stdout
    for fact in ("a red fox in snow", "sdxl", "cinematic", "imported", "everyone", "96×64 png"):
        assert fact in shown
    counted = run("stats").stdout
    assert re.search(r"imported\W+sdxl\W+cinematic\W+2\b", counted)
    assert "2 pictures, 0 of them not read yet" in counted
    assert "2 known already" in run("import", pictures).stdout


def test_a_search_keeps_to_its_filters(run: Run, pictures: Path) -> None:
    run("import", pictures, "--style", "cinematic")
    assert "fox" in run("search", "fox", "--style", "cinematic").stdout
    assert "fox" not in run("search", "fox", "--style", "other").stdout
    assert "fox" not in run("search", "fox", "--min-score", "0.99").stdout


def test_broken_files_are_listed_and_the_exit_status_says_so(run: Run, pictures: Path) -> None:
    (pictures / "[bold]broken.png").write_bytes(b"nope")
    done = run("import", pictures)
    assert done.exit_code == 1
    assert "[bold]broken.png: not a JPEG, PNG, WebP or AVIF picture" in done.stdout
    assert "2 imported" in done.stdout
    assert "1 failed" in done.stdout


def test_private_needs_an_account(run: Run, pictures: Path) -> None:
    done = run("import", pictures, "--private", "nobody")
    assert "There is no account nobody" in str(done.exception)


def test_an_id_that_is_not_there(run: Run) -> None:
    assert "There is no picture" in str(run("show", "a" * 20).exception)


def test_export_and_import_again(run: Run, pictures: Path, tmp_path: Path) -> None:
    run("import", pictures)
    done = run("export", tmp_path / "out")
    assert "2 pictures exported" in done.stdout
    lines = (tmp_path / "out/manifest.jsonl").read_text().splitlines()
    assert {json.loads(line)["prompt"] for line in lines} == {
        "a lighthouse at night",
        "a red fox in snow",
    }
    assert "2 exact copies" in run("import", tmp_path / "out").stdout


def test_reindex_reads_what_is_to_be_read(run: Run, pictures: Path) -> None:
    run("import", pictures)
    assert "0 pictures read" in run("reindex").stdout
    assert "2 pictures read" in run("reindex", "--all").stdout
    assert "A red fox in snow." in run("search", "fox").stdout


def test_ctrl_c_stops_with_a_word_and_the_same_command_goes_on(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(1000):
        (folder / f"{number:04}.png").write_bytes(files.png(picture=files.noise(number, (48, 48))))
    environment = {
        **os.environ,
        "IMGEN_DATABASE_URL": settings.database_url.get_secret_value(),
        "IMGEN_DATA_DIR": str(settings.data_dir),
        "IMGEN_COMPLIANCE__NUDITY": "off",
    }
    command = "from imgen.cli.library import app; app()"
    arguments = [sys.executable, "-c", command, "import", str(folder)]
    running = subprocess.Popen(
        arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    stored = settings.data_dir / "objects" / "images"
    deadline = time.monotonic() + 60
    while not stored.is_dir():
        assert running.poll() is None, running.stderr and running.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    said, wrong = running.communicate(timeout=60)
    assert running.returncode == 130, wrong
    assert "Stopped. The same command again goes on from here." in said
    assert "Traceback" not in wrong
    again = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    counts = re.search(r"(\d+) imported, (\d+) known already, 0 exact.* 0 failed", again.stdout)
    assert counts is not None, again.stdout
    assert int(counts[1]) + int(counts[2]) == 1000
    assert int(counts[1]) > 0

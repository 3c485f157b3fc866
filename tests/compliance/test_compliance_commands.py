"""`imgen compliance`, run as an operator runs it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner, Result

from imgen.cli import compliance, library
from imgen.errors import Invalid, NotFound, Unavailable
from imgen.finishing.pdq import pdq
from imgen.settings import Settings
from tests.chat.server import Reply, chat_server

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process, over the tests' database."""
    monkeypatch.setenv("IMGEN_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("IMGEN_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("IMGEN_COMPLIANCE__TEXT", "off")
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(compliance.app, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    file = tmp_path / "portrait.png"
    Image.fromarray(data.astronaut()).save(file)
    return file


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """A hash list with the portrait on it."""
    file = tmp_path / "known.txt"
    file.write_text(f"{pdq(data.astronaut()).hash}\nnot a hash\n")
    return file


@pytest.fixture
def blocked(clean_url: str) -> str:
    """A job that a review blocked."""
    finding = '[{"rule": "n1", "name": "N", "category": "nudity", "severity": "high",'
    finding += ' "action": "block", "signals": []}]'
    with psycopg.connect(clean_url) as connection:
        connection.execute(
            "INSERT INTO compliance_reviews (kind, job_id, account_id, state, floor, ruleset,"
            " ruleset_version, findings, signals, detectors, milliseconds, pdq, failure) VALUES"
            " ('generated', 'run_b', 'acc_b', 'blocked', false, 'strict', 2, %s, '[]',"
            """ '{"nudity 3.4.2"}', '{"": 21.5, "nudity": 20.0}', '', '')""",
            (finding,),
        )
    return "run_b"


def good(done: Result) -> str:
    assert (done.exit_code, done.exception) == (0, None), done.output
    return done.stdout


def test_help_teaches(run: Run) -> None:
    assert "imgen compliance review" in run("--help").stdout
    for command in (
        *(["review"], ["stats"], ["log"], ["evaluate"], ["rulesets"]),
        *(["appeals", "overturn"], ["appeals", "list"], ["hashes", "import"], ["hashes", "list"]),
    ):
        assert len(good(run(*command, "--help")).splitlines()) > 5


def test_a_harmless_picture_is_safe_and_leaves_no_trace(run: Run, portrait: Path) -> None:
    told = good(run("review", portrait, "--prompt", "an astronaut"))
    assert told.startswith("safe")
    assert "prompt 1" in told
    assert good(run("log")) == ""


def test_a_listed_picture_is_blocked_at_once_and_says_why(
    run: Run, portrait: Path, known: Path
) -> None:
    told = good(run("hashes", "import", known, "--list", "victims"))
    assert "1 hashes added to victims" in told
    assert "row 2" in told
    assert "victims" in good(run("hashes", "list"))
    done = run("review", portrait, "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["verdict"], found["floor"]) == (1, "unsafe", True)
    assert found["signals"][0]["detail"] == "list victims, distance 0"
    assert "victims, distance 0" in run("review", portrait, "--ruleset", "permissive").stdout
    good(run("hashes", "remove", "victims"))
    assert run("review", portrait).exit_code == 0


def test_a_new_list_finds_what_the_library_has(
    run: Run, portrait: Path, known: Path, settings: Settings
) -> None:
    good(CliRunner().invoke(library.app, ["import", str(portrait)]))
    told = good(run("hashes", "import", known, "--list", "victims"))
    assert "1 pictures of the library are near, 1 withdrawn:" in told
    assert "Known illegal picture" in told
    assert "near" not in good(run("hashes", "import", known, "--list", "victims"))


def test_what_cannot_be_is_refused(run: Run, portrait: Path, tmp_path: Path) -> None:
    for arguments in (
        ("review", portrait, "--ruleset", "nowhere"),
        ("review", tmp_path / "missing.png"),
        ("log", "--state", "odd"),
        ("hashes", "import", portrait, "--list", "x"),
        ("hashes", "import", tmp_path / "missing.txt", "--list", "x"),
        ("hashes", "import", portrait, "--list", "x", "--kind", "odd"),
        ("evaluate", tmp_path / "missing"),
    ):
        assert isinstance(run(*arguments).exception, Invalid), arguments
    assert isinstance(run("hashes", "remove", "x").exception, NotFound)


async def test_an_operator_is_told_which_detector_failed(
    run: Run, portrait: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chat_server(Reply(status=500)) as server:
        monkeypatch.setenv("IMGEN_COMPLIANCE__ACS_URL", server.url)
        done = await asyncio.to_thread(run, "review", portrait)
    assert isinstance(done.exception, Unavailable)
    assert "acs The external reviewer answered 500" in done.exception.message


def test_the_log_tells_who_what_and_why(run: Run, blocked: str) -> None:
    told = good(run("log", "--job", blocked))
    assert "blocked generated run_b acc_b (strict 2)" in told
    assert "block: N (n1, high)" in told
    assert good(run("log", "--state", "safe")) == ""
    (entry,) = json.loads(good(run("log", "--json")))
    assert entry["milliseconds"] == {"": 21.5, "nudity": 20.0}


def test_stats_add_up(run: Run, blocked: str) -> None:
    told = good(run("stats", "--days", 7))
    assert "strict" in told
    assert "n1" in told
    assert "21.5" in told


def test_an_appeal_releases_and_is_on_record(
    run: Run, blocked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    released: list[str] = []

    async def release(job_id: str) -> None:
        released.append(job_id)

    monkeypatch.setattr(compliance, "make_release", lambda _core: release)
    assert "open" in good(run("appeals", "list"))
    good(run("appeals", "uphold", blocked, "--reason", "clear enough", "--by", "ann"))
    assert "upheld" in good(run("appeals", "list"))
    good(run("appeals", "overturn", blocked, "--reason", "a statue after all", "--by", "bob"))
    assert released == [blocked]
    told = good(run("log", "--job", blocked))
    assert "overturned by bob: a statue after all" in told
    assert isinstance(run("appeals", "overturn", "run_none", "--reason", "why").exception, NotFound)


def test_labelled_pictures_are_evaluated(run: Run, portrait: Path, tmp_path: Path) -> None:
    folder = tmp_path / "labelled" / "safe"
    folder.mkdir(parents=True)
    portrait.rename(folder / "portrait.png")
    assert "1 pictures, 0 judged otherwise" in good(run("evaluate", folder.parent))
    found = json.loads(good(run("evaluate", folder.parent, "--json")))
    assert (found["pictures"], found["mistakes"]) == (1, [])

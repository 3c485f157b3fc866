"""How well prompts are screened, on written sets: `python -m bench.prompt_screening`."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imgen.compliance.rulesets import judge, load_rulesets
from imgen.compliance.rulesets.floor import FLOOR
from imgen.compliance.screening import readings, screen
from imgen.compliance.signal import CATEGORIES, Signal

HERE = Path(__file__).parent
SETS = ("tuning", "later", "final", "held_out")
FLOOR_SETS = ("floor_tuned", "floor_later")
HIT = 0.5
"""The lowest score that counts as a hit here."""
ROUNDS = 20
RULESETS = load_rulesets()


@dataclass(frozen=True)
class Prompt:
    """One line of the set."""

    text: str
    negative: str
    kind: str
    expected: frozenset[str]
    found: frozenset[str]
    signals: tuple[Signal, ...]


def read(half: str) -> list[Prompt]:
    lines = (HERE / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()
    prompts = []
    for line in map(json.loads, lines):
        signals = screen(line["text"], line.get("negative", ""))
        found = {one.name.removeprefix("prompt.") for one in signals if one.score >= HIT}
        prompts.append(
            Prompt(
                line["text"],
                line.get("negative", ""),
                line["kind"],
                frozenset(line["expect"]),
                frozenset(found),
                signals,
            )
        )
    return prompts


def share(part: int, whole: int) -> str:
    return f"{part / whole:6.1%} ({part}/{whole})" if whole else "     – (0/0)"


def report(half: str, prompts: Sequence[Prompt]) -> None:
    print(f"\n{half}: {len(prompts)} prompts")
    print(f"{'category':12}  {'precision':>18}  {'recall':>18}")
    total = [0, 0, 0]
    for category in CATEGORIES:
        expected = sum(category in one.expected for one in prompts)
        found = sum(category in one.found for one in prompts)
        right = sum(category in one.expected & one.found for one in prompts)
        total = [a + b for a, b in zip(total, (right, found, expected), strict=True)]
        print(f"{category:12}  {share(right, found):>18}  {share(right, expected):>18}")
    right, found, expected = total
    print(f"{'all':12}  {share(right, found):>18}  {share(right, expected):>18}")
    for kind in dict.fromkeys(one.kind for one in prompts):
        those = [one for one in prompts if one.kind == kind and one.expected]
        caught = sum(len(one.expected & one.found) for one in those)
        if those:
            print(f"  recall, {kind}: {share(caught, sum(len(one.expected) for one in those))}")
    innocent = [one for one in prompts if not one.expected]
    alarms = sum(bool(one.found) for one in innocent)
    print(f"false alarms on innocent prompts: {share(alarms, len(innocent))}")
    for key, ruleset in RULESETS.items():
        blocked = sum(judge(ruleset, one.signals, ()).blocked for one in innocent)
        print(f"  blocked under {key}: {share(blocked, len(innocent))}")
    forbidden = [one for one in prompts if is_floor(one.expected)]
    refused = sum(judge(FLOOR, one.signals, ()).floor for one in forbidden)
    others = [one for one in prompts if not is_floor(one.expected)]
    wrong = sum(judge(FLOOR, one.signals, ()).floor for one in others)
    print(f"floor: refused {share(refused, len(forbidden))}, wrongly {share(wrong, len(others))}")


def is_floor(expected: frozenset[str]) -> bool:
    return "minor" in expected and bool(expected & {"sexual", "nudity", "suggestive"})


def report_floor() -> None:
    """Sexual prompts with a sign of a minor that is hard to tell: all must be refused."""
    print()
    for name in FLOOR_SETS:
        lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        texts = [json.loads(line)["text"] for line in lines]
        refused = sum(judge(FLOOR, screen(text), ()).floor for text in texts)
        print(f"{name}: refused {share(refused, len(texts))}")


def show_errors(prompts: Sequence[Prompt]) -> None:
    for one in prompts:
        if one.expected != one.found:
            missed = ", ".join(sorted(one.expected - one.found)) or "–"
            extra = ", ".join(sorted(one.found - one.expected)) or "–"
            print(f"  {one.text!r}  missed: {missed}  too many: {extra}")


def time_of(texts: Sequence[str], before: Callable[[], None]) -> float:
    """The median CPU time of a text in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        for text in texts:
            before()
            start = time.thread_time()
            screen(text)
            times.append((time.thread_time() - start) * 1e3)
    return statistics.median(times)


def report_time(prompts: Sequence[Prompt]) -> None:
    innocent = [one.text for one in prompts if not one.expected]
    for length in (200, 2000):
        text = ", ".join(innocent * 3)
        texts = [text[start : start + length] for start in range(0, 4000, 200)]
        warm = time_of(texts, lambda: None)
        cold = time_of(texts, readings.read_word.cache_clear)
        print(f"{length} characters, CPU time: {warm:.2f} ms; {cold:.2f} ms with every word new")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", choices=SETS, help="list what went wrong in one set")
    chosen = parser.parse_args()
    halves = {half: read(half) for half in SETS}
    for half, prompts in halves.items():
        report(half, prompts)
        if half == chosen.errors:
            show_errors(prompts)
    report_floor()
    print()
    report_time(halves["tuning"])


if __name__ == "__main__":
    main()

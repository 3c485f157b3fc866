"""How often a cache lookup would serve a wrong picture, and how often it finds a right one.

"Check" is `same_meaning` after the vector; "essence" embeds prompts without requests and orders for
quality (see `imgen.library.meaning.essence`).
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgen.library.embed.folder import BUILT_IN, read_folder
from imgen.library.embed.network import Network
from imgen.library.meaning import Prompt, Verdict, essence, same_meaning

HERE = Path(__file__).parent
SETS = ("round_7", "held_out", "round_6", "final", "last", "round_3", "round_2", "tuning")
THRESHOLDS = (0.95, 0.90, 0.85, 0.80, 0.75)
BARE = 0.95
QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Measured:
    """A pair with its cosine similarity and the verdict of the second check."""

    pair: dict[str, Any]
    score: float
    """Of the prompts as they are."""
    essential: float
    """Of their essences: without requests and orders for quality."""
    verdict: Verdict

    @property
    def same(self) -> bool:
        return bool(self.pair["same"])


def lines(name: str) -> list[dict[str, Any]]:
    text = (HERE / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def prompt(pair: dict[str, Any], side: str) -> Prompt:
    return Prompt(pair[side], frozenset(pair.get(f"{side}_negatives", ())))


def measure(network: Network, name: str) -> list[Measured]:
    pairs = lines(name)
    verdicts = [same_meaning(prompt(pair, "a"), prompt(pair, "b")) for pair in pairs]
    scores = similarities(network, [(pair["a"], pair["b"]) for pair in pairs])
    essential = similarities(network, [(essence(pair["a"]), essence(pair["b"])) for pair in pairs])
    return [Measured(*row) for row in zip(pairs, scores, essential, verdicts, strict=True)]


def similarities(network: Network, pairs: list[tuple[str, str]]) -> list[float]:
    one = network.vectors([pair[0] for pair in pairs])
    other = network.vectors([pair[1] for pair in pairs])
    return [float(score) for score in (one * other).sum(axis=1)]


def share(
    measured: list[Measured], threshold: float, *, checked: bool, essential: bool = False
) -> float:
    """How many of the pairs would be hits, in percent."""
    if not measured:
        return 0.0
    hits = [
        (each.essential if essential else each.score) > threshold
        and (each.verdict.same or not checked)
        for each in measured
    ]
    return 100 * float(np.mean(hits))


def print_set(name: str, measured: list[Measured]) -> None:
    traps = [each for each in measured if not each.same]
    paraphrases = [each for each in measured if each.same]
    print(f"\n{name}: {len(traps)} traps, {len(paraphrases)} paraphrases")
    print(f"{'':28}{'false hits':>12}{'true hits':>12}")
    ways = ((False, False, "vector alone"), (True, False, "check"), (True, True, "essence, check"))
    for checked, essential, way in ways:
        for threshold in THRESHOLDS:
            false = share(traps, threshold, checked=checked, essential=essential)
            true = share(paraphrases, threshold, checked=checked, essential=essential)
            print(f"{threshold:.2f}, {way:22}{false:11.1f}%{true:11.1f}%")


def print_kinds(measured: list[Measured], threshold: float) -> None:
    groups: dict[tuple[bool, str], list[Measured]] = defaultdict(list)
    for each in measured:
        groups[each.same, each.pair["kind"]].append(each)
    print(f"\n{'kind':26}{'pairs':>6}{f'bare {BARE}':>12}{f'{threshold}, checked':>15}")
    for (same, kind), group in sorted(groups.items()):
        label = ("should hit: " if same else "trap: ") + kind
        bare = share(group, BARE, checked=False)
        ours = share(group, threshold, checked=True, essential=True)
        print(f"{label:26}{len(group):6}{bare:11.0f}%{ours:14.0f}%")


def print_failures(measured: list[Measured]) -> None:
    for each in measured:
        if each.same != each.verdict.same:
            reasons = ", ".join(f"{why.difference}: {why.detail}" for why in each.verdict.reasons)
            what = "lost" if each.same else "FALSE HIT"
            print(f"  {what} {each.score:.2f} | {each.pair['a']} | {each.pair['b']} | {reasons}")


def quantiles(label: str, scores: NDArray[np.float32]) -> None:
    values = np.quantile(scores, QUANTILES)
    print(f"{label:46}" + "".join(f"{value:6.2f}" for value in values))


def print_floor(network: Network, everything: list[Measured]) -> None:
    """Which scores related and unrelated pictures reach, to place the floor between them."""
    rows = lines("searches")
    queries = network.vectors([row["query"] for row in rows])
    prompts = network.vectors([row["prompt"] for row in rows])
    captions = network.vectors([row["caption"] for row in rows])
    library = network.vectors([each.pair["a"] for each in everything])
    both = np.maximum((queries * prompts).sum(axis=1), (queries * captions).sum(axis=1))
    unrelated = np.maximum(queries @ prompts.T, queries @ captions.T)
    np.fill_diagonal(unrelated, -1)
    header = "".join(f"{quantile:6.0%}" for quantile in QUANTILES)
    print(f"\n{'scores (quantiles)':46}{header}")
    related = np.array([each.score for each in everything if each.same], dtype=np.float32)
    quantiles("paraphrases", related)
    quantiles("loosely related: query, best of both texts", both)
    quantiles("  query, prompt only", (queries * prompts).sum(axis=1))
    quantiles("unrelated: query, one picture", unrelated[unrelated > -1])
    quantiles("unrelated: query, best of 39 pictures", unrelated.max(axis=1))
    quantiles(f"query, best of {len(library)} other prompts", (queries @ library.T).max(axis=1))
    print("\nfloor   related kept   unrelated refused (best of 39)")
    for floor in (0.30, 0.35, 0.40, 0.45, 0.50):
        refused = (unrelated.max(axis=1) <= floor).mean()
        print(f"{floor:.2f}{(both > floor).mean():14.0%}{refused:20.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure false and true cache hits.")
    parser.add_argument("--kinds", action="store_true", help="also by kind of pair")
    parser.add_argument("--failures", action="store_true", help="also every pair that goes wrong")
    parser.add_argument("--threshold", type=float, default=0.85, help="of the table by kind")
    arguments = parser.parse_args()
    network = Network(read_folder(BUILT_IN))
    everything: list[Measured] = []
    for name in SETS:
        measured = measure(network, name)
        everything += measured
        print_set(name, measured)
        if arguments.failures:
            print_failures(measured)
    print_set("all sets", everything)
    if arguments.kinds:
        print_kinds(everything, arguments.threshold)
    print_floor(network, everything)


if __name__ == "__main__":
    main()

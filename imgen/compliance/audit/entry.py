"""What the audit log says about one review, and about one decision of an operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from pydantic import TypeAdapter

from imgen.compliance.signal import Signal
from imgen.compliance.subject import Subject
from imgen.compliance.verdict import Finding, Verdict

ELSEWHERE = "acs/"
"""Begins the names of jobs of other deployments, which nobody here can release."""

State = Literal["safe", "flagged", "blocked", "failed", "refused"]
"""`failed`: no verdict was reached. `refused`: a prompt, before any work was done."""
Decision = Literal["overturned", "upheld"]

FINDINGS = TypeAdapter(tuple[Finding, ...])
SIGNALS = TypeAdapter(tuple[Signal, ...])


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A review as it is written down: never the picture, never the prompt."""

    kind: str
    job_id: str
    account_id: str
    state: State
    floor: bool
    ruleset: str
    ruleset_version: int | None
    """None: no verdict was reached."""
    findings: tuple[Finding, ...]
    signals: tuple[Signal, ...]
    detectors: tuple[str, ...]
    """`name version` of each."""
    milliseconds: Mapping[str, float]
    """Detector → time; the empty name is the whole review."""
    prompt_digest: bytes | None
    """SHA-256, by which a prompt that somebody names can be found again."""
    pdq: str
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Entry(NewEntry):
    """A review as it was written down."""

    id: int = 0
    at: datetime = datetime.min


@dataclass(frozen=True, slots=True)
class Appeal:
    """A decision about a blocked job."""

    job_id: str
    decision: Decision
    reason: str
    decided_by: str
    at: datetime


def entry_of(subject: Subject, verdict: Verdict, milliseconds: Mapping[str, float]) -> NewEntry:
    """A review that came to a verdict."""
    state: State = "blocked" if verdict.blocked else "flagged" if verdict.codes else "safe"
    return NewEntry(
        kind=subject.kind,
        job_id=subject.job_id,
        account_id=subject.account_id,
        state=state,
        floor=verdict.floor,
        ruleset=verdict.ruleset,
        ruleset_version=verdict.ruleset_version,
        findings=verdict.findings,
        signals=verdict.signals,
        detectors=verdict.detectors,
        milliseconds=milliseconds,
        prompt_digest=_digest(subject.prompt),
        pdq=subject.pdq,
    )


def entry_of_failure(
    subject: Subject, ruleset: str, detectors: tuple[str, ...], failure: str
) -> NewEntry:
    """A review that came to none."""
    return NewEntry(
        kind=subject.kind,
        job_id=subject.job_id,
        account_id=subject.account_id,
        state="failed",
        floor=False,
        ruleset=ruleset,
        ruleset_version=None,
        findings=(),
        signals=(),
        detectors=detectors,
        milliseconds={},
        prompt_digest=_digest(subject.prompt),
        pdq=subject.pdq,
        failure=failure,
    )


def _digest(prompt: str) -> bytes | None:
    return sha256(prompt.encode(errors="surrogatepass")).digest() if prompt else None

"""The review of pictures: which detectors look, by which rules."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from imgen.compliance.detector import Detector
from imgen.compliance.detectors.acs import AcsDetector
from imgen.compliance.detectors.hashes import HashDetector
from imgen.compliance.detectors.nudity import PACKAGE, NudityDetector
from imgen.compliance.detectors.prompt import PromptDetector
from imgen.compliance.detectors.text import PACKAGE as READER
from imgen.compliance.detectors.text import TextDetector
from imgen.compliance.detectors.vision import VisionDetector
from imgen.compliance.refusals import RecordRefusal
from imgen.compliance.review import Examine, Review
from imgen.compliance.rulesets import load_rulesets
from imgen.database.pool import Database
from imgen.finishing.pdq import pdq
from imgen.generation.judge import Reviewer
from imgen.generation.screen import Screen
from imgen.settings import Settings
from imgen.settings.sections import ComplianceSettings


def make_examine(settings: Settings, database: Database) -> Examine:
    """Every detector that is installed and configured, and the rulesets.

    Raises:
        imgen.errors.Unavailable: a detector is switched on that is not installed.
        imgen.errors.Invalid: a ruleset file or a setting is wrong.
    """
    compliance = settings.compliance
    return Examine(
        detectors=tuple(_detectors(compliance, database)),
        rulesets=load_rulesets(compliance.rulesets),
        timeout=compliance.timeout_seconds,
    )


def make_reviewer(settings: Settings, review: Review) -> Reviewer:
    """What jobs are reviewed by; where review is switched off, the floor holds all the same."""
    return review if settings.compliance.kind == "on" else review.floor


def make_screen(settings: Settings, review: Review) -> Screen:
    """What looks at requests before they become jobs."""
    compliance = settings.compliance
    return Screen(
        review.examine,
        RecordRefusal(review.database, review.examine.rulesets),
        reviewed=compliance.kind == "on",
        refuse_prompts=compliance.refuse_prompts,
    )


def _detectors(compliance: ComplianceSettings, database: Database) -> list[Detector]:
    found: list[Detector] = [
        PromptDetector(),
        HashDetector(database, _fingerprint, distance=compliance.hash_distance),
    ]
    if _wanted(compliance.nudity, PACKAGE):
        found.append(NudityDetector())
    if _wanted(compliance.text, READER):
        found.append(TextDetector())
    timeout = compliance.timeout_seconds
    if compliance.vision_url:
        key = compliance.vision_key.get_secret_value()
        found.append(
            VisionDetector(compliance.vision_url, compliance.vision_model, key, timeout=timeout)
        )
    if compliance.acs_url:
        token, ruleset = compliance.acs_token.get_secret_value(), compliance.acs_ruleset
        found.append(AcsDetector(compliance.acs_url, token, ruleset=ruleset, timeout=timeout))
    return found


def _wanted(setting: str, package: str) -> bool:
    return setting == "on" or (setting == "auto" and find_spec(package) is not None)


def _fingerprint(image: NDArray[np.uint8]) -> tuple[str, int]:
    found = pdq(image)
    return found.hash, found.quality

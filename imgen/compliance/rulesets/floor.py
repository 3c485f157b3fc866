"""The rules that hold under every ruleset, and with review switched off too."""

from __future__ import annotations

import tomllib
from importlib import resources

from imgen.compliance.rulesets.ruleset import Ruleset
from imgen.compliance.rulesets.shapes import RESERVED, read_ruleset


def _read() -> Ruleset:
    file = resources.files("imgen.compliance.rulesets") / "builtin" / "floor.toml"
    floor, wrongs = read_ruleset(RESERVED, tomllib.loads(file.read_text("utf-8"))[RESERVED])
    assert floor is not None, wrongs
    return floor


FLOOR = _read()
"""Sexual content with any sign of minors, and known-bad pictures."""

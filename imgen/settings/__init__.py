"""The configuration of a deployment: only `wiring` and `cli` see it."""

from imgen.settings.load import load_settings, names
from imgen.settings.tree import Settings

__all__ = ["Settings", "load_settings", "names"]

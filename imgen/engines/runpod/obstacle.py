"""Why a model cannot run on RunPod: quick to import, asks no network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from imgen.engines.comfyui.own import options_obstacle

_ENDPOINT = re.compile(r"[A-Za-z0-9_-]{1,100}")


def obstacle(options: Mapping[str, object], settings: Mapping[str, object]) -> str:
    """Why a model cannot run, in one clause; empty when nothing is in the way."""
    endpoint, folder = options.get("endpoint"), settings.get("workflows")
    if not settings.get("key"):
        return "no RunPod key is configured"
    if not isinstance(endpoint, str) or not _ENDPOINT.fullmatch(endpoint):
        return "the model names no RunPod endpoint"
    return options_obstacle(options, folder if isinstance(folder, Path) else None)

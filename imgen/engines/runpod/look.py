"""How to see whether a model's RunPod endpoint is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imgen.engines.remote.look import Look


def looks(options: Mapping[str, object], settings: Mapping[str, object]) -> Sequence[Look]:
    """The endpoint's health."""
    url = str(settings.get("url") or "https://api.runpod.ai/v2")
    return [Look(url, f"/{options.get('endpoint')}/health", str(settings.get("key", "")))]

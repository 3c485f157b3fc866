"""How to see whether a model's ComfyUI servers are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imgen.engines.comfyui.servers import servers_of
from imgen.engines.remote.look import Look, key_for


def looks(options: Mapping[str, object], settings: Mapping[str, object]) -> Sequence[Look]:
    """One for each server.

    Raises:
        imgen.errors.Invalid: there are none, or one is no URL.
    """
    urls = settings.get("urls", ())
    servers = servers_of(options, urls if isinstance(urls, list | tuple) else ())
    return [Look(url, "/prompt", key_for(url, settings)) for url in servers]

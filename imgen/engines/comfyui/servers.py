"""Which servers a model runs on, and why it cannot run: quick to import, asks no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from imgen.engines.comfyui.own import options_obstacle
from imgen.engines.remote.options import Options
from imgen.engines.remote.server import checked_url
from imgen.errors import Invalid


def servers_of(options: Mapping[str, object], default: Sequence[str]) -> tuple[str, ...]:
    """The model's own servers, else the deployment's.

    Raises:
        imgen.errors.Invalid: there are none, or one is no URL.
    """
    urls = Options(options).texts("url") or tuple(default)
    if not urls:
        raise Invalid("No ComfyUI server is configured", field="url")
    return tuple(checked_url(url, "ComfyUI") for url in urls)


def obstacle(options: Mapping[str, object], settings: Mapping[str, object]) -> str:
    """Why a model cannot run, in one clause; empty when nothing is in the way."""
    urls, folder = settings.get("urls", ()), settings.get("workflows")
    try:
        servers_of(options, urls if isinstance(urls, list | tuple) else ())
    except Invalid as error:
        return error.message[:1].lower() + error.message[1:]
    return options_obstacle(options, folder if isinstance(folder, Path) else None)

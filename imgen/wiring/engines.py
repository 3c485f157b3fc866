"""The engines, and what each is told of this deployment."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from imgen.database.pool import Database
from imgen.engines.registry import EngineSettings, Registry
from imgen.engines.runpod.nudges import DatabaseNudges
from imgen.settings import Settings
from imgen.wiring.secret import deployment_secret


def make_registry(settings: Settings, database: Database | None = None) -> Registry:
    """The engines of this installation.

    Args:
        database: hands on the webhooks of remote fleets; without it they are polled.
    """
    return Registry(settings=engine_settings(settings, database))


def engine_settings(settings: Settings, database: Database | None = None) -> EngineSettings:
    """Engine → its settings, as its class takes them."""
    comfyui, runpod, openai = settings.comfyui, settings.runpod, settings.openai
    return {
        "diffusers": {
            **settings.diffusers.model_dump(),
            "models": settings.diffusers.models or settings.data_dir / "models",
            "compiled": settings.data_dir / "compiled",
        },
        "comfyui": {**comfyui.model_dump(), "keys": _plain(comfyui.keys)},
        "runpod": {
            **runpod.model_dump(),
            "key": runpod.key.get_secret_value(),
            "nudges": _nudges(settings, database),
        },
        "openai": {
            **openai.model_dump(),
            "key": openai.key.get_secret_value(),
            "keys": _plain(openai.keys),
        },
    }


def _nudges(settings: Settings, database: Database | None) -> DatabaseNudges | None:
    """Only where the internet reaches us, under a name."""
    url = settings.server.public_url
    if database is None or not url.startswith("https://"):
        return None
    return DatabaseNudges(database, url, deployment_secret(settings))


def _plain(keys: Mapping[str, SecretStr]) -> dict[str, str]:
    return {host: key.get_secret_value() for host, key in keys.items()}

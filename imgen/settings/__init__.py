"""The configuration of a deployment: only `wiring` and `cli` see it."""

from imgen.settings.load import load_settings, names
from imgen.settings.sections import (
    AccountsSettings,
    CaptionerSettings,
    CatalogSettings,
    ComplianceSettings,
    CorsSettings,
    EmbedderSettings,
    EnhancerSettings,
    FinishingSettings,
    GenerationSettings,
    LibrarySettings,
    LogSettings,
    Section,
    ServerSettings,
    StorageSettings,
    UploadsSettings,
    WorkerSettings,
)
from imgen.settings.tree import Settings

__all__ = [
    "AccountsSettings",
    "CaptionerSettings",
    "CatalogSettings",
    "ComplianceSettings",
    "CorsSettings",
    "EmbedderSettings",
    "EnhancerSettings",
    "FinishingSettings",
    "GenerationSettings",
    "LibrarySettings",
    "LogSettings",
    "Section",
    "ServerSettings",
    "Settings",
    "StorageSettings",
    "UploadsSettings",
    "WorkerSettings",
    "load_settings",
    "names",
]

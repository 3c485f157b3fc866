"""Every deployment knob, in one frozen tree.

A value comes from, in this order: the command line, an `IMGEN_…` variable (two underscores enter
a section: `IMGEN_STORAGE__URL`), the TOML file named by `IMGEN_CONFIG`, `imgen.toml` in the data
folder, the default here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from imgen.settings.sections import (
    AccountsSettings,
    CaptionerSettings,
    CatalogSettings,
    ComfyUiSettings,
    ComplianceSettings,
    CorsSettings,
    DiffusersSettings,
    EmbedderSettings,
    EnhancerSettings,
    FinishingSettings,
    GenerationSettings,
    LibrarySettings,
    LogSettings,
    OpenAiSettings,
    RunPodSettings,
    ServerSettings,
    StorageSettings,
    UploadsSettings,
    WorkerSettings,
)

PREFIX = "IMGEN_"


def _default_data_dir() -> Path:
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "imgen"


class Settings(BaseSettings):
    """The whole configuration of one deployment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
    )

    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="Folder of the embedded database, the local pictures and the secret.",
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="`postgresql://…` of a server with pgvector. Empty: the embedded one.",
    )
    database_connections: int = Field(
        10, ge=2, le=500, description="Most database connections that one process holds."
    )
    secret: SecretStr = Field(
        SecretStr(""),
        description="Signs links; at least 16 characters. Empty: made on first start and kept in "
        "the data folder. Several machines of one deployment need the same one.",
    )
    previous_secrets: tuple[SecretStr, ...] = Field(
        (), description="Secrets used before: links signed with them work until they expire."
    )
    server: ServerSettings = ServerSettings()
    cors: CorsSettings = CorsSettings()
    storage: StorageSettings = StorageSettings()
    uploads: UploadsSettings = UploadsSettings()
    worker: WorkerSettings = WorkerSettings()
    generation: GenerationSettings = GenerationSettings()
    compliance: ComplianceSettings = ComplianceSettings()
    accounts: AccountsSettings = AccountsSettings()
    catalog: CatalogSettings = CatalogSettings()
    diffusers: DiffusersSettings = DiffusersSettings()
    comfyui: ComfyUiSettings = ComfyUiSettings()
    runpod: RunPodSettings = RunPodSettings()
    openai: OpenAiSettings = OpenAiSettings()
    enhancer: EnhancerSettings = EnhancerSettings()
    finishing: FinishingSettings = FinishingSettings()
    library: LibrarySettings = LibrarySettings()
    embedder: EmbedderSettings = EmbedderSettings()
    captioner: CaptionerSettings = CaptionerSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, then variables, then the TOML file."""
        file = _config_file(init_settings, env_settings)
        toml = () if file is None else (TomlConfigSettingsSource(settings_cls, file),)
        return (init_settings, env_settings, *toml)


def _config_file(*sources: PydanticBaseSettingsSource) -> Path | None:
    named = os.environ.get("IMGEN_CONFIG")
    if named:
        if not Path(named).is_file():
            raise ValueError(f"IMGEN_CONFIG names {named}, which is not a file")
        return Path(named)
    data_dir: Any = None
    for source in sources:
        if isinstance(source, InitSettingsSource | EnvSettingsSource) and data_dir is None:
            data_dir = source().get("data_dir")
    file = Path(data_dir or _default_data_dir()) / "imgen.toml"
    return file if file.is_file() else None

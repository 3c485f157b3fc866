"""Runs Alembic. Apart from `migrate`, because it takes most of a second to import."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(url: str, to: str) -> None:
    """Apply the migrations up to a revision. Blocking; call it under a lock."""
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool
    )
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
    engine.dispose()

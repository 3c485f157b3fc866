"""The deployment's secret: behind signed links, marks and tokens."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from imgen.settings import Settings


def deployment_secret(settings: Settings) -> bytes:
    """The configured secret, else the one in the data folder, made on first use."""
    if configured := settings.secret.get_secret_value():
        return configured.encode()
    file = settings.data_dir / "secret"
    fresh = file.with_name(f"secret.{os.getpid()}")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        _write_private(fresh, secrets.token_hex(32))
        try:
            os.link(fresh, file)  # fails when another process was first: then its secret counts
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_bytes()


def _write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())

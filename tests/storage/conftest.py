"""A real folder and a real HTTP S3 endpoint."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from imgen.storage.objects import ObjectStore, open_store

SECRET_KEY = "a-secret-access-key"


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_store(s3_endpoint: str) -> ObjectStore:
    bucket = f"pictures-{secrets.token_hex(6)}"
    assert httpx.put(f"{s3_endpoint}/{bucket}").status_code == 200
    return open_store(
        f"s3://{bucket}/some/prefix",
        endpoint=s3_endpoint,
        region="us-east-1",
        access_key="an-access-key",
        secret_key=SECRET_KEY,
    )


@pytest.fixture
def folder_store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "objects"))


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    """The same behaviour is expected of both."""
    found: ObjectStore = request.getfixturevalue(f"{request.param}_store")
    return found

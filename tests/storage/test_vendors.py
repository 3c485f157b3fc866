"""Which URL opens which store, and what goes wrong without telling a secret."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from imgen.errors import Invalid, Unavailable
from imgen.storage.objects import ObjectStore, open_store

SECRET = "Very+Secret/Key=="
ACCESS = "the-access-key-id"


class _Refuses(BaseHTTPRequestHandler):
    """A vendor that repeats the credentials in its refusal."""

    status = 403

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = f"<Error><Code>SlowDown</Code><Message>{SECRET} {ACCESS}</Message></Error>".encode()
        self.send_response(self.status, f"no {SECRET}")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Breaks(_Refuses):
    status = 409


@pytest.fixture(params=[_Refuses, _Breaks])
def refusing(request: pytest.FixtureRequest) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), request.param) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def s3(endpoint: str, bucket: str = "bucket") -> ObjectStore:
    return open_store(
        f"s3://{bucket}/prefix", endpoint=endpoint, access_key=ACCESS, secret_key=SECRET
    )


def everything_said(error: BaseException) -> str:
    return "\n".join([str(error), repr(error), *getattr(error, "__notes__", [])])


async def test_a_store_that_refuses_tells_no_secret(refusing: str) -> None:
    store = s3(refusing)
    calls = [
        lambda: store.put("a.png", b"x"),
        lambda: store.get("a.png"),
        lambda: store.head("a.png"),
        lambda: store.delete("a.png"),
        store.probe,
    ]
    for call in calls:
        with pytest.raises(Unavailable) as caught:
            await call()
        said = everything_said(caught.value)
        assert SECRET not in said
        assert ACCESS not in said
        assert refusing not in caught.value.message
        assert caught.value.__suppress_context__
    assert SECRET not in repr(store)
    assert ACCESS not in repr(store)


async def test_a_store_that_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        await s3("http://127.0.0.1:9").get("a.png")
    assert "127.0.0.1:9" in everything_said(caught.value), "operators need to know where"
    assert SECRET not in everything_said(caught.value)


async def test_a_missing_bucket_is_unavailable_not_an_empty_store(s3_endpoint: str) -> None:
    store = s3(s3_endpoint, bucket="nobody-made-this")
    for call in (store.probe(), store.put("a.png", b"x"), store.get("a.png")):
        with pytest.raises(Unavailable, match="not there"):
            await call


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/folder",
        "memory:///",
        "s3://",
        "s3:///prefix",
        "file://host/folder",
        "s3://[bad",
        f"s3://{ACCESS}:{SECRET}@bucket",
        f"s3://bucket?secret={SECRET}",
    ],
)
def test_a_url_that_makes_no_sense_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        open_store(url)
    assert SECRET not in everything_said(caught.value)


@pytest.mark.parametrize(
    ("url", "access"),
    [
        ("s3://bucket", {"access_key": ACCESS}),
        ("s3://bucket", {"secret_key": SECRET}),
        ("gs://bucket", {"secret_key": SECRET}),
        ("az://container", {"access_key": "account", "secret_key": "!" + SECRET}),
    ],
)
def test_half_or_broken_credentials_are_refused_at_start(url: str, access: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        open_store(url, **access)
    assert SECRET not in everything_said(caught.value)


async def test_a_folder_is_named_by_path_or_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await open_store("made here/objects").put("a.png", b"x")
    assert (tmp_path / "made here/objects/a.png").read_bytes() == b"x"
    by_url = open_store(f"file://{tmp_path}/made%20here/objects")
    assert await by_url.get("a.png") == b"x"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert await open_store("~/made here/objects").get("a.png") == b"x"


def test_a_file_in_the_folders_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(Unavailable, match="taken"):
        open_store(str(tmp_path / "taken"))


async def test_gcs_signs_links_with_a_service_account() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    account = {
        "type": "service_account",
        "private_key": key.decode(),
        "private_key_id": "1",
        "client_email": "painter@example.com",
    }
    store = open_store("gs://bucket/pre", secret_key=json.dumps(account))
    link = urlsplit(await store.sign("a b.png", 90))
    assert (link.netloc, link.path) == ("storage.googleapis.com", "/bucket/pre/a%20b.png")
    assert parse_qs(link.query)["X-Goog-Expires"] == ["90"]
    assert "PRIVATE KEY" not in repr(store)


async def test_azure_signs_links_with_an_account_key() -> None:
    secret = base64.b64encode(b"0123456789abcdef").decode()
    store = open_store("az://container/pre", access_key="account", secret_key=secret)
    link = urlsplit(await store.sign("a.png", 90))
    assert (link.netloc, link.path) == ("account.blob.core.windows.net", "/container/pre/a.png")
    assert parse_qs(link.query)["sp"] == ["r"]
    assert secret not in repr(store)

"""A key that lives elsewhere signs over HTTP; if that fails, nothing leaves unsigned."""

import hashlib
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from imgen.errors import Unavailable
from imgen.finishing.credentials.certificates import LocalKey
from imgen.finishing.credentials.development import development_key
from imgen.finishing.credentials.manifest import Statement
from imgen.finishing.credentials.read import ReadCredentials, State
from imgen.finishing.credentials.sign import Sign
from imgen.finishing.credentials.signing_service import SigningService
from imgen.finishing.credentials.trust import Trust
from imgen.finishing.credentials.words import Words
from imgen.finishing.encode import Format, encode
from tests.finishing.pictures import PHOTO

JPEG = encode(PHOTO, Format.JPEG)
Answer = Callable[[dict[str, str], bytes], tuple[int, bytes]]


@contextmanager
def serving(answer: Answer, content_type: str = "application/octet-stream") -> Iterator[str]:
    """An HTTP server on a free port; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {key.lower(): value for key, value in self.headers.items()}
            status, content = answer(headers, body)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/sign"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def key(tmp_path: Path) -> LocalKey:
    return development_key(tmp_path / "credentials")


def raw(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signed_through(url: str, key: LocalKey) -> bytes:
    service = SigningService(url, key.chain, token="s3cret", timeout_seconds=5)
    try:
        sign = Sign(service, trust=Trust.of([key.chain]))
        return sign(JPEG, "image/jpeg", Statement(Words(title="By a service")))
    finally:
        service.close()


@pytest.mark.parametrize("form", ["der", "raw"])
def test_a_service_s_signature_is_as_good_as_a_local_one(key: LocalKey, form: str) -> None:
    asked: list[dict[str, str]] = []

    def answer(headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        asked.append(headers)
        signature = key.sign(body)
        return 200, signature if form == "der" else raw(signature)

    with serving(answer) as url:
        file = signed_through(url, key)
    told = ReadCredentials(Trust.of([key.chain]))(file)
    assert told.state is State.TRUSTED
    assert told.own
    (headers,) = asked
    leaf = key.chain.leaf.public_bytes(Encoding.DER)
    assert headers["authorization"] == "Bearer s3cret"
    assert headers["x-signing-algorithm"] == "ES256"
    assert headers["x-certificate-sha256"] == hashlib.sha256(leaf).hexdigest()


@pytest.mark.parametrize(
    ("status", "content", "word"),
    [
        (500, b"", "answered 500"),
        (401, b"no", "answered 401"),
        (302, b"", "answered 302"),
        (200, b"", "not a signature"),
        (200, b"x" * 5000, "not a signature"),
        (200, b"x" * 64, "does not fit"),
        (200, b"\x30\x06junk!!", "does not fit"),
    ],
)
def test_a_bad_answer_means_no_file(key: LocalKey, status: int, content: bytes, word: str) -> None:
    with (
        serving(lambda headers, body: (status, content)) as url,
        pytest.raises(Unavailable, match=word),
    ):
        signed_through(url, key)


def test_a_signature_by_another_key_means_no_file(key: LocalKey, tmp_path: Path) -> None:
    other = development_key(tmp_path / "other")
    with (
        serving(lambda headers, body: (200, other.sign(body))) as url,
        pytest.raises(Unavailable, match="does not fit"),
    ):
        signed_through(url, key)


def test_nobody_there_means_no_file(key: LocalKey) -> None:
    with serving(lambda headers, body: (200, b"")) as url:
        pass
    with pytest.raises(Unavailable, match="cannot be reached"):
        signed_through(url, key)


TSA = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ordering = no
[req]
distinguished_name = name
[name]
[usage]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
"""


def timestamp_authority(folder: Path) -> Answer:
    """RFC 3161 by openssl, with a certificate of its own."""
    config = folder / "tsa.conf"
    config.write_text(TSA.format(folder=folder))
    (folder / "serial").write_text("01")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    days = ["-days", "30", "-config", str(config)]
    openssl(
        "req",
        "-x509",
        *curve,
        *days,
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-subj",
        "/O=Clock/CN=root",
        "-addext",
        "basicConstraints=critical,CA:true",
    )
    openssl(
        "req",
        *curve,
        "-config",
        str(config),
        "-keyout",
        "tsa.key",
        "-out",
        "tsa.csr",
        "-subj",
        "/O=Clock/CN=tsa",
    )
    openssl(
        "x509",
        "-req",
        "-in",
        "tsa.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-days",
        "30",
        "-CAcreateserial",
        "-extfile",
        str(config),
        "-extensions",
        "usage",
        "-out",
        "tsa.pem",
    )

    def answer(headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        (folder / "query.tsq").write_bytes(body)
        openssl(
            "ts",
            "-reply",
            "-config",
            str(config),
            "-queryfile",
            "query.tsq",
            "-signer",
            "tsa.pem",
            "-inkey",
            "tsa.key",
            "-chain",
            "ca.pem",
            "-out",
            "reply.tsr",
        )
        return 200, (folder / "reply.tsr").read_bytes()

    return answer


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to run an authority")
def test_a_timestamp_authority_vouches_for_the_hour(key: LocalKey, tmp_path: Path) -> None:
    trust = Trust.of([key.chain])
    with serving(timestamp_authority(tmp_path), "application/timestamp-reply") as url:
        sign = Sign(key, trust=trust, timestamp_url=url)
        file = sign(JPEG, "image/jpeg", Statement(Words(title="On time")))
    told = ReadCredentials(trust)(file)
    assert told.state is State.TRUSTED
    assert told.signed_at.startswith("20")


def test_a_missing_timestamp_authority_means_no_file(key: LocalKey) -> None:
    trust = Trust.of([key.chain])
    with serving(lambda headers, body: (500, b"")) as url:
        sign = Sign(key, trust=trust, timestamp_url=url)
        with pytest.raises(Unavailable):
            sign(JPEG, "image/jpeg", Statement(Words()))

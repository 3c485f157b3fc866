"""An operator's certificate is checked before the first picture; without one, we make our own."""

import secrets
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from imgen import clock
from imgen.errors import Invalid, Unavailable
from imgen.finishing.credentials.certificates import Chain, load_chain, load_local_key
from imgen.finishing.credentials.development import development_key, past_development_chains
from imgen.finishing.credentials.manifest import Statement
from imgen.finishing.credentials.read import ReadCredentials, State
from imgen.finishing.credentials.sign import Sign
from imgen.finishing.credentials.trust import Trust
from imgen.finishing.credentials.words import Words
from imgen.finishing.encode import Format, encode
from tests.finishing.pictures import PHOTO

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")


def name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Studio"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def certificate(
    subject: str,
    key: Key,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    authority: bool = False,
    usage: ObjectIdentifier | None = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    days: int = 30,
) -> x509.Certificate:
    public, issuer_public = key.public_key(), issuer_key.public_key()
    now = clock.now() - timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                not authority, False, False, False, False, authority, authority, False, False
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False
        )
    )
    if usage is not None and not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Studio:
    """An operator with a root, an intermediate authority and a signing certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root_key, self.middle_key, self.key = new_key(), new_key(), new_key()
        self.root = certificate("root", self.root_key, "root", self.root_key, authority=True)
        self.middle = certificate("middle", self.middle_key, "root", self.root_key, authority=True)
        self.leaf = self.issue()

    def issue(self, key: Key | None = None, **changes: object) -> x509.Certificate:
        return certificate(
            "signer",
            key or self.key,
            "middle",
            self.middle_key,
            **changes,  # type: ignore[arg-type]
        )

    def chain_file(self, *certificates: x509.Certificate) -> Path:
        path = self.folder / "chain.pem"
        path.write_text(Chain(certificates or (self.leaf, self.middle, self.root)).pem)
        return path

    def key_file(self, key: Key | None = None, password: bytes = b"") -> Path:
        path = self.folder / f"{secrets.token_hex(4)}.pem"
        lock = BestAvailableEncryption(password) if password else NoEncryption()
        path.write_bytes(
            (key or self.key).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, lock)
        )
        return path


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


@pytest.mark.parametrize("depth", [2, 3])
def test_an_operator_s_chain_signs_and_is_trusted_with_or_without_its_root(
    studio: Studio, depth: int
) -> None:
    chain = (studio.leaf, studio.middle, studio.root)[:depth]
    key = load_local_key(studio.chain_file(*chain), studio.key_file())
    trust = Trust.of([key.chain])
    signed = Sign(key, trust=trust)(
        encode(PHOTO, Format.PNG), "image/png", Statement(Words(title="Ours"))
    )
    told = ReadCredentials(trust)(signed)
    assert told.state is State.TRUSTED
    assert told.own
    assert told.signer == "Example Studio, signer"


def test_document_signing_is_a_usage_that_is_accepted(studio: Studio) -> None:
    leaf = studio.issue(usage=DOCUMENT_SIGNING)
    assert load_chain(studio.chain_file(leaf, studio.middle)).leaf == leaf


def test_another_certificate_of_the_same_authority_is_trusted_but_not_ours(
    studio: Studio,
) -> None:
    neighbour_key = new_key()
    neighbour = studio.issue(neighbour_key)
    ours = Trust.of([Chain((studio.leaf, studio.middle, studio.root))])
    theirs = load_local_key(
        studio.chain_file(neighbour, studio.middle, studio.root), studio.key_file(neighbour_key)
    )
    signed = Sign(theirs, trust=ours)(encode(PHOTO, Format.JPEG), "image/jpeg", Statement(Words()))
    told = ReadCredentials(ours)(signed)
    assert told.state is State.TRUSTED
    assert not told.own


def test_every_way_to_get_a_chain_wrong_is_named(studio: Studio) -> None:
    rsa_key = rsa.generate_private_key(65537, 2048)
    self_signed = certificate("signer", studio.key, "signer", studio.key)
    for chain, word in (
        ((studio.middle, studio.leaf), "follow each other"),
        ((studio.leaf, studio.root), "follow each other"),
        ((studio.issue(rsa_key), studio.middle), "P-256"),
        ((studio.issue(usage=None), studio.middle), "extended key usage"),
        ((studio.issue(usage=ExtendedKeyUsageOID.SERVER_AUTH), studio.middle), "extended key"),
        ((studio.issue(days=-1), studio.middle), "ran out"),
        ((self_signed,), "self-signed"),
    ):
        with pytest.raises(Invalid, match=word):
            load_chain(studio.chain_file(*chain))


def test_every_way_to_get_a_key_wrong_is_named(studio: Studio) -> None:
    chain = studio.chain_file()
    for key, word in (
        (studio.key_file(new_key()), "does not belong"),
        (studio.key_file(rsa.generate_private_key(65537, 2048)), "P-256"),
        (studio.key_file(ec.generate_private_key(ec.SECP384R1())), "P-256"),
        (studio.key_file(password=b"secret"), "without a password"),
        (chain, "no PEM private key"),
        (studio.folder / "missing.pem", "cannot be read"),
    ):
        with pytest.raises(Invalid, match=word):
            load_local_key(chain, key)
    (studio.folder / "empty.pem").write_text("nothing here")
    with pytest.raises(Invalid, match="no PEM certificates"):
        load_chain(studio.folder / "empty.pem")


def test_the_development_certificate_says_what_it_is_and_is_made_once(tmp_path: Path) -> None:
    first = development_key(tmp_path / "credentials")
    again = development_key(tmp_path / "credentials")
    assert again.chain == first.chain
    assert again.key_pem == first.key_pem
    for one in first.chain.certificates:
        assert "not for production" in one.subject.rfc4514_string()
        assert "development" in one.subject.rfc4514_string()


def test_nobody_else_can_read_the_development_key(tmp_path: Path) -> None:
    development_key(tmp_path / "credentials")
    (file,) = (tmp_path / "credentials").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_processes_that_start_together_agree_on_one_certificate(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def start(_: int) -> str:
        together.wait()
        return development_key(tmp_path).chain.pem

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(8)))) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["development.pem"]


def test_a_development_certificate_near_its_end_is_replaced_and_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    with monkeypatch.context() as past:
        past.setattr(clock, "now", lambda: now - timedelta(days=3640))
        old = development_key(tmp_path)
    new = development_key(tmp_path)
    assert new.chain != old.chain
    assert past_development_chains(tmp_path) == (old.chain,)
    trust = Trust.of([new.chain, *past_development_chains(tmp_path)])
    signed = Sign(old, trust=trust)(encode(PHOTO, Format.JPEG), "image/jpeg", Statement(Words()))
    assert ReadCredentials(trust)(signed).own


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(Unavailable, match="development certificate"):
        development_key(blocked / "credentials")

"""A certificate chain made on the spot, so that pictures are signed before anyone bought one.

Its subjects say what it is. Nobody else trusts it; this deployment's own verification does.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from imgen import clock
from imgen.errors import Unavailable
from imgen.finishing.credentials.certificates import (
    CLAIM_SIGNING,
    Chain,
    LocalKey,
    private_key,
    read_certificates,
    read_pem,
)

ORGANIZATION = "imgen development certificate - not for production"
_FILE = "development.pem"
_LIFE = timedelta(days=10 * 365)
_RENEWED_BEFORE_END = timedelta(days=30)
_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def development_key(folder: Path) -> LocalKey:
    """The deployment's own signer, made at the first call and kept in `folder`.

    One file holds key and chain, put in place in one step, so that processes which start together
    agree on one. The certificate authority's key is thrown away: nothing else can be issued.

    Raises:
        imgen.errors.Unavailable: the folder cannot be written or the file is damaged.
    """
    path = folder / _FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and _runs_out(path):
            path.replace(folder / f"development-until-{clock.now():%Y%m%d%H%M%S}.pem")
        if not path.exists():
            _put(path, _make())
    except OSError as error:
        raise Unavailable(
            f"The development certificate cannot be kept in {folder}: {error}"
        ) from None
    return LocalKey(Chain(read_certificates(path)), private_key(read_pem(path), str(path)))


def past_development_chains(folder: Path) -> tuple[Chain, ...]:
    """The chains of earlier years, whose pictures are still ours."""
    return tuple(
        Chain(read_certificates(path)) for path in sorted(folder.glob("development-until-*.pem"))
    )


def _runs_out(path: Path) -> bool:
    return Chain(read_certificates(path)).expires <= clock.now() + _RENEWED_BEFORE_END


def _put(path: Path, content: bytes) -> None:
    """Readable by the owner alone; whoever comes second uses the first one's."""
    draft = path.with_name(f".{secrets.token_hex(8)}.pem")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _make() -> bytes:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key)
    chain = Chain((_leaf(key, authority, authority_key), authority))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem + chain.pem.encode()


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("imgen development authority")
    return (
        _certificate(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    issuer = authority_key.public_key()
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, CLAIM_SIGNING])
    return (
        _certificate(_name("imgen development signer"), authority.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage("digital_signature"), critical=True)
        .add_extension(usages, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    start = clock.now() - timedelta(hours=1)  # clocks of readers may be slow
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in allowed for usage in _KEY_USAGES})

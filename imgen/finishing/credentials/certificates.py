"""The certificate chain that credentials are signed with, checked before the first signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from imgen import clock
from imgen.errors import Invalid

CLAIM_SIGNING = ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
"""C2PA's own extended key usage."""
_USAGES = {
    CLAIM_SIGNING,
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # document signing, RFC 9336
}


class Signer(Protocol):
    """Whoever holds the private key. Used from several threads at once."""

    @property
    def chain(self) -> Chain:
        """The certificates that vouch for the key."""
        ...

    def sign(self, claim: bytes) -> bytes:
        """An ES256 signature (ECDSA on P-256 with SHA-256), in DER.

        Raises:
            imgen.errors.Unavailable: there is none to be had just now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Chain:
    """A signing certificate and those that vouch for it, up to the root or below it."""

    certificates: tuple[x509.Certificate, ...]
    """The signing certificate first, each following one the issuer of the one before."""

    @property
    def leaf(self) -> x509.Certificate:
        """The signing certificate."""
        return self.certificates[0]

    @property
    def pem(self) -> str:
        """All of them."""
        return "".join(one.public_bytes(Encoding.PEM).decode() for one in self.certificates)

    @property
    def expires(self) -> datetime:
        """When the first of them runs out, in UTC."""
        return min(one.not_valid_after_utc for one in self.certificates)

    def verify(self, signature: bytes, claim: bytes) -> bool:
        """Whether a DER signature is the signing certificate's own."""
        key = self.leaf.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        try:
            key.verify(signature, claim, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


class LocalKey:
    """Signs with a private key in this process."""

    def __init__(self, chain: Chain, key: ec.EllipticCurvePrivateKey) -> None:
        """Refuses a key that is not the certificate's.

        Raises:
            imgen.errors.Invalid: they do not belong together.
        """
        if key.public_key() != chain.leaf.public_key():
            raise Invalid("The private key does not belong to the signing certificate")
        self._chain = chain
        self._key = key

    @property
    def chain(self) -> Chain:
        """The certificates that vouch for the key."""
        return self._chain

    @property
    def key_pem(self) -> str:
        """The private key, PKCS#8."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def sign(self, claim: bytes) -> bytes:
        """An ES256 signature, in DER."""
        return self._key.sign(claim, ec.ECDSA(hashes.SHA256()))


def load_local_key(chain: Path, key: Path) -> LocalKey:
    """The operator's own signer.

    Args:
        chain: PEM file, the signing certificate first.
        key: PEM file (PKCS#8 or SEC 1), without a password.

    Raises:
        imgen.errors.Invalid: a file cannot be used, and why.
    """
    return LocalKey(load_chain(chain), private_key(read_pem(key), str(key)))


def load_chain(path: Path) -> Chain:
    """A certificate chain from a PEM file, checked against what C2PA asks of a signer.

    Raises:
        imgen.errors.Invalid: it cannot be used, and why.
    """
    chain = Chain(read_certificates(path))
    _check_order(chain, path)
    _check_leaf(chain.leaf, path)
    return chain


def read_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """Every certificate of a PEM file.

    Raises:
        imgen.errors.Invalid: there is none.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(read_pem(path)))
    except ValueError:
        raise Invalid(f"{path} holds no PEM certificates") from None


def read_pem(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        imgen.errors.Invalid: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from None


def private_key(pem: bytes, name: str) -> ec.EllipticCurvePrivateKey:
    """A P-256 key from PEM.

    Raises:
        imgen.errors.Invalid: it is another kind of key, has a password, or is none.
    """
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Invalid(f"{name} holds no PEM private key without a password") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Invalid(f"{name} must be a P-256 key: credentials are signed with ES256")
    return key


def _check_order(chain: Chain, path: Path) -> None:
    for lower, upper in zip(chain.certificates, chain.certificates[1:], strict=False):
        try:
            lower.verify_directly_issued_by(upper)
        except (ValueError, TypeError, InvalidSignature):
            raise Invalid(
                f"{path}: the certificates must follow each other, the signing one first, "
                f"each issued by the next; {lower.subject.rfc4514_string()} is not"
            ) from None


def _check_leaf(leaf: x509.Certificate, path: Path) -> None:
    key = leaf.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Invalid(f"{path}: the signing certificate must hold a P-256 key (ES256)")
    if not _usages(leaf) & _USAGES:
        raise Invalid(
            f"{path}: the signing certificate's extended key usage must name C2PA claim signing, "
            "document signing or e-mail protection"
        )
    if leaf.issuer == leaf.subject:
        raise Invalid(f"{path}: C2PA refuses self-signed signing certificates")
    if leaf.not_valid_after_utc <= clock.now():
        raise Invalid(f"{path}: the signing certificate ran out on {leaf.not_valid_after_utc:%F}")


def _usages(leaf: x509.Certificate) -> set[ObjectIdentifier]:
    try:
        return set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except (x509.ExtensionNotFound, ValueError):
        return set()

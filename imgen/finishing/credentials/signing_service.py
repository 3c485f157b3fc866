"""Signs through a service of the operator's that keeps the private key to itself.

    POST {url}                                   200 OK
    Content-Type: application/octet-stream       (body: the signature)
    Accept: application/octet-stream
    Authorization: Bearer {token}
    X-Signing-Algorithm: ES256
    X-Certificate-SHA256: {hex}

    (body: the bytes to sign, below 1 MiB)

The service signs the SHA-256 of the body with the P-256 key of the certificate whose SHA-256 is
given, and answers with the signature: 64 bytes (r and s, as JOSE and COSE have it) or DER.
"""

from __future__ import annotations

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from imgen.errors import Unavailable
from imgen.finishing.credentials.certificates import Chain

_RAW_LENGTH = 64
_LONGEST_ANSWER = 1024


class SigningService:
    """A signer over HTTP. One connection pool; used from several threads at once."""

    def __init__(
        self, url: str, chain: Chain, *, token: str = "", timeout_seconds: float = 10.0
    ) -> None:
        self._url = url
        self._chain = chain
        headers = {
            "Content-Type": "application/octet-stream",
            "Accept": "application/octet-stream",
            "X-Signing-Algorithm": "ES256",
            "X-Certificate-SHA256": chain.leaf.fingerprint(hashes.SHA256()).hex(),
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.Client(headers=headers, timeout=timeout_seconds)

    @property
    def chain(self) -> Chain:
        """The certificates that vouch for the service's key."""
        return self._chain

    def sign(self, claim: bytes) -> bytes:
        """The service's ES256 signature, in DER, checked against the certificate.

        Raises:
            imgen.errors.Unavailable: it cannot be reached, refuses, or signs with another key.
        """
        signature = _der(self._ask(claim))
        if not self._chain.verify(signature, claim):
            raise Unavailable("The signing service's signature does not fit the certificate")
        return signature

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _ask(self, claim: bytes) -> bytes:
        try:
            answer = self._client.post(self._url, content=claim)
        except httpx.HTTPError as error:
            raise Unavailable(f"The signing service cannot be reached: {error}") from None
        if answer.status_code != httpx.codes.OK:
            raise Unavailable(f"The signing service answered {answer.status_code}")
        if not 0 < len(answer.content) <= _LONGEST_ANSWER:
            raise Unavailable("The signing service's answer is not a signature")
        return answer.content


def _der(signature: bytes) -> bytes:
    if len(signature) != _RAW_LENGTH:
        return signature
    half = _RAW_LENGTH // 2
    return encode_dss_signature(
        int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    )

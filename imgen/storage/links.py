"""Links by which anyone who holds them may fetch one object until they expire."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import quote

from imgen import clock
from imgen.errors import Forbidden, Invalid
from imgen.storage.keys import check_filename, check_key
from imgen.storage.objects import ObjectStore

MAX_PRESIGNED_SECONDS = 7 * 24 * 3600
"""S3's limit (Signature Version 4)."""
MIN_SECRET_BYTES = 16
"""Every link holds a signature to guess against at leisure, so a secret must be out of reach."""

_LABEL = b"imgen files 1"
_EXPIRES = re.compile(r"[1-9][0-9]{0,11}")


class Links(Protocol):
    """Makes links to objects."""

    async def url(self, key: str, *, expires_in: int, filename: str = "") -> str:
        """A link to an object, whether or not it exists.

        Args:
            key: the object.
            expires_in: how long the link works, in seconds, from 1.
            filename: the name under which a browser saves it, where the link can carry one; empty
                is the key's last segment.

        Raises:
            imgen.errors.Invalid: a bad key, time or file name.
            imgen.errors.Unavailable: the store could not sign.
        """
        ...


class PresignedLinks:
    """Links that S3, GCS or Azure serve themselves. `filename` has no effect on these."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def url(self, key: str, *, expires_in: int, filename: str = "") -> str:
        """See `Links`. At most `MAX_PRESIGNED_SECONDS`."""
        check_filename(filename)
        if not 1 <= expires_in <= MAX_PRESIGNED_SECONDS:
            raise Invalid(f"A pre-signed link lasts 1 to {MAX_PRESIGNED_SECONDS} seconds.")
        return await self._store.sign(key, expires_in)


class SignedLinks:
    """Links to our own `/files/…`, signed with HMAC-SHA256.

    Args:
        public_url: how clients reach this server, or a function that tells it.
        secrets: the first signs, all are accepted: put a new one first to change it gently.
        now: tells the time in seconds since 1970.

    Raises:
        imgen.errors.Invalid: no secret, or one shorter than `MIN_SECRET_BYTES`.
    """

    def __init__(
        self,
        public_url: str | Callable[[], str],
        secrets: Sequence[bytes],
        *,
        now: Callable[[], float] = clock.unix,
    ) -> None:
        if not secrets or min(len(secret) for secret in secrets) < MIN_SECRET_BYTES:
            raise Invalid(f"The secret that signs links has at least {MIN_SECRET_BYTES} bytes.")
        self._public_url = public_url
        # A key of its own: what signs links proves nothing anywhere else the secret is used.
        self._keys = [hmac.digest(secret, _LABEL, hashlib.sha256) for secret in secrets]
        self._now = now

    async def url(self, key: str, *, expires_in: int, filename: str = "") -> str:
        """See `Links`."""
        check_key(key)
        check_filename(filename)
        if expires_in < 1:
            raise Invalid("A link lasts 1 second or more.")
        expires = str(int(self._now()) + expires_in)
        signature = _signature(self._keys[0], key, expires, filename)
        base = self._public_url if isinstance(self._public_url, str) else self._public_url()
        name = f"&filename={quote(filename, safe='')}" if filename else ""
        path = f"/files/{quote(key)}"
        return f"{base.rstrip('/')}{path}?expires={expires}{name}&signature={signature}"

    def verify(self, key: str, *, expires: str, signature: str, filename: str = "") -> int:
        """Check the parts of a link, each exactly as it stood there, decoded.

        Returns:
            Whole seconds until the link expires; may be 0.

        Raises:
            imgen.errors.Forbidden: we did not sign this, or it has expired.
        """
        given = signature.encode("utf-8", "surrogatepass")
        ours = [
            hmac.compare_digest(_signature(one, key, expires, filename).encode(), given)
            for one in self._keys
        ]
        left = int(expires) - self._now() if _EXPIRES.fullmatch(expires) else 0
        if not any(ours) or left <= 0:
            raise Forbidden("Link is invalid or has expired", code="bad_link")
        return int(left)


def links_for(
    store: ObjectStore,
    public_url: str | Callable[[], str],
    secret: bytes | Sequence[bytes],
    *,
    presigned: bool | None = None,
) -> Links:
    """The links that suit a store.

    Args:
        store: where the objects are.
        public_url: for our own links, how clients reach this server.
        secret: for our own links, the deployment's secret or several, the newest first.
        presigned: None lets the store sign wherever it can; False is for a bucket that clients
            cannot reach, whose objects then go through this server.

    Raises:
        imgen.errors.Invalid: pre-signed links of a store that has none, or a weak secret.
    """
    if presigned and not store.can_sign:
        raise Invalid("A local folder makes no pre-signed links.")
    if store.can_sign and presigned is not False:
        return PresignedLinks(store)
    return SignedLinks(public_url, [secret] if isinstance(secret, bytes) else secret)


def _signature(key_of_ours: bytes, key: str, expires: str, filename: str) -> str:
    """Each part goes in with its length before it, so no two links share a message."""
    parts = [part.encode("utf-8", "surrogatepass") for part in (key, expires, filename)]
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hmac.new(key_of_ours, message, hashlib.sha256).hexdigest()

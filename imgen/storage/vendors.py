"""From a storage URL to the obstore store that it names, with settings that hold in production."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast
from urllib.parse import SplitResult, unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, LocalStore, S3Store

from imgen.errors import Invalid, Unavailable
from imgen.storage import folder

if TYPE_CHECKING:
    from obstore.store import AzureConfig, ClientConfig, GCSConfig, RetryConfig, S3Config

VendorStore: TypeAlias = AzureStore | GCSStore | LocalStore | S3Store

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# obstore's own defaults retry for three minutes; a request here has someone waiting for it.
_RETRY: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a vendor. Empty: what its environment variables or the machine's role say."""

    endpoint: str = ""
    region: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)


def open_vendor(url: str, access: Access) -> VendorStore:
    """See `imgen.storage.objects.open_store`."""
    if "://" not in url:
        return _local(Path(url))
    parts = _split(url)
    if parts.scheme == "file":
        if parts.netloc not in {"", "localhost"}:
            raise _bad_url("A file URL has three slashes: file:///folder.")
        return _local(Path(unquote(parts.path)))
    if parts.scheme not in _REMOTE:
        raise _bad_url("Storage is a folder, file:///…, s3://…, gs://… or az://….")
    if not _BUCKET.fullmatch(parts.netloc):
        # Keys written into the URL land here too, so it is not repeated.
        raise _bad_url(f"{parts.scheme}:// is followed by the name of a bucket or container.")
    try:
        return _REMOTE[parts.scheme](parts.netloc, parts.path.strip("/") or None, access)
    except (BaseError, ValueError):
        # What the vendor says may quote the credentials; the settings' names are help enough.
        raise Invalid(
            f"The endpoint, region or keys of the {parts.scheme}:// storage are not valid.",
            code="bad_storage_settings",
        ) from None


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _bad_url("The storage URL cannot be read.") from None
    if parts.query or parts.fragment:
        raise _bad_url("A storage URL has no query or fragment; keys are settings of their own.")
    return parts


def _bad_url(message: str) -> Invalid:
    return Invalid(message, code="bad_storage_url", field="url")


def _client(endpoint: str) -> ClientConfig:
    return {
        "allow_http": endpoint.startswith("http://"),
        "connect_timeout": timedelta(seconds=5),
        "timeout": timedelta(seconds=60),
    }


def _local(path: Path) -> LocalStore:
    root = path.expanduser().absolute()
    try:
        folder.prepare(root)
    except OSError as error:
        raise Unavailable(f"The storage folder {root} cannot be used: {error.strerror}.") from None
    return LocalStore(root)


def _s3(bucket: str, prefix: str | None, access: Access) -> S3Store:
    if bool(access.access_key) != bool(access.secret_key):
        raise Invalid("S3 needs both the access key and the secret key, or neither.")
    given = _given(
        endpoint=access.endpoint.rstrip("/"),
        region=access.region,
        access_key_id=access.access_key,
        secret_access_key=access.secret_key,
    )
    config = cast("S3Config", given | {"virtual_hosted_style_request": False})
    return S3Store(
        bucket,
        prefix=prefix,
        config=config,
        client_options=_client(access.endpoint),
        retry_config=_RETRY,
    )


def _gcs(bucket: str, prefix: str | None, access: Access) -> GCSStore:
    given = _given(base_url=access.endpoint.rstrip("/"), service_account_key=access.secret_key)
    return GCSStore(
        bucket,
        prefix=prefix,
        config=cast("GCSConfig", given),
        client_options=_client(access.endpoint),
        retry_config=_RETRY,
    )


def _azure(container: str, prefix: str | None, access: Access) -> AzureStore:
    given = _given(
        endpoint=access.endpoint.rstrip("/"),
        account_name=access.access_key,
        account_key=access.secret_key,
    )
    return AzureStore(
        container,
        prefix=prefix,
        config=cast("AzureConfig", given),
        client_options=_client(access.endpoint),
        retry_config=_RETRY,
    )


def _given(**options: str) -> dict[str, object]:
    """Without the empty ones, which would hide what the environment says."""
    return {name: value for name, value in options.items() if value}


_REMOTE: Mapping[str, Callable[[str, str | None, Access], VendorStore]] = {
    "s3": _s3,
    "gs": _gcs,
    "az": _azure,
}

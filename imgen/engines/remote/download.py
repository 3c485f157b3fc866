"""Fetches a result from where a server says it is: never from inside the operator's network."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import socket
from collections.abc import Collection

import httpx

from imgen.engines.remote.server import TRIED_AGAIN, compressed, tls
from imgen.errors import Upstream

_REDIRECTS = 3
_LAST_PORT = 65_535
_SECONDS = 60.0
"""Of one try, from the first connection to the last byte."""


async def download(
    url: str,
    *,
    trusted: Collection[str] = (),
    largest: int,
    tries: int = 3,
) -> bytes:
    """The bytes at a URL, fetched without any key.

    The name is looked up once, and that address is called: a name that points elsewhere a moment
    later gains nothing. Proxies of the environment are not used.

    Args:
        url: http or https.
        trusted: hosts (`host` or `host:port`) that may have a private address.
        largest: bytes beyond which it is not read.
        tries: in all. What lies there has been paid for.

    Raises:
        imgen.errors.Upstream: the address is refused, or it gave no whole answer.
    """
    for number in range(1, tries + 1):
        try:
            async with asyncio.timeout(_SECONDS), _client() as client:
                return await _followed(client, url, trusted, largest)
        except TimeoutError:
            failure = _failed("could not be fetched in time")
        except _Passing as passing:
            failure = _failed(passing.how)
        except (httpx.InvalidURL, UnicodeError):
            raise _failed("has no web address") from None
        except httpx.HTTPError as error:
            failure = _failed(f"could not be fetched ({type(error).__name__})")
        if number < tries:
            await asyncio.sleep(_wait(number))
    raise failure from None


class _Passing(Exception):
    """A fault of the host's that another try may not meet."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


def _wait(number: int) -> float:
    """Seconds before the next try."""
    return 2.0 ** (number - 1) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=tls(),
        trust_env=False,
        follow_redirects=False,
        timeout=_SECONDS,
        headers={"Accept-Encoding": "identity"},
    )


async def _followed(
    client: httpx.AsyncClient, url: str, trusted: Collection[str], largest: int
) -> bytes:
    """The bytes, also where they have moved to."""
    for _ in range(_REDIRECTS + 1):
        place = await _checked(url, trusted)
        content, url = await _fetch(client, httpx.URL(url), place, largest)
        if content is not None:
            return content
    raise _failed("was moved too often")


async def _fetch(
    client: httpx.AsyncClient, url: httpx.URL, address: str, largest: int
) -> tuple[bytes | None, str]:
    """The bytes, or None and where they are instead."""
    headers = {"Host": url.netloc.decode()}
    extensions = {"sni_hostname": url.host}
    pinned = url.copy_with(host=address)
    async with client.stream("GET", pinned, headers=headers, extensions=extensions) as response:
        if response.has_redirect_location:
            return None, str(url.join(response.headers["Location"]))
        if response.status_code in TRIED_AGAIN:
            raise _Passing(f"could not be fetched (status {response.status_code})")
        if response.status_code != httpx.codes.OK:
            raise _failed(f"could not be fetched (status {response.status_code})")
        if compressed(response):
            raise _failed("is compressed, which was not asked for")
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > largest:
                raise _failed("is too large")
        return bytes(content), ""


async def _checked(url: str, trusted: Collection[str]) -> str:
    """The address that a URL's host has now.

    Raises:
        imgen.errors.Upstream: it is no web address, or one that is not for the public.
    """
    parsed = httpx.URL(url)
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise _failed("has no web address")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    if not 0 < port <= _LAST_PORT:
        raise _failed("has no web address")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            parsed.host, port, type=socket.SOCK_STREAM
        )
    except OSError:
        raise _failed("is at a host that is not known") from None
    addresses = [str(row[4][0]) for row in found]
    known = parsed.host in trusted or f"{parsed.host}:{port}" in trusted
    if not addresses or not (known or all(is_public(one) for one in addresses)):
        raise _failed("is at an address that is not public")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet.

    Of IPv6 that is what is given out for it (2000::/3), less what has a purpose of its own or wraps
    an IPv4 address; not what this Python happens to hold for global.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:  # plain IPv4, as sockets for both write it
            return is_public(str(ip.ipv4_mapped))
        return ip in _GIVEN_OUT and ip.is_global and not any(ip in net for net in _SPECIAL)
    return ip.is_global and not ip.is_multicast and ip not in _RELAYS


_GIVEN_OUT = ipaddress.ip_network("2000::/3")
_SPECIAL = tuple(
    map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
)
"""The IETF's own with Teredo, documentation, 6to4, documentation again; of IANA's registry of
special-purpose addresses."""
_RELAYS = ipaddress.ip_network("192.88.99.0/24")
"""Of 6to4."""


def _failed(how: str) -> Upstream:
    return Upstream(f"The finished picture {how}", code="download_failed")

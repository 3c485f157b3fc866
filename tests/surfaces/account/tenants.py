"""Two customers of one deployment, each with a browser of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from starlette.types import ASGIApp

GOOD = "seven green bicycles"
ORIGIN = "http://imgen.test"


def browser(app: ASGIApp, *, origin: str = ORIGIN, address: str = "192.0.2.1") -> httpx.AsyncClient:
    """A browser on a page of ours: keeps cookies, names its origin."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(address, 50000)),
        base_url=origin,
        headers={"Origin": origin, "Sec-Fetch-Site": "same-origin", "User-Agent": "A browser"},
    )


def stranger(app: ASGIApp, **headers: str) -> httpx.AsyncClient:
    """A program that knows nobody."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN, headers=headers)


@dataclass(frozen=True)
class Tenant:
    """One customer: an owner's browser, and what belongs to them."""

    client: httpx.AsyncClient
    email: str
    user_id: str
    account_id: str
    key_id: str
    secret: str
    session_id: str
    invitation_id: str
    token: str
    """Of the invitation."""
    request_id: str


async def sign_up(client: httpx.AsyncClient, email: str, **more: Any) -> dict[str, Any]:
    """The reply to a new user."""
    body = {"email": email, "password": GOOD, **more}
    response = await client.post("/account/sign-up", json=body)
    assert response.status_code == 201, response.text
    reply: dict[str, Any] = response.json()
    return reply

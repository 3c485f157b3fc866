"""A customer's day: from signing up to the request log, over HTTP, as docs/accounts.md tells it."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import psycopg
import pytest

from imgen.wiring.core import Core

pytestmark = pytest.mark.usefixtures("worker")

HOME = {"Origin": "http://imgen.test"}
PICTURE = {"prompt": "a lake at dawn", "model": "instant"}
ANN = {"email": "ann@example.org", "password": "seven green bicycles"}


class Customer:
    """One browser and one program of the same customer."""

    def __init__(self, client: httpx.AsyncClient, clean_url: str) -> None:
        self._client = client
        self._clean_url = clean_url
        self._key = ""

    async def browse(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """In the browser, signed in by its cookie; the reply to what succeeds."""
        response = await self._client.request(method, f"/account{path}", json=body, headers=HOME)
        assert response.status_code < 300, response.text
        reply: dict[str, Any] = response.json()
        return reply

    async def make_key(self) -> None:
        """In the browser, for the program."""
        made = await self.browse("POST", "/keys", {"label": "shop", "scopes": ["imageapi-v1"]})
        self._key = made["secret"]

    async def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """By the program, with the key."""
        return await self._client.request(
            method,
            f"/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._key}"},
        )

    async def data(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The same, of what succeeds."""
        response = await self.call(method, path, body)
        assert response.status_code == 200, response.text
        data: dict[str, Any] = response.json()["data"]
        return data

    def a_minute_passes(self) -> None:
        """For the counter of this minute alone: the day goes on."""
        with psycopg.connect(self._clean_url, autocommit=True) as connection:
            connection.execute("UPDATE usage SET minute = minute - interval '1 minute'")

    async def work_until_the_day_is_used_up(self) -> httpx.Response:
        """Prompt after prompt, waiting a minute whenever told to; the refusal for the day."""
        for _ in range(100):
            response = await self.call("POST", "/prompt/build", {"subject": "a fox in a scarf"})
            if response.status_code == 429:
                if response.json()["retry_after"] > 60 or "daily" in response.text.lower():
                    return response
                self.a_minute_passes()
        raise AssertionError("the day's limit never came")


@pytest.fixture
def customer(client: httpx.AsyncClient, clean_url: str) -> Customer:
    with psycopg.connect(clean_url, autocommit=True) as connection:
        connection.execute("TRUNCATE users, sign_in_tries CASCADE")
    return Customer(client, clean_url)


async def test_a_customer_s_day(customer: Customer, client: httpx.AsyncClient, core: Core) -> None:
    signed_up = await customer.browse("POST", "/sign-up", ANN)
    assert signed_up["plan"]["slug"] == "free"
    await customer.make_key()

    first = await customer.data("POST", "/generate", PICTURE)
    assert base64.b64decode(first["image"].removeprefix("data:image/png;base64,"), validate=True)
    batch = await customer.data("POST", "/generate", {"items": [PICTURE, PICTURE]})
    assert [item["success"] for item in batch["results"]] == [True, True]

    refused = await customer.work_until_the_day_is_used_up()
    assert refused.json()["success"] is False
    assert int(refused.headers["retry-after"]) >= refused.json()["retry_after"] - 1
    assert '"day";r=0' in refused.headers["ratelimit"]
    usage = await customer.data("GET", "/usage")
    assert usage["usage"]["today"] == {"requestCount": 50, "imageCount": 3}
    assert usage["plan"]["remaining_today"] == 0

    await core.administer.change_plan(ANN["email"], "pro")
    better = await customer.call("POST", "/generate", PICTURE)
    assert better.status_code == 200
    link = better.json()["data"]["image"]
    assert link.startswith("http://imgen.test/files/")
    assert (await client.get(link)).headers["content-type"] == "image/png"

    usage = await customer.data("GET", "/usage")
    assert usage["usage"]["this_month"] == {"requestCount": 51, "imageCount": 4}
    assert usage["plan"]["slug"] == "pro"
    own = await customer.browse("GET", "/usage")
    assert (own["today"]["requests"], own["today"]["images"]) == (51, 4)

    request_id = better.json()["request_id"]
    found = (await customer.browse("GET", f"/requests/{request_id}"))["request"]
    assert (found["operation"], found["status"], found["images"]) == ("generate", 200, 1)
    assert found["parameters"]["prompt"] == PICTURE["prompt"]
    refusal = (await customer.browse("GET", f"/requests/{refused.json()['request_id']}"))["request"]
    assert (refusal["status"], refusal["counted"]) == (429, False)
    log = (await customer.browse("GET", "/requests?limit=500"))["requests"]
    assert sum(one["counted"] for one in log) == 51
    assert log[0]["id"] == request_id

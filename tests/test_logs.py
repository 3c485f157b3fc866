"""What may never reach a log does not."""

from __future__ import annotations

import json

import pytest
import structlog

from imgen import logs
from imgen.accounts.keys import new_secret


@pytest.mark.parametrize(
    ("event", "secret"),
    [
        ({"event": "x", "authorization": "Bearer abc"}, "abc"),
        ({"event": "got Bearer abcdef12"}, "abcdef12"),
        ({"event": "x", "url": "http://h/files/a?expires=1&signature=deadbeef"}, "deadbeef"),
        ({"event": "x", "url": "https://b/a?X-Amz-Signature=deadbeef&x=1"}, "deadbeef"),
        ({"event": "x", "dsn": "postgresql://imgen:hunter2@db/imgen"}, "hunter2"),
        ({"event": "x", "secret_key": "s3cr3t"}, "s3cr3t"),
    ],
)
def test_a_secret_is_masked_by_name_or_by_its_look(event: dict[str, str], secret: str) -> None:
    assert secret not in json.dumps(dict(logs.mask_secrets(None, "info", event)))


def test_an_api_key_is_masked_wherever_it_stands() -> None:
    key = new_secret()
    masked = logs.mask_secrets(None, "info", {"event": f"key {key} was used"})
    assert key not in masked["event"]
    assert masked["event"].startswith("key ***")


def test_the_ids_at_hand_are_in_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    with structlog.contextvars.bound_contextvars(request_id="req_1", job_id="run_1"):
        structlog.get_logger().info("hello", size=3)
    line = json.loads(capsys.readouterr().err.strip().splitlines()[-1])
    assert (line["event"], line["request_id"], line["job_id"]) == ("hello", "req_1", "run_1")

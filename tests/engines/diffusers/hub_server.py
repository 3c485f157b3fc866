"""A hub on this machine that speaks the real one's protocol, faults included."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass
class LocalHub:
    """A repository, `acme/meadow`, and perhaps others."""

    files: dict[str, bytes]
    others: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Name → files."""
    gated: bool = False
    licence: str = "apache-2.0"
    token: str = "hub-token"
    breaks_after: list[int] = field(default_factory=list)
    """The next downloads end after so many bytes."""
    lies: bool = False
    """What comes is not what is announced."""
    refusals: list[int] = field(default_factory=list)
    """Statuses of the next answers."""
    ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    """(path, Range) of each request."""
    url: str = ""

    def repository(self, name: str) -> dict[str, bytes]:
        return self.files if name == "acme/meadow" else self.others.get(name, {})

    def description(self, name: str) -> dict[str, Any]:
        return {
            "sha": "c0ffee",
            "gated": "manual" if self.gated else False,
            "cardData": {"license": self.licence},
            "siblings": [
                self._sibling(path, content) for path, content in self.repository(name).items()
            ],
        }

    @staticmethod
    def _sibling(path: str, content: bytes) -> dict[str, Any]:
        found: dict[str, Any] = {"rfilename": path, "size": len(content)}
        if path.endswith(".safetensors"):
            digest = hashlib.sha256(content).hexdigest()
            return {**found, "lfs": {"sha256": digest, "size": len(content)}, "blobId": "f" * 40}
        blob = f"blob {len(content)}\0".encode() + content
        return {**found, "blobId": hashlib.sha1(blob).hexdigest()}


_DESCRIPTION = re.compile(r"/api/models/([^/]+/[^/]+)/revision/main")
_FILE = re.compile(r"/([^/]+/[^/]+)/resolve/c0ffee/(.*)")


def _handler(hub: LocalHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked.append((path, self.headers.get("Range", "")))
            if hub.gated and self.headers.get("Authorization") != f"Bearer {hub.token}":
                self._send(403, b"gated")
            elif hub.refusals:
                self._send(hub.refusals.pop(0), b"not now")
            elif found := _DESCRIPTION.fullmatch(path):
                self._described(found[1])
            elif found := _FILE.fullmatch(path):
                self._file(hub.repository(found[1]).get(found[2]))
            else:
                self._send(404, b"not here")

        def _described(self, name: str) -> None:
            if hub.repository(name):
                self._send(200, json.dumps(hub.description(name)).encode())
            else:
                self._send(404, b"not here")

        def _file(self, content: bytes | None) -> None:
            if content is None:
                self._send(404, b"not here")
                return
            if hub.lies:
                content = bytes(len(content))
            start = 0
            if hub.ranges and (asked := self.headers.get("Range")):
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
            rest = content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            if hub.breaks_after:
                self.wfile.write(rest[: hub.breaks_after.pop(0)])
                self.close_connection = True
            else:
                self.wfile.write(rest)

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 429:
                self.send_header("Retry-After", "7")
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextmanager
def local_hub(files: Mapping[str, bytes], **changes: Any) -> Iterator[LocalHub]:
    """Serve it for a while."""
    hub = LocalHub(dict(files), **changes)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

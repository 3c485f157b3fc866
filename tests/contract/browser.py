"""A real browser on a page of another site, for tests: Debian's Chromium without a window."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
_SHOWN = re.compile(r'<pre id="shown">(.*?)</pre>', re.DOTALL)
_PAGE = """<!doctype html><title>Another site</title><pre id="shown"></pre>
<script type="module">
const show = (value) => {
  document.getElementById("shown").textContent = JSON.stringify(value);
};
try {
%s
} catch (error) {
  show({failed: String(error)});
}
</script>"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Site:
    """A site with one page, reached at `127.0.0.1` and, as another origin, at `localhost`."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self.port = port

    def run(self, script: str, *, host: str = "127.0.0.1") -> Any:
        """What the page shows after running a script, which calls `show(value)`."""
        (self._folder / "index.html").write_text(_PAGE % script)
        with TemporaryDirectory(prefix="imgen-test-", ignore_cleanup_errors=True) as profile:
            done = subprocess.run(
                [
                    *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu"),
                    *("--disable-dev-shm-usage", f"--user-data-dir={profile}"),
                    *("--virtual-time-budget=60000", "--timeout=120000"),
                    *("--dump-dom", f"http://{host}:{self.port}/index.html"),
                ],
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
        found = _SHOWN.search(done.stdout)
        assert found, done.stdout + done.stderr[-2000:]
        return json.loads(html.unescape(found[1]))


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """A site that is up during the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield Site(folder, server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        serving.join()

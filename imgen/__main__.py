"""`python -m imgen` and the `imgen` command: hands over to `imgen.cli`."""

from __future__ import annotations

import os
import sys

from imgen.cli.app import app
from imgen.errors import ImgenError

_WIDE = "200"
"""Characters a line, for tables that go into a file or another program: nothing is cut off."""


def main() -> None:
    """Run the command line; an expected error is one line on standard error and status 1."""
    if not sys.stdout.isatty():
        os.environ.setdefault("COLUMNS", _WIDE)
    try:
        app()
    except ImgenError as error:
        print(f"imgen: {error.message}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()

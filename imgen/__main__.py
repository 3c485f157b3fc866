"""`python -m imgen` and the `imgen` command: hands over to `imgen.cli`."""

from __future__ import annotations

import sys

from imgen.cli.app import app
from imgen.errors import ImgenError


def main() -> None:
    """Run the command line; an expected error is one line on standard error and status 1."""
    try:
        app()
    except ImgenError as error:
        print(f"imgen: {error.message}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()

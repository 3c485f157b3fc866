"""Writes docs/configuration.md from the settings themselves."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from imgen.settings import names

_HEAD = """# Configuration

Every setting is an `IMGEN_…` variable, and a key of the TOML file. `IMGEN_SERVER__PORT=9000` and

```toml
[server]
port = 9000
```

say the same. The file is `imgen.toml` in the data folder, or the one that `IMGEN_CONFIG` names.
The command line goes before variables, variables go before the file. An unknown name is refused,
with the nearest right one. `imgen check` prints what is in force, secrets masked, and tries each
backend.

This page is made by `python scripts/configuration_page.py`.

| variable | meaning | default |
|---|---|---|
"""


def main() -> None:
    rows = [
        f"| `{variable}` | {description} | {_shown(variable, default)} |"
        for variable, description, default in names()
    ]
    page = Path(__file__).parents[1] / "docs" / "configuration.md"
    page.write_text(_HEAD + "\n".join(rows) + "\n")


def _shown(variable: str, default: object) -> str:
    if variable == "IMGEN_DATA_DIR":
        return "`~/.local/share/imgen`"
    value = default.get_secret_value() if isinstance(default, SecretStr) else default
    return "" if value in ("", ()) else f"`{value}`"


if __name__ == "__main__":
    main()

"""The configuration: sources in order, and mistakes named with their remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgen.errors import Invalid
from imgen.settings import load_settings, names


def test_a_misspelt_variable_is_refused_with_the_nearest_right_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IMGEN_STORAGE__URI", "s3://pictures")
    with pytest.raises(Invalid, match="Did you mean IMGEN_STORAGE__URL"):
        load_settings()


def test_a_misspelt_key_of_the_file_is_refused_with_the_nearest_right_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "imgen.toml"
    file.write_text("[server]\nprot = 9000\n")
    monkeypatch.setenv("IMGEN_CONFIG", str(file))
    with pytest.raises(Invalid, match=r"Did you mean server\.port"):
        load_settings()


def test_the_command_line_beats_variables_beats_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "imgen.toml").write_text(
        '[server]\nhost = "a"\nport = 1\npublic_url = "http://f"\n'
    )
    monkeypatch.setenv("IMGEN_SERVER__PORT", "2")
    monkeypatch.setenv("IMGEN_SERVER__HOST", "b")
    server = load_settings(data_dir=tmp_path, server={"host": "c"}).server
    assert (server.host, server.port, server.public_url) == ("c", 2, "http://f")


def test_the_data_folder_of_a_variable_holds_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "imgen.toml").write_text("[generation]\ntries = 7\n")
    monkeypatch.setenv("IMGEN_DATA_DIR", str(tmp_path))
    assert load_settings().generation.tries == 7


def test_a_bad_value_names_the_setting_and_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGEN_SERVER__PORT", "99999")
    with pytest.raises(Invalid, match=r"server\.port \(IMGEN_SERVER__PORT\)"):
        load_settings()


def test_a_file_that_is_not_there_or_not_toml_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IMGEN_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(Invalid, match="not a file"):
        load_settings()
    (tmp_path / "bad.toml").write_text("[server")
    monkeypatch.setenv("IMGEN_CONFIG", str(tmp_path / "bad.toml"))
    with pytest.raises(Invalid, match="cannot be read"):
        load_settings()


def test_the_tree_is_frozen() -> None:
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.server.port = 1  # type: ignore[misc]


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGEN_SECRET", "hunter2")
    monkeypatch.setenv("IMGEN_DATABASE_URL", "postgresql://u:hunter2@h/d")
    assert "hunter2" not in repr(load_settings())


def test_every_setting_is_documented() -> None:
    undocumented = [variable for variable, description, _ in names() if len(description) < 10]
    assert undocumented == []


def test_the_configuration_page_lists_every_setting() -> None:
    page = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text()
    missing = [variable for variable, _, _ in names() if f"`{variable}`" not in page]
    assert missing == []

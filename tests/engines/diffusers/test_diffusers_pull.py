from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from imgen.cli.models import app
from imgen.engines.diffusers.hub import Hub
from imgen.engines.diffusers.options import read_options
from imgen.engines.diffusers.pull import Need, changed_files, chosen, fetch, needs
from imgen.errors import Forbidden, ImgenError, Invalid, NotFound, Upstream
from tests.engines.diffusers.hub_server import LocalHub, local_hub

_INDEX = {"_class_name": "StableDiffusionXLPipeline", "unet": ["d", "U"], "vae": ["d", "V"]}
_WEIGHTS = bytes(range(256)) * 2000
FILES = {
    "model_index.json": json.dumps(_INDEX).encode(),
    "LICENSE.md": b"licence",
    "README.md": b"readme",
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": _WEIGHTS,
    "unet/diffusion_pytorch_model.fp16.safetensors": _WEIGHTS[:1000],
    "unet/diffusion_pytorch_model.bin": b"pickle",
    "vae/config.json": b"{}",
    "vae/diffusion_pytorch_model.safetensors": b"vae",
    "safety_checker/model.safetensors": b"checker",
    "meadow_xl.safetensors": b"all in one",
    "lora/kim.safetensors": b"kim",
}
NEED = Need("acme/meadow")


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with local_hub(FILES) as served:
        yield served


def _fetch(hub: LocalHub, models: Path, need: Need = NEED, token: str = "") -> list[int]:
    told: list[int] = []
    with closing(Hub(hub.url, token)) as client:
        repository = client.repository(need.repository)
        fetch(client, repository, chosen(repository, need), models, told.append)
    return told


def _chosen(hub: LocalHub, need: Need) -> set[str]:
    with closing(Hub(hub.url)) as client:
        return {file.path for file in chosen(client.repository("acme/meadow"), need)}


def test_safetensors_of_one_variant_and_configuration_are_chosen(hub: LocalHub) -> None:
    both = {"model_index.json", "LICENSE.md", "unet/config.json", "vae/config.json"}
    vae = "vae/diffusion_pytorch_model.safetensors"
    lora = "lora/kim.safetensors"
    plain = "unet/diffusion_pytorch_model.safetensors"
    half = "unet/diffusion_pytorch_model.fp16.safetensors"
    assert _chosen(hub, NEED) == {*both, vae, plain, lora}
    assert _chosen(hub, Need("acme/meadow", variant="fp16")) == {*both, vae, half, lora}
    assert _chosen(hub, Need("acme/meadow", configuration=True)) == both
    assert _chosen(hub, Need("acme/meadow", file="lora/kim.safetensors")) == {lora}


def test_pickles_are_never_chosen(hub: LocalHub) -> None:
    with pytest.raises(Invalid, match="not a safetensors"):
        _chosen(hub, Need("acme/meadow", file="unet/diffusion_pytorch_model.bin"))
    hub.files = {path: body for path, body in FILES.items() if not path.endswith("safetensors")}
    with pytest.raises(Invalid, match="no safetensors"):
        _chosen(hub, NEED)
    with pytest.raises(NotFound, match="no file"):
        _chosen(hub, Need("acme/meadow", file="gone.safetensors"))


def test_what_is_fetched_lies_where_the_engine_looks_and_is_recorded(
    hub: LocalHub, tmp_path: Path
) -> None:
    told = _fetch(hub, tmp_path)
    folder = tmp_path / "acme" / "meadow"
    assert (folder / "unet" / "diffusion_pytorch_model.safetensors").read_bytes() == _WEIGHTS
    assert sum(told) == sum(len(FILES[path]) for path in _chosen(hub, NEED))
    assert json.loads((folder / ".imgen.json").read_text())["licence"] == "apache-2.0"
    assert not list(folder.rglob("*.part"))
    hub.asked.clear()
    again = _fetch(hub, tmp_path)
    assert sum(again) == sum(told)
    assert [path for path, _ in hub.asked] == ["/api/models/acme/meadow/revision/main"]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_goes_on_where_it_was(
    ranges: bool, hub: LocalHub, tmp_path: Path
) -> None:
    hub.ranges = ranges
    hub.breaks_after = [100_000, 50_000]
    need = Need("acme/meadow", file="unet/diffusion_pytorch_model.safetensors")
    told = _fetch(hub, tmp_path, need)
    assert sum(told) == len(_WEIGHTS)
    file = tmp_path / "acme" / "meadow" / need.file
    assert file.read_bytes() == _WEIGHTS
    assert hub.asked[2][1].startswith("bytes=")


def test_a_later_run_carries_on_with_what_an_earlier_one_left(
    hub: LocalHub, tmp_path: Path
) -> None:
    need = Need("acme/meadow", file="unet/diffusion_pytorch_model.safetensors")
    hub.breaks_after = [1000] * 5
    with pytest.raises(Upstream):
        _fetch(hub, tmp_path, need)
    left = next(iter(tmp_path.rglob("*.part"))).stat().st_size
    hub.asked.clear()
    told = _fetch(hub, tmp_path, need)
    assert told[0] == left
    assert hub.asked[-1][1] == f"bytes={left}-"
    assert (tmp_path / "acme" / "meadow" / need.file).read_bytes() == _WEIGHTS


def test_what_is_not_what_was_announced_is_thrown_away(hub: LocalHub, tmp_path: Path) -> None:
    hub.lies = True
    with pytest.raises(Upstream, match="not what the hub announced"):
        _fetch(hub, tmp_path)
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob("*.safetensors"))


def test_files_that_change_afterwards_are_found(hub: LocalHub, tmp_path: Path) -> None:
    _fetch(hub, tmp_path)
    folder = tmp_path / "acme" / "meadow"
    assert changed_files(folder) == []
    (folder / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"VAE")
    (folder / "unet" / "config.json").unlink()
    assert changed_files(folder) == ["unet/config.json", "vae/diffusion_pytorch_model.safetensors"]


def test_a_gated_repository_needs_a_token_that_is_sent_to_no_one_else(
    hub: LocalHub, tmp_path: Path
) -> None:
    hub.gated = True
    with pytest.raises(Forbidden, match="accept its licence"):
        _fetch(hub, tmp_path)
    _fetch(hub, tmp_path, token=hub.token)


def test_paths_that_lead_out_of_the_folder_are_refused(hub: LocalHub, tmp_path: Path) -> None:
    hub.files["../../evil.safetensors"] = b"x"
    with pytest.raises(Upstream, match="cannot be read"):
        _fetch(hub, tmp_path)


def test_a_hub_that_is_not_there_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(Upstream, match="cannot be reached"),
        closing(Hub("http://127.0.0.1:9")) as client,
    ):
        client.repository("acme/meadow")


def test_a_model_needs_all_that_its_options_name_on_the_hub(tmp_path: Path) -> None:
    options = read_options(
        {
            "weights": "acme/meadow",
            "variant": "fp16",
            "unet": "acme/fast:fast_4step.safetensors",
            "lora": str(tmp_path / "own.safetensors"),
            "controlnets": {"canny": "acme/edges"},
        }
    )
    assert needs(options) == [
        Need("acme/meadow", variant="fp16"),
        Need("acme/fast", "fast_4step.safetensors"),
        Need("acme/edges"),
    ]


@pytest.fixture
def run(hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`imgen models …` over a catalog with one model on that hub."""
    catalog = tmp_path / "own.toml"
    catalog.write_text(
        '[models.meadow]\nlabel = "Meadow"\nengine = "diffusers"\nfamily = "sdxl"\n'
        'styles = ["photoreal"]\ndefault_style = "photoreal"\nlicence = "Meadow Non-Commercial"\n'
        'commercial_use = false\noptions = { weights = "acme/meadow" }\n'
    )
    monkeypatch.setenv("IMGEN_CATALOG__PATHS", json.dumps([str(catalog)]))
    monkeypatch.setenv("IMGEN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("imgen.engines.diffusers.obstacle.find_spec", lambda name: name)

    def command(*arguments: str, answer: str = "") -> Any:
        return CliRunner().invoke(app, list(arguments), input=answer)

    return command


def test_a_licence_is_shown_and_must_be_accepted(run: Any, hub: LocalHub, tmp_path: Path) -> None:
    refused = run("pull", "meadow", answer="n\n")
    assert "acme/meadow: apache-2.0" in refused.output
    assert "does not allow commercial use" in refused.output
    assert isinstance(refused.exception, Forbidden)
    assert not (tmp_path / "data" / "models").exists()
    accepted = run("pull", "meadow", answer="y\n")
    assert accepted.exit_code == 0, accepted.output
    assert "meadow is here" in accepted.output
    assert (tmp_path / "data" / "models" / "acme" / "meadow" / "model_index.json").exists()


def test_lists_and_checks_say_what_is_here(run: Any, tmp_path: Path) -> None:
    before = run("list").output
    assert "models pull" in " ".join(before.split())
    assert run("check", "meadow").exit_code == 1
    run("pull", "meadow", "--accept-licence")
    assert "0.0" in run("list").output
    vae = tmp_path / "data" / "models" / "acme" / "meadow" / "vae"
    (vae / "diffusion_pytorch_model.safetensors").write_bytes(b"VAE")
    checked = run("check")
    assert checked.exit_code == 1
    assert "changed since it was fetched" in checked.output


def test_what_is_not_in_the_catalog_or_not_on_a_hub_cannot_be_pulled(run: Any) -> None:
    for slug in ("dreamy", "sketch"):
        result = run("pull", slug)
        assert isinstance(result.exception, ImgenError)

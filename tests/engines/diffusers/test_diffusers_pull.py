from __future__ import annotations

import fcntl
import json
import resource
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from imgen.cli.models import app
from imgen.engines.diffusers.files.hub import Hub
from imgen.engines.diffusers.files.pull import Need, changed_files, check_room, chosen, fetch, needs
from imgen.engines.diffusers.options import read_options
from imgen.errors import Conflict, Forbidden, ImgenError, Invalid, NotFound, Unavailable, Upstream
from tests.engines.diffusers.headers import safetensors
from tests.engines.diffusers.hub_server import LocalHub, local_hub

_INDEX = {"_class_name": "StableDiffusionXLPipeline", "unet": ["d", "U"], "vae": ["d", "V"]}
_WEIGHTS = safetensors({"weight": (500_000,)})
FILES = {
    "model_index.json": json.dumps(_INDEX).encode(),
    "LICENSE.md": b"licence",
    "README.md": b"readme",
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": _WEIGHTS,
    "unet/diffusion_pytorch_model.fp16.safetensors": safetensors({"weight": (500,)}),
    "unet/diffusion_pytorch_model.bin": b"pickle",
    "vae/config.json": b"{}",
    "vae/diffusion_pytorch_model.safetensors": safetensors(),
    "safety_checker/model.safetensors": b"checker",
    "meadow_xl.safetensors": b"all in one",
    "lora/kim.safetensors": b"kim",
}
PLAIN = "unet/diffusion_pytorch_model.safetensors"
NEED = Need("acme/meadow")
PAUSES: list[float] = []
"""Seconds that nobody waited."""


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with local_hub(FILES) as served:
        yield served


def _fetch(hub: LocalHub, models: Path, need: Need = NEED, token: str = "") -> list[int]:
    told: list[int] = []
    with closing(Hub(hub.url, token, pause=PAUSES.append)) as client:
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


def test_components_that_come_from_elsewhere_are_left_there(hub: LocalHub) -> None:
    found = _chosen(hub, Need("acme/meadow", without=("unet", "transformer")))
    assert "unet/config.json" in found
    assert "vae/diffusion_pytorch_model.safetensors" in found
    assert PLAIN not in found


def test_of_a_repository_of_loras_one_is_chosen(hub: LocalHub) -> None:
    need = Need("acme/meadow", lora=True)
    assert _chosen(hub, need) == {"meadow_xl.safetensors"}
    hub.files["other.safetensors"] = b"other"
    with pytest.raises(Invalid, match=r"2 safetensors files; name the LoRA as acme/meadow:FILE"):
        _chosen(hub, need)
    hub.files["pytorch_lora_weights.safetensors"] = b"kim"
    assert _chosen(hub, need) == {"pytorch_lora_weights.safetensors"}


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


def test_a_start_of_another_version_is_given_up_for_a_new_one(
    hub: LocalHub, tmp_path: Path
) -> None:
    part = tmp_path / "acme" / "meadow" / f"{PLAIN}.part"
    part.parent.mkdir(parents=True)
    for start in (b"of another version", bytes(len(_WEIGHTS) + 1)):
        part.write_bytes(start)
        told = _fetch(hub, tmp_path, Need("acme/meadow", file=PLAIN))
        assert sum(told) == len(_WEIGHTS)
        file = tmp_path / "acme" / "meadow" / PLAIN
        assert file.read_bytes() == _WEIGHTS
        file.unlink()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_in_trouble_is_asked_again_after_a_pause(
    status: int, hub: LocalHub, tmp_path: Path
) -> None:
    PAUSES.clear()
    hub.refusals = [status] * 3
    _fetch(hub, tmp_path)
    assert len(PAUSES) == 3
    if status == 429:  # it said how long
        assert PAUSES == [7.0] * 3
    hub.refusals = [status] * 5
    with pytest.raises(Upstream, match=f"answered {status} about acme/meadow; try again later"):
        _fetch(hub, tmp_path)


def test_what_a_hub_refuses_for_good_is_not_asked_again(hub: LocalHub, tmp_path: Path) -> None:
    PAUSES.clear()
    hub.refusals = [410]
    with pytest.raises(Invalid, match="refuses acme/meadow with status 410"):
        _fetch(hub, tmp_path)
    assert PAUSES == []


def test_a_full_disk_is_said_and_the_next_pull_goes_on(hub: LocalHub, tmp_path: Path) -> None:
    need = Need("acme/meadow", file=PLAIN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(Unavailable, match=r"meadow cannot be written: .*the next pull goes on"):
            _fetch(hub, tmp_path, need)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    left = next(iter(tmp_path.rglob("*.part"))).stat().st_size
    assert left > 0
    told = _fetch(hub, tmp_path, need)
    assert told[0] == left
    assert sum(told) == len(_WEIGHTS)


def test_two_pulls_of_one_repository_do_not_meet(hub: LocalHub, tmp_path: Path) -> None:
    _fetch(hub, tmp_path)
    with (tmp_path / "acme" / "meadow" / ".imgen.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match=r"Another pull is fetching into .*acme/meadow"):
            _fetch(hub, tmp_path)
    _fetch(hub, tmp_path)


def test_a_disk_with_too_little_room_is_told_from_the_start(
    hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Hub(hub.url)) as client:
        repository = client.repository("acme/meadow")
    files = chosen(repository, Need("acme/meadow", file=PLAIN))
    free = len(_WEIGHTS) - 1000
    monkeypatch.setattr("shutil.disk_usage", lambda _place: SimpleNamespace(free=free))
    with pytest.raises(Unavailable, match=r"needs 0\.00 GiB more, but .* has 0\.00 GiB free"):
        check_room(repository, files, tmp_path / "models")
    part = tmp_path / "models" / "acme" / "meadow" / f"{PLAIN}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(_WEIGHTS[:1000])
    check_room(repository, files, tmp_path / "models")
    _fetch(hub, tmp_path / "models", Need("acme/meadow", file=PLAIN))
    free = 0
    check_room(repository, files, tmp_path / "models")


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
        closing(Hub("http://127.0.0.1:9", pause=PAUSES.append)) as client,
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
        Need("acme/meadow", variant="fp16", without=("unet", "transformer")),
        Need("acme/fast", "fast_4step.safetensors"),
        Need("acme/edges"),
    ]


_UNET = {"input_blocks.0.0.weight": (8, 4, 3, 3), "label_emb.0.0.weight": (8, 8)}
_XL = "stabilityai/stable-diffusion-xl-base-1.0"


def test_what_a_single_file_lacks_is_known_once_it_is_here(tmp_path: Path) -> None:
    options = read_options({"weights": "acme/meadow:meadow.safetensors"})
    file = Need("acme/meadow", "meadow.safetensors")
    assert needs(options, tmp_path) == [file]
    place = tmp_path / "acme" / "meadow" / "meadow.safetensors"
    place.parent.mkdir(parents=True)
    place.write_bytes(safetensors(_UNET))
    rest = Need(_XL, variant="fp16", without=("unet", "transformer"))
    assert needs(options, tmp_path) == [file, rest]
    whole = {
        **{f"model.diffusion_model.{name}": shape for name, shape in _UNET.items()},
        "conditioner.embedders.0.transformer.x": (1,),
        "conditioner.embedders.1.model.x": (1,),
        "first_stage_model.x": (1,),
    }
    place.write_bytes(safetensors(whole))
    assert needs(options, tmp_path) == [file, Need(_XL, configuration=True)]
    own = read_options({"weights": str(place), "config": "acme/base"})
    assert needs(own, tmp_path) == [Need("acme/base", configuration=True)]
    place.write_bytes(safetensors({name: whole[name] for name in whole if "first" not in name}))
    assert "vae" not in needs(own, tmp_path)[0].without
    assert "text_encoder_2" in needs(own, tmp_path)[0].without


_PEOPLE = """
[models.file]
label = "One file"
engine = "diffusers"
family = "sdxl"
styles = ["photoreal"]
default_style = "photoreal"
options = { weights = "acme/files:meadow.safetensors", config = "acme/base" }

[characters.kim]
label = "Kim"
lora = { reference = "acme/kim", weight = 0.8, family = "sdxl" }

[characters.lou]
label = "Lou"
lora = { reference = "acme/lou", family = "flux" }

[styles.chalk]
label = "Chalk"
any_model = true
lora = { reference = "acme/chalk:chalk.safetensors", family = "sdxl" }
"""


@pytest.fixture
def run(hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`imgen models …` over a catalog with one model on that hub."""
    catalog = tmp_path / "own.toml"
    catalog.write_text(
        '[models.meadow]\nlabel = "Meadow"\nengine = "diffusers"\nfamily = "sdxl"\n'
        'styles = ["photoreal"]\ndefault_style = "photoreal"\nlicence = "Meadow Non-Commercial"\n'
        'commercial_use = false\noptions = { weights = "acme/meadow" }\n' + _PEOPLE
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
    refused = run("pull", "meadow", "--no-loras", answer="n\n")
    assert "acme/meadow: apache-2.0" in refused.output
    assert "does not allow commercial use" in refused.output
    assert isinstance(refused.exception, Forbidden)
    assert not (tmp_path / "data" / "models").exists()
    accepted = run("pull", "meadow", "--no-loras", answer="y\n")
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


@pytest.fixture
def loras(hub: LocalHub) -> None:
    hub.others["acme/kim"] = {"kim.safetensors": safetensors()}
    hub.others["acme/chalk"] = {"chalk.safetensors": safetensors(), "wax.safetensors": b"wax"}


@pytest.mark.usefixtures("loras")
def test_loras_of_characters_and_styles_that_fit_come_with_the_model(
    run: Any, tmp_path: Path
) -> None:
    pulled = run("pull", "meadow", "--accept-licence")
    assert pulled.exit_code == 0, pulled.output
    assert "acme/kim: apache-2.0" in pulled.output
    models = tmp_path / "data" / "models"
    assert (models / "acme" / "kim" / "kim.safetensors").exists()
    assert (models / "acme" / "chalk" / "chalk.safetensors").exists()
    assert not (models / "acme" / "chalk" / "wax.safetensors").exists()
    assert not (models / "acme" / "lou").exists()


def test_a_lora_that_cannot_be_had_does_not_keep_the_model_away(run: Any, tmp_path: Path) -> None:
    pulled = run("pull", "meadow", "--accept-licence")
    assert pulled.exit_code == 1
    assert "acme/kim: The hub has no acme/kim" in pulled.output
    assert "meadow is here, but not all of its LoRAs" in pulled.output
    assert (tmp_path / "data" / "models" / "acme" / "meadow" / PLAIN).exists()


@pytest.mark.usefixtures("loras")
def test_missing_and_changed_loras_are_said(run: Any, tmp_path: Path) -> None:
    run("pull", "meadow", "--accept-licence", "--no-loras")
    models = tmp_path / "data" / "models"
    assert not (models / "acme" / "kim").exists()
    listed = " ".join(run("list").output.split())
    assert "@kim" in listed
    assert "its weights acme/kim are not here; `imgen models pull` fetches them" in listed
    checked = run("check", "meadow")
    assert checked.exit_code == 1
    assert "meadow: good, but for the LoRA of @kim: its weights acme/kim are" in checked.output
    assert "@lou" not in checked.output
    assert run("check").exit_code == 0
    run("pull", "meadow", "--accept-licence")
    assert run("check", "meadow").output == "meadow: good\n"
    (models / "acme" / "kim" / "kim.safetensors").write_bytes(safetensors({"other": (1,)}))
    changed = run("check", "meadow")
    assert changed.exit_code == 1
    assert "meadow: changed since it was fetched: acme/kim/kim.safetensors" in changed.output


def test_a_single_file_and_then_what_it_lacks_are_fetched(
    run: Any, hub: LocalHub, tmp_path: Path
) -> None:
    hub.others["acme/files"] = {"meadow.safetensors": safetensors(_UNET), "b.safetensors": b"b"}
    hub.others["acme/base"] = {
        "model_index.json": json.dumps(_INDEX).encode(),
        "unet/config.json": b"{}",
        "unet/diffusion_pytorch_model.safetensors": safetensors(),
        "vae/config.json": b"{}",
        "vae/diffusion_pytorch_model.safetensors": safetensors(),
    }
    lacking = run("list").output
    assert "its weights acme/files:meadow.safetensors are not here" in " ".join(lacking.split())
    pulled = run("pull", "file", "meadow", "--no-loras", "--accept-licence")
    assert pulled.exit_code == 0, pulled.output
    assert "\nfile is here\n" in pulled.output
    assert pulled.output.endswith("\nmeadow is here\n")
    folder = tmp_path / "data" / "models" / "acme" / "base"
    assert (folder / "vae" / "diffusion_pytorch_model.safetensors").exists()
    assert not (folder / "unet" / "diffusion_pytorch_model.safetensors").exists()
    assert run("check", "file").exit_code == 1  # LoRAs are missing
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    assert "vae of" in run("list").output


def test_a_licence_that_forbids_commerce_is_asked_about_wherever_it_stands(
    run: Any, hub: LocalHub
) -> None:
    hub.licence = "cc-by-nc-4.0"
    hub.others["acme/files"] = {"meadow.safetensors": safetensors(_UNET)}
    refused = run("pull", "file", "--no-loras", answer="n\n")
    assert "cc-by-nc-4.0 does not allow commercial use" in refused.output
    assert isinstance(refused.exception, Forbidden)

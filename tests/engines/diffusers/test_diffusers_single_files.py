from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgen.engines.diffusers.obstacle import obstacle
from imgen.engines.diffusers.options import read_options
from imgen.engines.protocol import EngineResult, Lora
from imgen.errors import Invalid, Unavailable
from tests.engines.diffusers.conftest import Ask, Weights

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def made(weights: Weights) -> Any:
    """What makes single files; imported once torch is known to be here."""
    weights("sd15")
    from tests.engines.diffusers import original

    return original


def bare(folder: Path, target: Path, *, but: tuple[str, ...] = ()) -> Path:
    """A pipeline's configuration, with the weights of some components."""
    for file in folder.rglob("*"):
        place = target / file.relative_to(folder)
        if file.is_file() and (file.suffix != ".safetensors" or file.parent.name in but):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
    return target


def same(one: EngineResult, other: EngineResult) -> bool:
    return np.array_equal(one.image, other.image)


def apart(one: EngineResult, other: EngineResult) -> float:
    """Mean difference of pixels, of 255."""
    return float(np.abs(one.image.astype(int) - other.image).mean())


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
async def test_a_checkpoint_paints_what_the_folder_of_its_weights_does(
    name: str, weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    tensors = getattr(made, f"{name}_checkpoint")(weights(name))
    file = made.save(tensors, tmp_path / "meadow.safetensors")
    config = bare(weights(name), tmp_path / "config")
    one = await ask(weights(name))
    assert same(one, await ask(file, options={"config": str(config)}))


async def test_its_size_is_known_before_it_is_loaded(
    weights: Weights, ask: Ask, made: Any, engine: Any, tmp_path: Path
) -> None:
    file = made.save(made.sdxl_checkpoint(weights("sdxl")), tmp_path / "meadow.safetensors")
    unet = made.save(made.part(weights("sdxl"), "unet"), tmp_path / "unet.safetensors")
    config = str(weights("sdxl"))
    for options in (
        {"weights": str(file), "config": str(bare(weights("sdxl"), tmp_path / "config"))},
        {"weights": str(unet), "config": config},
        {"weights": config, "unet": str(unet)},
        {"weights": config},
    ):
        await ask(options=options)
        read = read_options(options)
        loaded = engine._resident.get(read).bytes()
        assert engine._size(read).whole == pytest.approx(loaded, rel=0.1)


@pytest.mark.parametrize("kept", ["float16", "bfloat16", "float8_e4m3fn"])
async def test_half_precision_checkpoints_are_computed_in_the_format_wanted(
    kept: str, weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    import torch

    tensors = made.sdxl_checkpoint(weights("sdxl"))
    file = made.save(tensors, tmp_path / "half.safetensors", getattr(torch, kept))
    rounded = {name: tensor.to(getattr(torch, kept)).float() for name, tensor in tensors.items()}
    plain = made.save(rounded, tmp_path / "plain.safetensors")
    config = {"config": str(weights("sdxl"))}
    half = await ask(file, options=config)
    assert same(half, await ask(plain, options=config))
    assert 0 < apart(half, await ask(weights("sdxl"))) < 12


async def test_a_checkpoint_that_says_it_predicts_velocities_gets_such_a_scheduler(
    weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    import torch

    tensors = made.sdxl_checkpoint(weights("sdxl")) | {"v_pred": torch.zeros(0)}
    file = made.save(tensors, tmp_path / "meadow.safetensors")
    config = {"config": str(weights("sdxl"))}
    said = {
        "scheduler": "EulerDiscreteScheduler",
        "scheduler_options": {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True},
    }
    one = await ask(weights("sdxl"), options=said)
    assert same(one, await ask(file, options=config))
    unet = made.part(weights("sdxl"), "unet") | {"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)}
    alone = made.save(unet, tmp_path / "unet.safetensors")
    assert same(one, await ask(weights("sdxl"), options={"unet": str(alone)}))
    back = {"scheduler_options": {"prediction_type": "epsilon", "rescale_betas_zero_snr": False}}
    plain = await ask(weights("sdxl"))
    assert not same(one, plain)
    assert same(plain, await ask(file, options={**config, **back}))


async def test_a_checkpoint_without_a_vae_takes_the_folders(
    weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    tensors = made.sdxl_checkpoint(weights("sdxl"))
    without = {name: one for name, one in tensors.items() if "first_stage" not in name}
    file = made.save(without, tmp_path / "meadow.safetensors")
    config = bare(weights("sdxl"), tmp_path / "config", but=("vae",))
    one = await ask(weights("sdxl"))
    assert same(one, await ask(file, options={"config": str(config)}))


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
@pytest.mark.parametrize("layout", ["diffusers", "original", "prefixed"])
async def test_another_unet_comes_in_either_layout(
    name: str, layout: str, weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    other = _finer(weights(name), tmp_path / "finer", "unet", made)
    tensors = made.part(other, "unet") if layout == "diffusers" else made.original_unet(other)
    if layout == "prefixed":
        tensors = {made.PREFIX + key: tensor for key, tensor in tensors.items()}
    file = made.save(tensors, tmp_path / "unet.safetensors")
    rest = bare(weights(name), tmp_path / "rest", but=("vae", "text_encoder", "text_encoder_2"))
    wanted = await ask(other)
    assert not same(wanted, await ask(weights(name)))
    assert same(wanted, await ask(rest, options={"unet": str(file)}))
    assert same(wanted, await ask(file, options={"config": str(rest)}))


def _finer(folder: Path, target: Path, name: str, made: Any) -> Path:
    """The same model with other weights in one component."""
    import torch

    shutil.copytree(folder, target)
    random = torch.Generator().manual_seed(5)
    tensors = {
        key: tensor + 0.1 * torch.randn(tensor.shape, generator=random) * tensor.abs().mean()
        for key, tensor in made.part(folder, name).items()
    }
    made.save(tensors, next((target / name).glob("*.safetensors")))
    return target


@pytest.fixture
def narrow_flux(monkeypatch: pytest.MonkeyPatch, weights: Weights) -> None:
    """diffusers converts FLUX at its real width alone; here that number is the tiny one's."""
    weights("flux-dev")
    from diffusers.loaders.single_file_utils import convert_flux_transformer_checkpoint_to_diffusers

    code = convert_flux_transformer_checkpoint_to_diffusers.__code__
    assert 3072 in code.co_consts
    constants = tuple(32 if one == 3072 else one for one in code.co_consts)
    narrow = code.replace(co_consts=constants)
    monkeypatch.setattr(convert_flux_transformer_checkpoint_to_diffusers, "__code__", narrow)


@pytest.mark.parametrize("name", ["flux-dev", "flux-schnell"])
@pytest.mark.parametrize("layout", ["diffusers", "original", "prefixed"])
@pytest.mark.usefixtures("narrow_flux")
async def test_a_flux_transformer_in_one_file_takes_the_other_parts_from_the_folder(
    name: str, layout: str, weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    folder = weights(name)
    tensors = made.part(folder, "transformer")
    if layout != "diffusers":
        tensors = made.original_flux(folder)
    if layout == "prefixed":
        tensors = {made.PREFIX + key: tensor for key, tensor in tensors.items()}
    file = made.save(tensors, tmp_path / "flux.safetensors")
    rest = bare(folder, tmp_path / "rest", but=("vae", "text_encoder", "text_encoder_2"))
    one = await ask(folder)
    assert same(one, await ask(file, options={"config": str(rest)}))


@pytest.mark.usefixtures("narrow_flux")
async def test_all_of_flux_comes_in_one_file_too(
    weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    folder = weights("flux-dev")
    file = made.save(made.flux_checkpoint(folder), tmp_path / "flux.safetensors")
    config = bare(folder, tmp_path / "config")
    one = await ask(folder)
    assert same(one, await ask(file, options={"config": str(config)}))


@pytest.mark.parametrize("name", ["qwen-image", "z-image", "flux2-klein"])
@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
async def test_other_transformers_come_as_diffusers_saves_them_too(
    name: str, prefix: str, weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    folder = weights(name)
    tensors = {prefix + key: one for key, one in made.part(folder, "transformer").items()}
    file = made.save(tensors, tmp_path / "transformer.safetensors")
    one = await ask(folder)
    assert same(one, await ask(file, options={"config": str(folder)}))


@pytest.mark.parametrize("name", ["flux2-klein", "flux2-dev", "z-image"])
async def test_other_transformers_come_in_the_layout_of_their_authors(
    name: str, weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    folder = weights(name)
    make = made.original_z_image if name == "z-image" else made.original_flux2
    file = made.save(make(folder), tmp_path / "transformer.safetensors")
    one = await ask(folder)
    options = {"config": str(folder)}
    if name == "flux2-dev":  # the tiny one has no guidance, by which the real one is known
        options["pipeline"] = "Flux2Pipeline"
    assert same(one, await ask(file, options=options))


async def test_a_folder_with_small_files_alone_needs_no_word_about_them(
    weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "small"
    shutil.copytree(weights("sdxl"), folder)
    for file in folder.rglob("*.safetensors"):
        file.rename(file.with_suffix(".fp16.safetensors"))
    unet = made.save(made.part(folder, "unet"), tmp_path / "unet.safetensors")
    one = await ask(weights("sdxl"))
    assert same(one, await ask(folder))
    assert same(one, await ask(unet, options={"config": str(folder)}))
    vae = folder / "vae" / "diffusion_pytorch_model.fp16.safetensors"
    vae.rename(folder / "vae" / "diffusion_pytorch_model.safetensors")
    mixed = tmp_path / "mixed"
    folder.rename(mixed)
    assert same(one, await ask(mixed))


async def test_loras_fit_a_checkpoint_as_they_fit_the_folder(
    weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    from tests.engines.diffusers.tiny import make_lora

    file = made.save(made.sdxl_checkpoint(weights("sdxl")), tmp_path / "meadow.safetensors")
    lora = Lora("kim", 0.7, str(make_lora(weights("sdxl"), tmp_path / "kim.safetensors", seed=1)))
    one = await ask(weights("sdxl"), loras=(lora,))
    config = {"config": str(weights("sdxl"))}
    assert same(one, await ask(file, loras=(lora,), options=config))
    assert not same(one, await ask(file, options=config))


async def test_weights_for_another_architecture_are_refused(
    weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    file = made.save(made.sdxl_checkpoint(weights("sdxl")), tmp_path / "meadow.safetensors")
    wide = made.save(made.part(weights("sdxl"), "unet"), tmp_path / "unet.safetensors")
    for options in ({"config": str(weights("sd15"))}, {"config": str(weights("flux-dev"))}):
        with pytest.raises((Invalid, Unavailable), match=r"does not fit|names no|cannot be loaded"):
            await ask(file, options={**options, "pipeline": "StableDiffusionPipeline"})
    with pytest.raises(Invalid, match=r"unet\.safetensors does not fit .* UNet2DConditionModel"):
        await ask(weights("sd15"), options={"unet": str(wide)})


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("cond_stage_model.transformer.text_model.final", "lacks weights of text_encoder"),
        ("first_stage_model.decoder.conv_out.", "lacks weights of vae|cannot be loaded"),
        ("model.diffusion_model.out.2.", "does not fit the model's UNet2DConditionModel"),
    ],
)
async def test_a_checkpoint_that_lacks_a_tensor_is_refused(
    start: str, said: str, weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    tensors = made.sd15_checkpoint(weights("sd15"))
    kept = {name: one for name, one in tensors.items() if not name.startswith(start)}
    assert len(kept) < len(tensors)
    file = made.save(kept, tmp_path / "meadow.safetensors")
    with pytest.raises((Invalid, Unavailable), match=said):
        await ask(file, options={"config": str(weights("sd15"))})


async def test_a_cut_off_file_and_a_disguised_pickle_are_refused_before_anything_is_loaded(
    weights: Weights, ask: Ask, made: Any, tmp_path: Path
) -> None:
    file = made.save(made.sd15_checkpoint(weights("sd15")), tmp_path / "meadow.safetensors")
    options = {"config": str(weights("sd15"))}
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    with pytest.raises(Unavailable, match=rf"has {len(whole) - 100} of {len(whole)} bytes"):
        await ask(file, options=options)
    assert "fetch it again" in obstacle({"weights": str(file), **options}, {})
    file.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(Invalid, match="pickle, whatever its name says"):
        await ask(file, options=options)

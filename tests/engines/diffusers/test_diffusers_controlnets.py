from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgen.engines.protocol import Control, EngineRequest, Task
from tests.engines.diffusers.conftest import Ask, Weights, ignore, make_request, picture

pytestmark = pytest.mark.filterwarnings("ignore")

FAMILIES = ("sd15", "lcm", "sdxl", "flux-dev", "flux-schnell", "qwen-image")


@pytest.fixture(scope="module")
def nets(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Name of tiny weights → their ControlNet."""
    folder = tmp_path_factory.mktemp("controlnets")

    def find(name: str, modes: int | None = None) -> str:
        weights(name)
        from tests.engines.diffusers.networks import (
            make_flux_controlnet,
            make_qwen_controlnet,
            make_union,
        )
        from tests.engines.diffusers.tiny import make_controlnet

        place = folder / f"{name}-{modes}"
        if not place.exists():
            if name == "sdxl" and modes:
                make_union(weights("sdxl"), place)
            elif name == "qwen-image":
                make_qwen_controlnet(place)
            elif name.startswith("flux"):
                make_flux_controlnet(place, modes=modes)
            else:  # those of SD 1.5 serve its LCM too
                make_controlnet(weights(name.replace("lcm", "sd15")), place)
        return str(place)

    return find


def red(colour: Any) -> Any:
    """A matte, for what needs none."""
    return colour[..., 0]


def _asked(net: str, **changes: Any) -> dict[str, Any]:
    return {
        "task": Task.IMAGE_TO_IMAGE,
        "image": picture(),
        "options": {"controlnets": {"canny": net, "scribble": net}},
        "strength": 0.8,
        **changes,
    }


def _bare(pipe: Any, hint: Any, *, strength: float, **more: Any) -> Any:
    """What a pipeline of diffusers makes of `_asked`, by itself: shares of 1.

    Args:
        strength: of the hint.
    """
    import torch
    from PIL import Image

    return pipe(
        "a lake in the mountains",
        image=Image.fromarray(picture()),
        control_image=hint,
        width=96,
        height=64,
        strength=0.8,
        controlnet_conditioning_scale=strength,
        num_inference_steps=3,
        guidance_scale=4.0,
        generator=torch.Generator().manual_seed(11),
        output_type="np",
        **more,
    ).images[0]


@pytest.mark.parametrize("name", FAMILIES)
async def test_a_controlnet_guides_the_picture_by_its_strength(
    name: str, weights: Weights, ask: Ask, nets: Any
) -> None:
    asked = _asked(nets(name))
    free = await ask(weights(name), **asked)
    strong = await ask(weights(name), control=Control("canny", 1.0), **asked)
    weaker = await ask(weights(name), control=Control("canny", 0.5), **asked)
    none = await ask(weights(name), control=Control("canny", 0.0), **asked)
    assert "control" not in strong.ignored
    assert not np.array_equal(strong.image, free.image)
    assert not np.array_equal(strong.image, weaker.image)
    assert np.array_equal(none.image, free.image)


async def test_a_long_prompt_of_a_consistency_model_is_guided_without_guidance(
    weights: Weights, ask: Ask, nets: Any
) -> None:
    asked = _asked(nets("lcm"), prompt="hills and meadows, " * 12, control=Control("canny", 1.0))
    low = await ask(weights("lcm"), **asked)
    high = await ask(weights("lcm"), **asked, guidance_scale=8.0)
    assert low.ignored == ("guidance_scale",)
    assert np.array_equal(low.image, high.image)


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
async def test_hardly_any_strength_is_hardly_another_picture(
    name: str, weights: Weights, ask: Ask, nets: Any
) -> None:
    asked = _asked(nets(name))
    free = await ask(weights(name), **asked)
    weak = await ask(weights(name), control=Control("canny", 1e-6), **asked)
    assert np.abs(free.image.astype(int) - weak.image).max() <= 1


@pytest.mark.parametrize(
    ("name", "kind", "net"),
    [
        ("sdxl", "StableDiffusionXLControlNetImg2ImgPipeline", "ControlNetModel"),
        ("flux-dev", "FluxControlNetImg2ImgPipeline", "FluxControlNetModel"),
    ],
)
async def test_the_picture_is_what_the_plain_pipeline_makes_of_the_hint(
    name: str, kind: str, net: str, weights: Weights, ask: Ask, nets: Any
) -> None:
    weights(name)
    import diffusers
    from PIL import Image

    from imgen.engines.hints import drawn

    guide = getattr(diffusers, net).from_pretrained(nets(name))
    pipe = getattr(diffusers, kind).from_pretrained(weights(name), controlnet=guide)
    pipe.set_progress_bar_config(disable=True)
    bare = _bare(pipe, Image.fromarray(drawn(picture(), "canny")), strength=0.7)
    ours = await ask(weights(name), control=Control("canny", 0.7), **_asked(nets(name)))
    assert np.array_equal(ours.image, np.rint(bare * 255).astype(np.uint8))


async def test_qwen_takes_the_hint_alone_from_the_picture(
    weights: Weights, ask: Ask, nets: Any
) -> None:
    import diffusers
    import torch
    from PIL import Image

    from imgen.engines.hints import drawn

    net = nets("qwen-image")
    pipe = diffusers.QwenImageControlNetPipeline.from_pretrained(
        weights("qwen-image"), controlnet=diffusers.QwenImageControlNetModel.from_pretrained(net)
    )
    pipe.set_progress_bar_config(disable=True)
    bare = pipe(
        "a lake in the mountains",
        negative_prompt=" ",
        true_cfg_scale=4.0,
        control_image=Image.fromarray(drawn(picture(), "canny")),
        width=96,
        height=64,
        controlnet_conditioning_scale=1.0,
        num_inference_steps=3,
        generator=torch.Generator().manual_seed(11),
        output_type="np",
    ).images[0]
    asked = _asked(net, strength=0.1)
    ours = await ask(weights("qwen-image"), control=Control("canny", 1.0), **asked)
    assert ours.ignored == ("strength",)
    assert np.array_equal(ours.image, np.rint(bare * 255).astype(np.uint8))


@pytest.mark.parametrize("size", [(97, 65), (70, 131)])
async def test_odd_sizes_are_guided_too(
    size: tuple[int, int], weights: Weights, ask: Ask, nets: Any
) -> None:
    width, height = size
    for name in ("sdxl", "flux-dev"):
        asked = _asked(nets(name), image=picture(height, width), width=width, height=height)
        result = await ask(weights(name), control=Control("canny", 1.0), **asked)
        assert result.image.shape == (height, width, 3)


def test_the_hint_has_the_size_of_the_painting(weights: Weights) -> None:
    weights("sdxl")
    from imgen.engines.diffusers.families.sdxl import Sdxl
    from imgen.engines.diffusers.options import read_options
    from imgen.engines.diffusers.prepare import prepare

    request = make_request(
        task=Task.IMAGE_TO_IMAGE,
        image=picture(1501, 2003),
        width=2003,
        height=1501,
        control=Control("canny", 1.0),
    )
    order = prepare(request, read_options({}), Sdxl.traits, red, lambda seen, _: seen)
    assert order.hint.size == order.image.size == (order.width, order.height)


@pytest.mark.parametrize(
    ("name", "modes"),
    [
        ("sd15", None),
        ("sdxl", None),
        ("sdxl", 6),
        ("flux-dev", None),
        ("flux-dev", 7),
        ("qwen-image", None),
    ],
)
async def test_guided_pictures_of_one_kind_are_painted_together_and_each_is_right(
    name: str, modes: int | None, weights: Weights, nets: Any
) -> None:
    weights(name)
    from imgen.engines.diffusers.engine import DiffusersEngine

    asked = _asked(nets(name, modes), control=Control("canny", 1.0))
    requests = [
        make_request(weights(name), **asked),
        make_request(weights(name), **{**asked, "image": picture()[::-1].copy()}, seed=3),
    ]
    one = DiffusersEngine(device="cpu", batch=1, batch_window_ms=0)
    two = DiffusersEngine(device="cpu", batch=2, batch_window_ms=600_000)
    alone = [await one.run(request, ignore) for request in requests]
    together = await asyncio.gather(*(two.run(request, ignore) for request in requests))
    assert [result.info["batch"] for result in together] == [2, 2]
    for single, shared in zip(alone, together, strict=True):
        assert np.abs(single.image.astype(int) - shared.image).max() <= 1


def test_what_differs_in_kind_or_strength_of_control_is_not_painted_together(
    weights: Weights, nets: Any
) -> None:
    weights("sdxl")
    from imgen.engines.diffusers.engine import batch_key
    from imgen.engines.diffusers.families.sdxl import Sdxl
    from imgen.engines.diffusers.options import read_options
    from imgen.engines.diffusers.prepare import prepare

    def key(request: EngineRequest) -> Any:
        options = read_options(request.options)
        return batch_key(prepare(request, options, Sdxl.traits, red, lambda seen, _: seen))

    request = make_request(**_asked(nets("sdxl"), control=Control("canny", 1.0)))
    assert key(replace(request, seed=5)) == key(request)
    for other in (Control("scribble", 1.0), Control("canny", 0.5), None):
        assert key(replace(request, control=other)) != key(request)


async def test_a_controlnet_for_several_kinds_is_told_which(
    weights: Weights, ask: Ask, nets: Any
) -> None:
    net = nets("flux-dev", 7)
    asked = _asked(net, options={"controlnets": {"canny": net, "depth": net}})
    canny = await ask(weights("flux-dev"), control=Control("canny", 1.0), **asked)
    assert "control" not in canny.ignored

    import diffusers
    from PIL import Image

    from imgen.engines.hints import drawn

    guide = diffusers.FluxControlNetModel.from_pretrained(net)
    pipe = diffusers.FluxControlNetImg2ImgPipeline.from_pretrained(
        weights("flux-dev"), controlnet=guide
    )
    pipe.set_progress_bar_config(disable=True)
    made = [
        _bare(pipe, Image.fromarray(drawn(picture(), "canny")), strength=1.0, control_mode=mode)
        for mode in (0, 2)
    ]
    assert np.array_equal(canny.image, np.rint(made[0] * 255).astype(np.uint8))
    assert not np.array_equal(made[0], made[1])


async def test_one_of_sdxl_for_several_kinds_is_told_which_too(
    weights: Weights, ask: Ask, nets: Any
) -> None:
    import diffusers
    from PIL import Image

    from imgen.engines.hints import drawn

    net = nets("sdxl", 6)
    asked = _asked(net)
    pipe = diffusers.StableDiffusionXLControlNetUnionImg2ImgPipeline.from_pretrained(
        weights("sdxl"), controlnet=diffusers.ControlNetUnionModel.from_pretrained(net)
    )
    pipe.set_progress_bar_config(disable=True)
    for kind, mode in (("canny", 3), ("scribble", 2)):
        ours = await ask(weights("sdxl"), control=Control(kind, 0.7), **asked)
        hint = Image.fromarray(drawn(picture(), kind))
        bare = _bare(pipe, [hint], strength=0.7, control_mode=[mode])
        assert np.array_equal(ours.image, np.rint(bare * 255).astype(np.uint8))


def test_a_controlnet_for_several_kinds_is_loaded_once_and_counted(
    weights: Weights, nets: Any
) -> None:
    weights("sdxl")
    from imgen.engines.diffusers.device import Device
    from imgen.engines.diffusers.loading.load import load
    from imgen.engines.diffusers.options import read_options

    net = nets("sdxl")
    named = {"weights": str(weights("sdxl")), "controlnets": {"canny": net, "scribble": net}}
    loaded = load(read_options(named), models=None, device=Device("cpu"), offload="none", slots=2)
    bare = loaded.bytes()
    canny = loaded.pipeline("controlled", "canny")
    assert loaded.pipeline("controlled", "scribble") is canny
    assert loaded.bytes() == bare + sum(
        tensor.numel() * tensor.element_size() for tensor in canny.controlnet.parameters()
    )


async def test_broken_controlnets_are_said(weights: Weights, ask: Ask, tmp_path: Path) -> None:
    from imgen.errors import Unavailable

    (tmp_path / "config.json").write_text("{}")
    asked = _asked(str(tmp_path))
    with pytest.raises(Unavailable, match=r"ControlNet .* cannot be loaded"):
        await ask(weights("sdxl"), control=Control("canny", 1.0), **asked)

"""Builds workflow graphs of ComfyUI's own nodes: load, LoRAs, prompts, latents, sample, save."""

from __future__ import annotations

from dataclasses import dataclass, field

from imgen.engines.comfyui.recipe import FLUX, Recipe, lora_file
from imgen.engines.protocol import EngineRequest, Task
from imgen.engines.remote.placement import Size

SAMPLER = "sampler"
"""The node whose progress is the picture's."""
SAVE = "save"
"""The node whose output is the picture."""

Link = list[object]
"""`[node, output]`: where a node's input comes from."""
Workflow = dict[str, dict[str, object]]
"""ComfyUI's API format: node id → `class_type` and `inputs`."""


@dataclass(slots=True)
class _Graph:
    nodes: Workflow = field(default_factory=dict)

    def add(self, name: str, kind: str, /, **inputs: object) -> str:
        self.nodes[name] = {"class_type": kind, "inputs": inputs}
        return name

    def link(self, name: str, kind: str, /, **inputs: object) -> Link:
        return [self.add(name, kind, **inputs), 0]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Names that uploaded pictures have on the server; empty where there is none."""

    image: str = ""
    mask: str = ""
    hint: str = ""
    """What a ControlNet looks at."""


def painting(
    recipe: Recipe, request: EngineRequest, size: Size, inputs: Loaded, *, save: str
) -> Workflow:
    """The graph that paints: on nothing, over a picture, or inside a mask.

    Args:
        size: of the frame that is worked in, in pixels.
        save: node that ends it: `SaveImage` keeps the file, `PreviewImage` until a restart.
    """
    graph = _Graph()
    model, clip, vae = _weights(graph, recipe)
    for number, lora in enumerate(request.loras):
        if file := lora_file(lora, recipe.loras):
            name = graph.add(
                f"lora_{number}",
                "LoraLoader",
                model=model,
                clip=clip,
                lora_name=file,
                strength_model=lora.weight,
                strength_clip=lora.weight,
            )
            model, clip = [name, 0], [name, 1]
    positive = graph.link("positive", "CLIPTextEncode", clip=clip, text=request.prompt)
    negative = graph.link("negative", "CLIPTextEncode", clip=clip, text=request.negative_prompt)
    if recipe.kind == FLUX:
        guidance = request.guidance_scale
        positive = graph.link("guidance", "FluxGuidance", conditioning=positive, guidance=guidance)
    positive, negative = _controlled(graph, recipe, request, inputs, vae, positive, negative)
    sampled = graph.link(
        SAMPLER,
        "KSampler",
        model=model,
        seed=request.seed,
        steps=request.steps,
        cfg=cfg(recipe, request),
        sampler_name=recipe.sampler,
        scheduler=recipe.scheduler,
        positive=positive,
        negative=negative,
        latent_image=_latent(graph, recipe, size, inputs, vae),
        denoise=_denoise(request),
    )
    painted = graph.link("decode", "VAEDecode", samples=sampled, vae=vae)
    if request.transparent and recipe.matting:
        painted = _cut_out(graph, recipe, painted)
    _save(graph, save, painted)
    return graph.nodes


def upscaling(recipe: Recipe, inputs: Loaded, *, save: str) -> Workflow:
    """The graph that enlarges a picture with a super-resolution model."""
    graph = _Graph()
    image = graph.link("image", "LoadImage", image=inputs.image)
    model = graph.link("upscaler", "UpscaleModelLoader", model_name=recipe.upscaler)
    large = graph.link(SAMPLER, "ImageUpscaleWithModel", upscale_model=model, image=image)
    _save(graph, save, large)
    return graph.nodes


def cutting_out(recipe: Recipe, inputs: Loaded, *, save: str) -> Workflow:
    """The graph that takes a picture's background away."""
    graph = _Graph()
    _save(
        graph, save, _cut_out(graph, recipe, graph.link("image", "LoadImage", image=inputs.image))
    )
    return graph.nodes


def cfg(recipe: Recipe, request: EngineRequest) -> float:
    """Guidance by two predictions a step; 1 means by one, and that the negative is not read."""
    return max(1.0, recipe.true_cfg_scale if recipe.kind == FLUX else request.guidance_scale)


def _save(graph: _Graph, kind: str, images: Link) -> None:
    kept = {"filename_prefix": "imgen"} if kind == "SaveImage" else {}
    graph.add(SAVE, kind, images=images, **kept)


def _weights(graph: _Graph, recipe: Recipe) -> tuple[Link, Link, Link]:
    if recipe.checkpoint:
        name = graph.add("weights", "CheckpointLoaderSimple", ckpt_name=recipe.checkpoint)
        model, clip, vae = [name, 0], [name, 1], [name, 2]
    else:
        model = graph.link(
            "weights", "UNETLoader", unet_name=recipe.unet, weight_dtype=recipe.unet_dtype
        )
        clip, vae = _clip(graph, recipe), []
    if recipe.vae:
        vae = graph.link("vae", "VAELoader", vae_name=recipe.vae)
    return list(model), list(clip), list(vae)


def _clip(graph: _Graph, recipe: Recipe) -> Link:
    if len(recipe.clip) == 1:
        return graph.link("clip", "CLIPLoader", clip_name=recipe.clip[0], type=recipe.clip_type)
    one, two = recipe.clip
    return graph.link(
        "clip", "DualCLIPLoader", clip_name1=one, clip_name2=two, type=recipe.clip_type
    )


def _latent(graph: _Graph, recipe: Recipe, size: Size, inputs: Loaded, vae: Link) -> Link:
    if not inputs.image:
        kind = "EmptySD3LatentImage" if recipe.kind == FLUX else "EmptyLatentImage"
        return graph.link("latent", kind, width=size[0], height=size[1], batch_size=1)
    image = graph.link("image", "LoadImage", image=inputs.image)
    latent = graph.link("latent", "VAEEncode", pixels=image, vae=vae)
    if not inputs.mask:
        return latent
    mask = graph.link("mask", "LoadImageMask", image=inputs.mask, channel="red")
    return graph.link("masked", "SetLatentNoiseMask", samples=latent, mask=mask)


def _controlled(
    graph: _Graph,
    recipe: Recipe,
    request: EngineRequest,
    inputs: Loaded,
    vae: Link,
    positive: Link,
    negative: Link,
) -> tuple[Link, Link]:
    """The prompts, bound to a hint, where there is one."""
    if not inputs.hint or request.control is None:
        return positive, negative
    file = recipe.controlnet[request.control.kind]
    name = graph.add(
        "control",
        "ControlNetApplyAdvanced",
        positive=positive,
        negative=negative,
        control_net=graph.link("controlnet", "ControlNetLoader", control_net_name=file),
        image=graph.link("hint", "LoadImage", image=inputs.hint),
        strength=request.control.strength,
        start_percent=0.0,
        end_percent=1.0,
        vae=vae,
    )
    return [name, 0], [name, 1]


def controls(recipe: Recipe, request: EngineRequest) -> bool:
    """Whether a graph can honour the request's control."""
    return request.control is not None and request.control.kind in recipe.controlnet


def _cut_out(graph: _Graph, recipe: Recipe, image: Link) -> Link:
    """The picture with its background transparent. ComfyUI's masks are white where alpha is 0."""
    model = graph.link("matting", "LoadBackgroundRemovalModel", bg_removal_name=recipe.matting)
    there = graph.link("matte", "RemoveBackground", bg_removal_model=model, image=image)
    alpha = graph.link("alpha", "InvertMask", mask=there)
    return graph.link("cut_out", "JoinImageWithAlpha", image=image, alpha=alpha)


def _denoise(request: EngineRequest) -> float:
    """How much of the input is painted over: the mask says it where there is one."""
    return request.strength if request.task is Task.IMAGE_TO_IMAGE else 1.0

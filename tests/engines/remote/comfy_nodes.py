"""ComfyUI's own nodes that graphs here use: what they take, how a prompt is checked, what comes of
it. As in its nodes.py, comfy_extras and execution.py of autumn 2026."""

from __future__ import annotations

import io
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from tests.engines.remote.local import Pixels, noise

MOST = 16_384


@dataclass(frozen=True)
class Input:
    """One input of a node."""

    kind: str
    """INT, FLOAT, STRING; LIST, FILE (a list of model files), IMAGE_FILE; else a link's type."""
    least: float | None = None
    most: float | None = None
    options: tuple[str, ...] = ()
    needed: bool = True


@dataclass(frozen=True)
class Node:
    """One type of node."""

    inputs: Mapping[str, Input]
    gives: tuple[str, ...] = ()
    output: str = ""
    """The folder that its pictures go to, where it is one that a prompt can end in."""


def _links(**kinds: str) -> dict[str, Input]:
    return {name: Input(kind) for name, kind in kinds.items()}


_FILE = Input("FILE")
_SIDE = Input("INT", 16, MOST)
_BATCH = Input("INT", 1, 4096)
_SAMPLERS = ("euler", "euler_ancestral", "dpmpp_2m", "ddim", "lcm", "uni_pc")
_SCHEDULERS = ("simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal")
_DTYPES = ("default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2")
_ONE_CLIP = ("stable_diffusion", "sd3", "chroma", "qwen_image", "flux2", "lumina2")
_TWO_CLIPS = ("sdxl", "sd3", "flux", "hunyuan_video", "hidream", "hunyuan_image")
_PART = Input("FLOAT", 0.0, 1.0)

NODES: Mapping[str, Node] = {
    "CheckpointLoaderSimple": Node({"ckpt_name": _FILE}, ("MODEL", "CLIP", "VAE")),
    "UNETLoader": Node(
        {"unet_name": _FILE, "weight_dtype": Input("LIST", options=_DTYPES)}, ("MODEL",)
    ),
    "CLIPLoader": Node({"clip_name": _FILE, "type": Input("LIST", options=_ONE_CLIP)}, ("CLIP",)),
    "DualCLIPLoader": Node(
        {"clip_name1": _FILE, "clip_name2": _FILE, "type": Input("LIST", options=_TWO_CLIPS)},
        ("CLIP",),
    ),
    "VAELoader": Node({"vae_name": _FILE}, ("VAE",)),
    "LoraLoader": Node(
        {
            **_links(model="MODEL", clip="CLIP"),
            "lora_name": _FILE,
            "strength_model": Input("FLOAT", -100, 100),
            "strength_clip": Input("FLOAT", -100, 100),
        },
        ("MODEL", "CLIP"),
    ),
    "CLIPTextEncode": Node({**_links(clip="CLIP"), "text": Input("STRING")}, ("CONDITIONING",)),
    "FluxGuidance": Node(
        {**_links(conditioning="CONDITIONING"), "guidance": Input("FLOAT", 0, 100)},
        ("CONDITIONING",),
    ),
    "ControlNetLoader": Node({"control_net_name": _FILE}, ("CONTROL_NET",)),
    "ControlNetApplyAdvanced": Node(
        {
            **_links(
                positive="CONDITIONING",
                negative="CONDITIONING",
                control_net="CONTROL_NET",
                image="IMAGE",
            ),
            "strength": Input("FLOAT", 0, 10),
            "start_percent": _PART,
            "end_percent": _PART,
            "vae": Input("VAE", needed=False),
        },
        ("CONDITIONING", "CONDITIONING"),
    ),
    "EmptyLatentImage": Node({"width": _SIDE, "height": _SIDE, "batch_size": _BATCH}, ("LATENT",)),
    "EmptySD3LatentImage": Node(
        {"width": _SIDE, "height": _SIDE, "batch_size": _BATCH}, ("LATENT",)
    ),
    "VAEEncode": Node(_links(pixels="IMAGE", vae="VAE"), ("LATENT",)),
    "VAEDecode": Node(_links(samples="LATENT", vae="VAE"), ("IMAGE",)),
    "SetLatentNoiseMask": Node(_links(samples="LATENT", mask="MASK"), ("LATENT",)),
    "KSampler": Node(
        {
            **_links(
                model="MODEL",
                positive="CONDITIONING",
                negative="CONDITIONING",
                latent_image="LATENT",
            ),
            "seed": Input("INT", 0, 2**64 - 1),
            "steps": Input("INT", 1, 10_000),
            "cfg": Input("FLOAT", 0, 100),
            "sampler_name": Input("LIST", options=_SAMPLERS),
            "scheduler": Input("LIST", options=_SCHEDULERS),
            "denoise": _PART,
        },
        ("LATENT",),
    ),
    "LoadImage": Node({"image": Input("IMAGE_FILE")}, ("IMAGE", "MASK")),
    "LoadImageMask": Node(
        {
            "image": Input("IMAGE_FILE"),
            "channel": Input("LIST", options=("alpha", "red", "green", "blue")),
        },
        ("MASK",),
    ),
    "UpscaleModelLoader": Node({"model_name": _FILE}, ("UPSCALE_MODEL",)),
    "ImageUpscaleWithModel": Node(_links(upscale_model="UPSCALE_MODEL", image="IMAGE"), ("IMAGE",)),
    "LoadBackgroundRemovalModel": Node({"bg_removal_name": _FILE}, ("BACKGROUND_REMOVAL",)),
    "RemoveBackground": Node(
        {
            **_links(bg_removal_model="BACKGROUND_REMOVAL", image="IMAGE"),
            "resolution": Input("INT", 256, 4096, needed=False),
        },
        ("MASK",),
    ),
    "InvertMask": Node(_links(mask="MASK"), ("MASK",)),
    "JoinImageWithAlpha": Node(_links(image="IMAGE", alpha="MASK"), ("IMAGE",)),
    "SaveImage": Node(
        {**_links(images="IMAGE"), "filename_prefix": Input("STRING")}, ("IMAGE",), "output"
    ),
    "PreviewImage": Node(_links(images="IMAGE"), ("IMAGE",), "temp"),
    # Of somebody's own, as custom nodes are:
    "SaveOwn": Node(_links(images="IMAGE"), (), "output"),
    "CutOut": Node(_links(image="IMAGE"), ("IMAGE",)),
}

Prompt = dict[str, Any]


@dataclass
class Checked:
    """What the server makes of a prompt before it queues it."""

    error: dict[str, Any] | None = None
    node_errors: dict[str, Any] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    """Nodes that it will run for."""


@dataclass
class Check:
    """A prompt is checked from each of its ends; those that are sound are run, if there are any."""

    prompt: Prompt
    models: set[str]
    there: Callable[[str], bool]
    """Whether a picture of that name can be loaded."""
    without: Container[str] = ()
    """Types of nodes that this server does not have."""
    errors: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __call__(self) -> Checked:
        for name, node in self.prompt.items():
            if node.get("class_type") not in NODES or node["class_type"] in self.without:
                info = {"node_id": name, "class_type": node.get("class_type")}
                return Checked({"type": "missing_node_type", "extra_info": info})
        ends = [name for name in self.prompt if NODES[self._kind(name)].output]
        if not ends:
            return Checked({"type": "prompt_no_outputs", "extra_info": {}})
        good = [end for end in ends if self._sound(end)]
        bad = [end for end in ends if end not in good]
        said = {
            name: {"errors": errors, "dependent_outputs": bad, "class_type": self._kind(name)}
            for name, errors in self.errors.items()
            if errors
        }
        kind = {"type": "prompt_outputs_failed_validation", "extra_info": {}}
        return Checked(None if good else kind, said, good)

    def _kind(self, name: str) -> str:
        return str(self.prompt[name]["class_type"])

    def _sound(self, name: str) -> bool:
        if name not in self.errors:
            self.errors[name] = []
            self.errors[name] += self._faults(name)
        sound = not self.errors[name]
        for value in self.prompt[name]["inputs"].values():
            if _is_link(value):
                sound = self._sound(value[0]) and sound
        return sound

    def _faults(self, name: str) -> Iterator[dict[str, Any]]:
        given = self.prompt[name]["inputs"]
        for key, wanted in NODES[self._kind(name)].inputs.items():
            if key not in given:
                if wanted.needed:
                    yield _fault("required_input_missing", key)
            elif _is_link(given[key]):
                node, output = given[key]
                if NODES[self._kind(node)].gives[output] != wanted.kind:
                    yield _fault("return_type_mismatch", key)
            else:
                yield from self._value(given, key, wanted)

    def _value(self, given: dict[str, Any], key: str, wanted: Input) -> Iterator[dict[str, Any]]:
        cast = {"INT": int, "FLOAT": float, "STRING": str}.get(wanted.kind)
        try:
            value = given[key] = cast(given[key]) if cast else given[key]
        except (TypeError, ValueError):
            yield _fault("invalid_input_type", key)
            return
        if wanted.least is not None and value < wanted.least:
            yield _fault("value_smaller_than_min", key)
        if wanted.most is not None and value > wanted.most:
            yield _fault("value_bigger_than_max", key)
        if wanted.kind == "LIST" and value not in wanted.options:
            yield _fault("value_not_in_list", key)
        if wanted.kind == "FILE" and value not in self.models:
            yield _fault("value_not_in_list", key)
        if wanted.kind == "IMAGE_FILE" and not self.there(value):
            yield _fault("custom_validation_failed", key)


def _fault(kind: str, key: str) -> dict[str, Any]:
    return {"type": kind, "message": "In words", "details": key, "extra_info": {"input_name": key}}


def _is_link(value: object) -> bool:
    return isinstance(value, list)


def in_order(prompt: Prompt, end: str) -> list[str]:
    """The nodes that an end needs, each behind those that it needs itself."""
    found: list[str] = []
    for value in prompt[end]["inputs"].values():
        if _is_link(value):
            found += [name for name in in_order(prompt, value[0]) if name not in found]
    return [*found, end]


def paint(prompt: Prompt, end: str, read: Callable[[str], Image.Image]) -> bytes:
    """The PNG file of an end: noise by the sampler's seed, of its latent's size; what is done to
    pictures is done."""
    pixels = _Painting(prompt, read).value([end, 0])
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return data.getvalue()


@dataclass
class _Painting:
    prompt: Prompt
    read: Callable[[str], Image.Image]

    def value(self, link: list[Any]) -> Any:
        """A picture, a mask or, of a latent, a picture of its size."""
        node = self.prompt[link[0]]
        work = _WORK.get(node["class_type"])
        return None if work is None else work(self, **node["inputs"])

    def load_image(self, image: str) -> Pixels:
        return np.asarray(self.read(image).convert("RGB"))

    def load_mask(self, image: str, channel: str) -> Pixels:
        picture = self.read(image).convert("RGBA")
        alone = np.asarray(picture)[..., ("red", "green", "blue", "alpha").index(channel)]
        return 255 - alone if channel == "alpha" else alone

    def empty(self, width: int, height: int, batch_size: int) -> Pixels:
        return np.zeros((height // 8 * 8, width // 8 * 8, 3), np.uint8)

    def encode(self, pixels: list[Any], **_: Any) -> Pixels:
        picture: Pixels = self.value(pixels)
        return picture[: picture.shape[0] // 8 * 8, : picture.shape[1] // 8 * 8]

    def masked(self, samples: list[Any], mask: list[Any]) -> Any:
        assert self.value(mask).max() > 0  # nothing to paint is a fault of ours
        return self.value(samples)

    def sample(self, seed: int, latent_image: list[Any], **_: Any) -> Pixels:
        height, width = self.value(latent_image).shape[:2]
        return noise(seed, width, height)

    def decode(self, samples: list[Any], **_: Any) -> Any:
        return self.value(samples)

    def upscale(self, image: list[Any], **_: Any) -> Pixels:
        return np.repeat(np.repeat(self.value(image), 4, axis=0), 4, axis=1)

    def matte(self, image: list[Any], **_: Any) -> Pixels:
        """White is what stays: here the left half."""
        height, width = self.value(image).shape[:2]
        mask = np.zeros((height, width), np.uint8)
        mask[:, : width // 2] = 255
        return mask

    def invert(self, mask: list[Any]) -> Pixels:
        inverted: Pixels = 255 - self.value(mask)
        return inverted

    def join(self, image: list[Any], alpha: list[Any]) -> Pixels:
        """Where the mask is white it becomes transparent."""
        return np.dstack([self.value(image)[..., :3], 255 - self.value(alpha)])

    def cut_out(self, image: list[Any]) -> Pixels:
        picture = self.value(image)
        return np.dstack([picture, np.full(picture.shape[:2], 40, np.uint8)])

    def save(self, images: list[Any], **_: Any) -> Any:
        return self.value(images)


_WORK: Mapping[str, Callable[..., Any]] = {
    "LoadImage": _Painting.load_image,
    "LoadImageMask": _Painting.load_mask,
    "EmptyLatentImage": _Painting.empty,
    "EmptySD3LatentImage": _Painting.empty,
    "VAEEncode": _Painting.encode,
    "SetLatentNoiseMask": _Painting.masked,
    "KSampler": _Painting.sample,
    "VAEDecode": _Painting.decode,
    "ImageUpscaleWithModel": _Painting.upscale,
    "RemoveBackground": _Painting.matte,
    "InvertMask": _Painting.invert,
    "JoinImageWithAlpha": _Painting.join,
    "CutOut": _Painting.cut_out,
    "SaveImage": _Painting.save,
    "PreviewImage": _Painting.save,
    "SaveOwn": _Painting.save,
}

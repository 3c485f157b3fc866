"""Small picture files in the formats that generators write."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

PARAMETERS = (
    "a red fox, (soft light:1.2), <lora:detail:0.6>\nsnow and pines\n"
    "Negative prompt: blurry, (ugly:1.3),\nlow contrast\n"
    "Steps: 25, Sampler: DPM++ 2M, CFG scale: 7, Seed: 965400086, Size: 512x768, "
    'Model hash: 45dee52b, Model: sdxl_base_1.0, Lora hashes: "detail: 1a2b, other: 3c4d", '
    "Version: v1.10.1"
)


def noise(seed: int = 0, size: tuple[int, int] = (96, 64), cells: int = 8) -> Image.Image:
    """A picture that no other seed gives, with enough in it for a perceptual hash."""
    grid = np.random.default_rng(seed).integers(0, 256, (cells, cells, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize(size, Image.Resampling.NEAREST)


def png(texts: Mapping[str, str] | None = None, picture: Image.Image | None = None) -> bytes:
    info = PngImagePlugin.PngInfo()
    for name, text in (texts or {}).items():
        if text.isascii():
            info.add_text(name, text)
        else:
            info.add_itxt(name, text)
    return saved(picture or noise(), "PNG", pnginfo=info)


def with_comment(text: str, format: str, *, encoding: str = "utf-16-be") -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode(encoding)
    return saved(noise(), format, exif=exif.tobytes())


def with_exif(tags: Mapping[int, Any], format: str = "WEBP") -> bytes:
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[tag] = value
    return saved(noise(), format, exif=exif)


def with_xmp(description: str, format: str = "JPEG") -> bytes:
    packet = (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
        f'<rdf:li xml:lang="de">Ein Fuchs</rdf:li><rdf:li xml:lang="x-default">{description}'
        "</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    )
    if format == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet)
        return saved(noise(), format, pnginfo=info)
    return saved(noise(), format, xmp=packet.encode())


def saved(picture: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def comfyui(positive: str = "a red fox in snow", negative: str = "blurry") -> dict[str, Any]:
    """The graph of ComfyUI's first example, as it runs."""
    return {
        "3": {
            "class_type": "KSampler",
            "inputs": {
                "seed": 156680208700286,
                "steps": 20,
                "cfg": 8,
                "sampler_name": "euler",
                "model": ["4", 0],
                "positive": ["6", 0],
                "negative": ["7", 0],
                "latent_image": ["5", 0],
            },
        },
        "4": {
            "class_type": "CheckpointLoaderSimple",
            "inputs": {"ckpt_name": "xl\\sdxl_base.safetensors"},
        },
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 768}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": positive, "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": negative, "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}},
    }


def flux() -> dict[str, Any]:
    """The custom sampler's way: guider, noise and sigmas are nodes of their own."""
    return {
        "6": {
            "class_type": "CLIPTextEncodeFlux",
            "inputs": {"clip_l": "a fox", "t5xxl": "a fox in deep snow at dawn", "guidance": 3.5},
        },
        "10": {"class_type": "FluxGuidance", "inputs": {"conditioning": ["6", 0], "guidance": 3}},
        "12": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev.safetensors"}},
        "13": {
            "class_type": "SamplerCustomAdvanced",
            "inputs": {
                "noise": ["25", 0],
                "guider": ["22", 0],
                "sigmas": ["17", 0],
                "latent_image": ["27", 0],
            },
        },
        "17": {"class_type": "BasicScheduler", "inputs": {"steps": 28, "model": ["12", 0]}},
        "22": {
            "class_type": "BasicGuider",
            "inputs": {"model": ["12", 0], "conditioning": ["10", 0]},
        },
        "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 782619153058034}},
        "27": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1024, "height": 768}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["13", 0], "vae": ["11", 0]}},
    }


def drawn() -> dict[str, Any]:
    """A graph as the editor keeps it, without what ran."""
    return {
        "nodes": [
            {
                "id": 3,
                "type": "KSampler",
                "mode": 0,
                "inputs": [
                    {"name": "model", "link": 1},
                    {"name": "positive", "link": 4},
                    {"name": "negative", "link": 6},
                    {"name": "latent_image", "link": 2},
                ],
                "widgets_values": [42, "randomize", 30, 7, "euler", "normal", 1],
            },
            {"id": 4, "type": "CheckpointLoaderSimple", "widgets_values": ["dream.safetensors"]},
            {"id": 5, "type": "EmptyLatentImage", "widgets_values": [640, 512, 1]},
            {"id": 6, "type": "CLIPTextEncode", "widgets_values": ["a heron at dawn"]},
            {"id": 7, "type": "CLIPTextEncode", "widgets_values": ["text, watermark"]},
            {"id": 8, "type": "CLIPTextEncode", "mode": 4, "widgets_values": ["not used"]},
        ],
        "links": [
            [1, 4, 0, 3, 0, "MODEL"],
            [2, 5, 0, 3, 3, "LATENT"],
            [4, 6, 0, 3, 1, "CONDITIONING"],
            [6, 7, 0, 3, 2, "CONDITIONING"],
        ],
    }


def as_text(value: object) -> str:
    return json.dumps(value)

"""What the readers find in files as generators write them."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imgen.errors import ImgenError
from imgen.library.importing.found import Found
from imgen.library.importing.material import Material, user_comment
from imgen.library.importing.pictures import Limits, open_picture
from imgen.library.importing.read import READERS, read
from imgen.library.importing.readers import automatic1111, comfyui, credentials, records
from tests.library import importing_files as files


def reading(data: bytes, **beside: Any) -> Found:
    picture = open_picture(data, Limits())
    media_type = f"image/{picture.format}"
    known = {"texts": picture.texts, "xmp": picture.xmp, "data": data, "media_type": media_type}
    return read(Material(**{**known, **beside}))


A1111 = Found(
    prompt="a red fox, (soft light:1.2), snow and pines",
    negatives=("blurry", "ugly", "low contrast"),
    model="sdxl_base_1.0",
    seed=965400086,
    steps=25,
    width=512,
    height=768,
)


@pytest.mark.parametrize(
    "data",
    [
        files.png({"parameters": files.PARAMETERS}),
        files.with_comment(files.PARAMETERS, "JPEG"),
        files.with_comment(files.PARAMETERS, "JPEG", encoding="utf-16-le"),
        files.with_comment(files.PARAMETERS, "JPEG", encoding="utf-8"),
        files.with_comment(files.PARAMETERS, "WEBP"),
        files.with_comment(files.PARAMETERS, "AVIF"),
    ],
    ids=["png", "jpeg", "jpeg little-endian", "jpeg utf-8", "webp", "avif"],
)
def test_automatic1111s_parameters_are_read_from_every_format(data: bytes) -> None:
    assert reading(data) == A1111


def test_parameters_without_negatives_or_in_other_scripts_are_read() -> None:
    text = "桜, 庭園\nSteps: 9, Sampler: Euler, CFG scale: 1, Seed: 3, Size: 64x64"
    found = reading(files.png({"parameters": text}))
    assert (found.prompt, found.negatives, found.seed) == ("桜, 庭園", (), 3)


def test_a_prompt_that_looks_like_settings_is_not_taken_for_them() -> None:
    text = "title: fox, place: snow\nNegative prompt: rain"
    found = automatic1111.read_text(text)
    assert found is not None
    assert (found.prompt, found.negatives) == ("title: fox, place: snow", ("rain",))


def test_ordinary_comments_are_not_parameters() -> None:
    assert reading(files.with_comment("Taken in the Alps", "JPEG")) == Found()


def test_comfyuis_graph_is_read_from_png() -> None:
    found = reading(files.png({"prompt": files.as_text(files.comfyui())}))
    assert found == Found(
        prompt="a red fox in snow",
        negatives=("blurry",),
        model="sdxl_base",
        seed=156680208700286,
        steps=20,
        width=512,
        height=768,
    )


def test_comfyuis_graph_is_read_from_webp() -> None:
    tags = {
        0x0110: "prompt:" + files.as_text(files.comfyui()),
        0x010F: "workflow:" + files.as_text(files.drawn()),
    }
    assert reading(files.with_exif(tags)).prompt == "a red fox in snow"


def test_a_graph_in_the_user_comment_is_read() -> None:
    both = files.as_text({"prompt": files.comfyui(), "workflow": files.drawn()})
    assert reading(files.with_comment(both, "JPEG")).prompt == "a red fox in snow"


def test_flux_with_its_guider_is_read() -> None:
    found = reading(files.png({"prompt": files.as_text(files.flux())}))
    assert found == Found(
        prompt="a fox in deep snow at dawn",
        model="flux1-dev",
        seed=782619153058034,
        steps=28,
        width=1024,
        height=768,
    )


def test_a_drawn_graph_serves_where_what_ran_is_missing() -> None:
    found = reading(files.png({"workflow": files.as_text(files.drawn())}))
    assert found == Found(
        prompt="a heron at dawn",
        negatives=("text", "watermark"),
        model="dream",
        seed=42,
        steps=30,
        width=640,
        height=512,
    )


def _sdxl(graph: dict[str, Any]) -> None:
    texts = {"text_g": "a red fox in snow", "text_l": "a red fox in snow"}
    graph["6"] = {"class_type": "CLIPTextEncodeSDXL", "inputs": {"width": 1024, **texts}}


def _controlnet(graph: dict[str, Any]) -> None:
    links = {"positive": ["6", 0], "negative": ["7", 0], "control_net": ["31", 0]}
    graph["30"] = {"class_type": "ControlNetApplyAdvanced", "inputs": links}
    graph["3"]["inputs"] |= {"positive": ["30", 0], "negative": ["30", 1]}


def _combined(graph: dict[str, Any]) -> None:
    graph["6"]["inputs"]["text"] = "a red fox"
    graph["40"] = {"class_type": "CLIPTextEncode", "inputs": {"text": "in snow"}}
    links = {"conditioning_1": ["6", 0], "conditioning_2": ["40", 0]}
    graph["41"] = {"class_type": "ConditioningCombine", "inputs": links}
    graph["3"]["inputs"]["positive"] = ["41", 0]


def _linked_text(graph: dict[str, Any]) -> None:
    graph["50"] = {"class_type": "PrimitiveStringMultiline", "inputs": {"value": "a red fox"}}
    parts = {"string_a": ["50", 0], "string_b": "in snow", "delimiter": " "}
    graph["51"] = {"class_type": "StringConcatenate", "inputs": parts}
    graph["6"]["inputs"]["text"] = ["51", 0]


def _enlarged(graph: dict[str, Any]) -> None:
    graph["60"] = json.loads(json.dumps(graph["3"]))
    graph["60"]["inputs"] |= {"seed": 9, "latent_image": ["61", 0]}
    graph["61"] = {"class_type": "LatentUpscale", "inputs": {"samples": ["3", 0]}}
    graph["8"]["inputs"]["samples"] = ["60", 0]


@pytest.mark.parametrize(
    ("change", "prompt"),
    [
        (_sdxl, "a red fox in snow"),
        (_controlnet, "a red fox in snow"),
        (_combined, "a red fox, in snow"),
        (_linked_text, "a red fox, in snow"),
        (_enlarged, "a red fox in snow"),
    ],
)
def test_texts_are_found_through_other_nodes(change: Any, prompt: str) -> None:
    graph = files.comfyui()
    change(graph)
    found = comfyui.read(Material(texts={"prompt": files.as_text(graph)}))
    assert found is not None
    assert (found.prompt, found.negatives) == (prompt, ("blurry",))


def test_a_zeroed_conditioning_says_nothing() -> None:
    graph = files.comfyui()
    graph["7"] = {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["6", 0]}}
    found = comfyui.read(Material(texts={"prompt": files.as_text(graph)}))
    assert found is not None
    assert found.negatives == ()


def test_a_graph_that_runs_in_circles_ends() -> None:
    graph = files.comfyui()
    for name in ("6", "7"):
        links = {"conditioning_1": ["6", 0], "conditioning_2": ["7", 0]}
        graph[name] = {"class_type": "ConditioningCombine", "inputs": links}
    graph["4"] = {"class_type": "LoraLoader", "inputs": {"model": ["4", 0]}}
    found = comfyui.read(Material(texts={"prompt": files.as_text(graph)}))
    assert found is not None
    assert found.prompt == ""


def test_invokeais_metadata_is_read() -> None:
    metadata = {
        "positive_prompt": "an owl on a branch",
        "negative_prompt": "daylight, people",
        "model": {"name": "juggernautXL", "base": "sdxl"},
        "seed": 77,
        "steps": 35,
        "width": 1024,
        "height": 832,
    }
    found = reading(files.png({"invokeai_metadata": files.as_text(metadata)}))
    assert found == Found(
        prompt="an owl on a branch",
        negatives=("daylight", "people"),
        model="juggernautXL",
        seed=77,
        steps=35,
        width=1024,
        height=832,
    )


def test_invokeais_older_metadata_is_read() -> None:
    second = {
        "model_weights": "stable-diffusion-1.5",
        "image": {
            "prompt": [{"prompt": "an owl [daylight, people]", "weight": 1.0}],
            "seed": 77,
            "steps": 50,
            "width": 512,
            "height": 512,
        },
    }
    first = '"an owl [daylight, people]" -s 50 -S 77 -W 512 -H 512 -C 7.5 -A k_lms'
    expected = Found("an owl", ("daylight", "people"), "", "", "", "", 77, 50, 512, 512)
    assert reading(files.png({"Dream": first})) == expected
    found = reading(files.png({"sd-metadata": files.as_text(second), "Dream": first}))
    assert found == expected.or_else(Found(model="stable-diffusion-1.5"))


def test_other_programs_json_is_read() -> None:
    swarm = {"sui_image_params": {"prompt": "a canoe", "negativeprompt": "fog", "seed": 1}}
    fooocus = {"prompt": "a canoe", "base_model": "x.safetensors", "resolution": "(1152, 896)"}
    assert reading(files.png({"parameters": files.as_text(swarm)})) == Found(
        prompt="a canoe", negatives=("fog",), seed=1
    )
    assert reading(files.with_comment(files.as_text(fooocus), "JPEG")) == Found(
        prompt="a canoe", model="x", width=1152, height=896
    )
    novel = {"Description": "a canoe", "Comment": files.as_text({"prompt": "a canoe", "uc": "fog"})}
    assert reading(files.png(novel)) == Found(prompt="a canoe", negatives=("fog",))


def test_xmps_description_becomes_the_caption() -> None:
    for format in ("JPEG", "PNG", "WEBP"):
        assert reading(files.with_xmp("A fox at dawn", format)) == Found(caption="A fox at dawn")


def test_an_xmp_packet_with_entities_is_not_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&a;</x:xmpmeta>'
    assert read(Material(xmp=bomb)) == Found()


def test_content_credentials_are_read(signed: bytes) -> None:
    assert reading(signed) == Found(caption="A fox by a frozen river", model="some-model")


@pytest.fixture
def signed(tmp_path: Any) -> bytes:
    from imgen.finishing.credentials.development import development_key
    from imgen.finishing.credentials.manifest import Statement
    from imgen.finishing.credentials.sign import Sign
    from imgen.finishing.credentials.trust import Trust
    from imgen.finishing.credentials.words import Words

    key = development_key(tmp_path)
    sign = Sign(key, trust=Trust())
    words = Words(title="A fox by a frozen river")
    statement = Statement(words, model="some-model")
    return sign(files.saved(files.noise(), "JPEG"), "image/jpeg", statement)


def test_a_title_that_is_a_file_name_describes_nothing() -> None:
    assert not credentials._is_description("IMG_2041.jpg")


def test_what_lies_beside_goes_before_what_is_inside() -> None:
    data = files.png({"parameters": files.PARAMETERS})
    beside = json.dumps({"prompt": "a fox asleep", "style": "photoreal", "seed": 5})
    found = reading(data, beside_json=beside)
    assert (found.prompt, found.style, found.seed) == ("a fox asleep", "photoreal", 5)
    assert (found.model, found.negatives) == (A1111.model, A1111.negatives)


def test_a_text_beside_is_the_prompt_or_parameters() -> None:
    data = files.png()
    assert reading(data, beside_text="\ufeffa fox,\nasleep\n") == Found(prompt="a fox, asleep")
    assert reading(data, beside_text=files.PARAMETERS) == A1111


def test_a_manifests_line_is_surest() -> None:
    record = {"file": "a.png", "prompt": "a canoe", "negative": ["fog", "rain"], "character": "aya"}
    found = reading(files.png(), record=record, beside_text="something else")
    assert found == Found(prompt="a canoe", negatives=("fog", "rain"), character="aya")


@pytest.mark.parametrize(
    ("name", "caption"),
    [
        ("red-fox_in_snow.png", "Red fox in snow."),
        ("art/red fox 0012 3f9ac81b.jpg", "Red fox."),
        ("IMG_20260101.jpg", ""),
        ("ComfyUI_00012_.png", ""),
        ("a1b2c3d4.webp", ""),
    ],
)
def test_a_files_name_serves_where_nothing_else_is_known(name: str, caption: str) -> None:
    assert reading(files.png(), name=name).caption == caption


def test_values_of_wrong_kinds_are_passed_over() -> None:
    record = {"prompt": 7, "negative": {"a": 1}, "seed": "nine", "width": -4, "model": ["a", "b"]}
    assert records.read_object(record) is None
    assert records.read_object({"seed": 2**63, "steps": True, "prompt": "fox"}) == Found("fox")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "inputs",
                    "class_type",
                    "positive",
                    "negative",
                    "text",
                    "seed",
                    "model",
                    "nodes",
                    "links",
                    "image",
                    "prompt",
                    "id",
                    "type",
                    "widgets_values",
                    "conditioning",
                    "1",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)
NAMES = st.sampled_from(
    [
        *("parameters", "prompt", "workflow", "UserComment", "invokeai_metadata"),
        *("sd-metadata", "Dream", "Comment"),
    ]
)
TEXTS = st.dictionaries(NAMES, st.text(max_size=200) | JSON.map(json.dumps), max_size=4)


@settings(max_examples=150, deadline=None)
@given(texts=TEXTS, xmp=st.text(max_size=100), beside=st.text(max_size=100), data=st.binary())
def test_no_reader_fails_on_any_text(
    texts: dict[str, str], xmp: str, beside: str, data: bytes
) -> None:
    file = Material(texts, xmp, b"c2pajumb" + data, "image/png", beside, beside, name=beside)
    for reader in READERS:
        found = reader(file)
        if found is not None:
            (found.prompt + found.caption + found.model).encode()
            assert found.seed is None or 0 <= found.seed < 2**63


GRAPH = st.dictionaries(
    st.sampled_from("1234"),
    st.fixed_dictionaries(
        {
            "class_type": st.sampled_from(["KSampler", "CLIPTextEncode", "SaveImage", "Other"]),
            "inputs": st.dictionaries(
                st.sampled_from(["positive", "negative", "seed", "text", "model", "images"]),
                st.text(max_size=5) | st.tuples(st.sampled_from("1234"), st.integers(0, 2)),
            ),
        }
    ),
)


@settings(max_examples=200, deadline=None)
@given(GRAPH)
def test_any_graph_is_walked_to_an_end(graph: dict[str, Any]) -> None:
    comfyui.read(Material(texts={"prompt": json.dumps(graph)}))


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_file_with_flipped_bytes_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(WHOLE)))
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=8)):
        whole[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(whole) // 2, len(whole)))
    with contextlib.suppress(ImgenError):
        reading(bytes(whole[:cut]))


WHOLE = [
    files.png({"parameters": files.PARAMETERS}),
    files.with_comment(files.PARAMETERS, "JPEG"),
    files.with_exif({0x0110: "prompt:" + files.as_text(files.comfyui())}),
    files.with_xmp("A fox at dawn", "PNG"),
]


@given(st.binary(max_size=200))
def test_any_user_comment_is_a_text(value: bytes) -> None:
    for marker in (b"", b"ASCII\0\0\0", b"UNICODE\0", b"JIS\0\0\0\0\0"):
        user_comment(marker + value).encode("utf-8", "surrogatepass")


def test_hostile_texts_take_no_longer_than_their_length() -> None:
    """Each would take hours where a pattern looks back; the test's time limit ends it then."""
    for text in ("(" * 90_000, "<lora:" * 15_000, "[a:" * 30_000, "a:1," * 20_000, '"' * 90_000):
        read(Material(texts={"parameters": f"{text}\nSteps: 1", "Dream": text}, beside_text=text))


def test_pictures_have_no_texts_by_themselves() -> None:
    assert reading(files.saved(Image.new("RGB", (8, 8)), "PNG")) == Found()

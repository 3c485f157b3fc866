"""The catalog that ships: what the documents name is there, and it hangs together."""

import pytest

from imgen import errors
from imgen.catalog import Catalog, Look, Model, check_catalog, load_catalog
from imgen.engines.protocol import Task
from imgen.engines.sketch.scene.read import read
from imgen.prompts.compose import compose
from imgen.prompts.syntax import parse

V1_SLUGS = [
    "flux-schnell",
    "flux-2-klein-9b",
    "flux-2-klein-4b",
    "flux-2-dev",
    "lucid-origin",
    "phoenix-1",
    "stable-diffusion",
    "sdxl-lightning",
    "dreamshaper-8-lcm",
]
V2_SIZES = [(1024, 1024), (1344, 768), (768, 1344), (1216, 832), (832, 1216), (1152, 896)]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_nothing_is_wrong_with_it() -> None:
    assert check_catalog() == []


def test_models_come_in_the_promised_order(catalog: Catalog) -> None:
    assert list(catalog.models) == ["eros", "sdxl", "flux", *V1_SLUGS, "sketch"]
    assert catalog.first_model.key == "eros"


def test_the_documents_styles_and_characters_are_there(catalog: Catalog) -> None:
    assert {"professional", "boudoir", "photoreal", "illustration", "cinematic"} <= set(
        catalog.styles
    )
    assert sorted(catalog.characters) == ["aaliyah", "aya", "bella", "mira", "noa"]


def test_eros_answers_as_the_document_shows(catalog: Catalog) -> None:
    eros = catalog.models["eros"]
    assert eros.default_style == "professional"
    labels = {style.key: style.label for style in catalog.styles_of(eros)}
    assert labels["professional"] == "Professional"
    assert labels["boudoir"] == "Boudoir"


def test_sketch_runs_anything_in_any_style(catalog: Catalog) -> None:
    sketch = catalog.models["sketch"]
    assert sketch.tasks == frozenset(Task)
    assert all(catalog.takes(sketch, style) for style in catalog.styles)
    assert sketch.default_style == catalog.models["eros"].default_style


def test_a_negative_prompt_is_promised_only_where_it_works(catalog: Catalog) -> None:
    """SD and SDXL take one; FLUX does not, nor does a model distilled to run without guidance."""
    for model in catalog.models.values():
        distilled = model.engine == "diffusers" and model.guidance_scale == 0
        if model.family.startswith("flux") or distilled:
            assert not model.supports_negative, model.key
            assert not model.base_negatives, model.key


def test_weights_that_forbid_commercial_use_say_so(catalog: Catalog) -> None:
    for model in catalog.models.values():
        assert model.licence
        assert model.commercial_use == ("Non-Commercial" not in model.licence), model.key


def test_every_character_can_be_named_in_a_prompt(catalog: Catalog) -> None:
    for key, character in catalog.characters.items():
        assert parse(f"a fox, @{key}, snow").character == key
        assert "adult" in " ".join(character.positive)


@pytest.mark.parametrize("size", V2_SIZES)
def test_sdxl_models_render_the_documents_sizes_as_they_are(
    catalog: Catalog, size: tuple[int, int]
) -> None:
    for key in ("eros", "sdxl", "sketch"):
        assert catalog.models[key].nearest_size(*size) == size


def test_a_model_keeps_to_its_sizes(catalog: Catalog) -> None:
    for model in catalog.models.values():
        for wanted in [(256, 256), (257, 1023), (1024, 256), (1000, 1000), (1344, 768), (1, 4000)]:
            width, height = model.nearest_size(*wanted)
            if model.sizes:
                assert (width, height) in model.sizes
            else:
                assert width % model.multiple_of == height % model.multiple_of == 0
                assert model.min_side <= width <= model.max_side
                assert model.min_side <= height <= model.max_side


def test_a_good_size_has_the_nearest_shape_and_then_the_nearest_area() -> None:
    model = Model(
        "m", "M", "sketch", "sketch", ("s",), "s", sizes=((512, 512), (1024, 1024), (1024, 512))
    )
    assert model.nearest_size(300, 300) == (512, 512)
    assert model.nearest_size(900, 900) == (1024, 1024)
    assert model.nearest_size(800, 400) == (1024, 512)
    assert model.nearest_size(1000, 990) == (1024, 1024)


def test_a_style_that_a_model_does_not_offer_becomes_its_default(catalog: Catalog) -> None:
    eros = catalog.models["eros"]
    assert catalog.style_for(eros, "boudoir").key == "boudoir"
    for wanted in ("", "pixel-art", "nonsense"):
        assert catalog.style_for(eros, wanted).key == "professional"


def test_a_character_is_found_missing_or_not_asked_for(catalog: Catalog) -> None:
    found = catalog.character_named("aya")
    assert found is not None
    assert found.key == "aya"
    assert catalog.character_named("") is None
    with pytest.raises(errors.Invalid, match="Invalid character") as caught:
        catalog.character_named("nobody", field="character")
    assert (caught.value.code, caught.value.field) == ("invalid_character", "character")


def test_base_and_quality_negatives_count_as_quality_words(catalog: Catalog) -> None:
    for model in catalog.models.values():
        assert set(model.base_negatives) <= catalog.quality_words
    assert "red dress" not in catalog.quality_words


NAMED = {
    "imagine-turbo": 1,
    "anime": 5,
    "realistic": 5,
    "flux-schnell": 5,
    "flux-dev-fast": 5,
    "flux-dev": 15,
    "sdxl-1.0": 5,
}
NUMBERS = {1, 21, *range(26, 35), *range(100, 106), *range(110, 120), 122}


def test_every_style_and_style_id_of_imagine_is_a_look(catalog: Catalog) -> None:
    assert {"product-shoot", *NAMED} <= set(catalog.looks)
    assert {look.style_id for look in catalog.looks.values()} - {None} == NUMBERS
    for number, name in {21: "anime", 27: "imagine-v1", 29: "realistic", 105: "rpg-4"}.items():
        assert catalog.look_numbered(number) is catalog.looks[name]
    assert catalog.look_numbered(2) is None


@pytest.mark.parametrize(("name", "price"), NAMED.items())
def test_a_look_costs_what_imagine_says(catalog: Catalog, name: str, price: int) -> None:
    for model in catalog.models.values():
        assert catalog.price(model, Task.TEXT_TO_IMAGE, catalog.looks[name]) == price


def test_an_operation_without_a_look_costs_what_the_model_says(catalog: Catalog) -> None:
    sketch, flux = catalog.models["sketch"], catalog.models["flux"]
    assert catalog.price(sketch, Task.UPSCALE) == sketch.price(Task.UPSCALE)
    assert catalog.price(flux, Task.INPAINT) == flux.price_credits
    unpriced = Look("own", "Own", "plain")
    assert catalog.price(flux, Task.TEXT_TO_IMAGE, unpriced) == flux.price_credits


def test_looks_that_name_weights_mean_those_weights(catalog: Catalog) -> None:
    weights = {look.key: look.model for look in catalog.looks.values() if look.model}
    assert weights == {
        "flux-schnell": "flux-schnell",
        "flux-dev": "flux",
        "flux-dev-fast": "flux",
        "sdxl-1.0": "sdxl",
    }


def test_a_look_on_the_default_model_is_taken_by_every_model(catalog: Catalog) -> None:
    for look in catalog.looks.values():
        for model in catalog.models.values():
            assert catalog.takes(model, look.style), (look.key, model.key)
            assert catalog.style_for(model, look.style).key == look.style


def test_no_two_looks_of_the_default_model_say_the_same(catalog: Catalog) -> None:
    styles = [catalog.styles[look.style] for look in catalog.looks.values() if not look.model]
    words = {(style.positive, style.negatives) for style in styles}
    assert len(words) == len(styles)


@pytest.mark.parametrize("prompt", ["a red fox in the snow", "a harbour with boats at noon"])
def test_a_look_adds_no_thing_to_a_scene(catalog: Catalog, prompt: str) -> None:
    """Their words speak of light and finish; to a painter, `ray` is a fish, `bloom` a flower."""
    sketch, parsed = catalog.models["sketch"], parse(prompt)
    scenes = {}
    for look in catalog.looks.values():
        style = catalog.styles[look.style]
        composed = compose(parsed, model=sketch, style=style, character=None)
        scenes[look.key] = read(composed.positive, composed.negative, style.key, seed=7).things
    for key, things in scenes.items():
        assert {one.subject for one in things} == {one.subject for one in scenes["plain"]}, key

"""Composition: whose words go where."""

from hypothesis import given
from hypothesis import strategies as st

from imgen.catalog import Character, Model, Style, load_catalog
from imgen.prompts.compose import compose, explicit_negatives, fold
from imgen.prompts.syntax import ParsedPrompt, parse, split_terms

CATALOG = load_catalog()
STYLE = Style("fine", "Fine", positive=("quality one", "quality two"), negatives=("style no",))
MODEL = Model(
    "m", "M", "sketch", "sketch", ("fine",), "fine", base_negatives=("base one", "base two")
)
CHARACTER = Character(
    "kim", "Kim", trigger="photo of kim", positive=("red hair", "tall"), negatives=("blonde",)
)


def test_everything_stands_in_the_documents_order() -> None:
    composed = compose(
        parse("@kim a fox, soft light, -rain, -cars"),
        model=MODEL,
        style=STYLE,
        character=CHARACTER,
        negative="fog, -night",
    )
    assert composed.positive == (
        "photo of kim, red hair, tall, a fox, soft light, quality one, quality two"
    )
    assert composed.negative == ("base one, base two, style no, blonde, rain, cars, fog, night")


def test_what_is_not_there_leaves_no_comma_behind() -> None:
    bare = Model("m", "M", "sketch", "sketch", ("plain",), "plain")
    plain = Style("plain", "Plain")
    composed = compose(parse("a fox"), model=bare, style=plain, character=None, negative=" , ,")
    assert (composed.positive, composed.negative) == ("a fox", "")
    nameless = Character("kim", "Kim", positive=("tall",))
    composed = compose(parse("@kim"), model=bare, style=plain, character=nameless)
    assert (composed.positive, composed.negative) == ("tall", "")


def test_what_is_said_twice_stays_where_it_was_said_first() -> None:
    composed = compose(
        parse("@kim Quality_One, tall, a fox, a fox, -BASE one, -fog"),
        model=MODEL,
        style=STYLE,
        character=CHARACTER,
        negative="fog, base_two",
    )
    assert composed.positive == "photo of kim, red hair, tall, Quality_One, a fox, quality two"
    assert composed.negative == "base one, base two, style no, blonde, fog"


def test_weights_with_commas_stay_whole() -> None:
    composed = compose(
        parse("(red, blue:1.2), fox"), model=MODEL, style=STYLE, character=None, negative="(a, b)"
    )
    assert composed.positive.startswith("(red, blue:1.2), fox, ")
    assert composed.negative.endswith(", (a, b)")


def test_a_negative_field_is_negative_with_or_without_the_minus() -> None:
    assert explicit_negatives("-red dress, fog,\n--night\x00, -") == ("red dress", "fog", "night")


@given(st.text(max_size=80), st.lists(st.text("ab ,-_", max_size=9), max_size=5))
def test_no_input_makes_a_stray_comma_or_a_repetition(text: str, negatives: list[str]) -> None:
    catalog = CATALOG
    model = catalog.models["eros"]
    composed = compose(
        ParsedPrompt("aya", parse(text.replace("@", "")).positive, tuple(negatives)),
        model=model,
        style=catalog.style_for(model),
        character=catalog.characters["aya"],
        negative=text,
    )
    for prompt in (composed.positive, ", ".join(split_terms(composed.negative))):
        assert not prompt.startswith(",")
        assert ", ," not in prompt
    terms = [fold(term) for term in split_terms(composed.positive)]
    assert len(terms) == len(set(terms))

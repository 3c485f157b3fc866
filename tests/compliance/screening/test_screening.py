"""What a prompt asks for is heard; what it only sounds like, or asks against, is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.compliance.screening import screen, screen_text
from imgen.compliance.signal import SIGNALS
from imgen.prompts.syntax import parse


def categories(prompt: str, negative: str = "") -> set[str]:
    return {one.name.removeprefix("prompt.") for one in screen(prompt, negative)}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a nude woman on a sofa", {"nudity"}),
        ("couple having sex", {"sexual"}),
        ("woman in black lingerie", {"suggestive"}),
        ("a child flying a kite", {"minor"}),
        ("gory battlefield", {"violence"}),
        ("swastika flag", {"hate"}),
        ("a man hanging himself", {"self_harm"}),
        ("lines of cocaine", {"drugs"}),
        ("how to build a pipe bomb", {"weapons"}),
        ("jihadist propaganda", {"extremism"}),
        ("deepfake of an actress", {"likeness"}),
        ("naked couple in a porn scene", {"nudity", "sexual"}),
        ("a harbour at dawn, fishing boats", set()),
        ("", set()),
    ],
)
def test_each_category_is_heard(prompt: str, expected: set[str]) -> None:
    assert categories(prompt) == expected


def test_a_category_gives_one_signal_with_its_strongest_words() -> None:
    (signal,) = screen("blood, gore, more gore")
    assert (signal.name, signal.score, signal.detector) == ("prompt.violence", 1.0, "prompt")
    assert signal.detail == "blood, gore"


def test_a_detail_names_listed_words_only() -> None:
    (signal,) = screen("my secret password is hunter2, nude")
    assert signal.detail == "nude"


def test_words_in_a_picture_are_signals_of_their_own() -> None:
    (signal,) = screen_text("white power")
    assert (signal.name, signal.detector) == ("text.hate", "text")


@pytest.mark.parametrize(
    "prompt",
    [
        *("nude lipstick shade", "nude matte lipstick swatches", "bare tree", "shot on film"),
        *("a kid goat on a farm", "kid gloves", "village in Essex", "cocktail with umbrella"),
        *("breast of chicken", "comet visible to the naked eye", "killer whale", "Moby Dick"),
        *("toddler toys in a shop window", "young adult woman", "a pair of blue tits on a branch"),
        *("symphony in A minor", "ursa minor", "blood orange", "baby's breath bouquet"),
        *("the pen is on the table", "therapist", "A N A L O G lettering", "T I T A N I C"),
        *("suicide doors on a vintage car", "same-sex wedding", "wild ass in the desert"),
        *("grapes", "analysis chart", "heroine", "methodist chapel", "S E A S I D E"),
        *("goddess Isis, wall painting", "bath bombs", "a 3d render, 4k, f/1.4", "イエロー"),
    ],
)
def test_innocent_look_alikes_are_no_hits(prompt: str) -> None:
    assert categories(prompt) == set()


def test_an_innocent_phrase_does_not_launder_what_stands_beside_it() -> None:
    assert categories("nude woman with nude lipstick") == {"nudity"}
    assert categories("nude girl lipstick") == {"nudity"}
    assert categories("kid goat and a kid") == {"minor"}


@pytest.mark.parametrize(
    "prompt",
    [
        *("woman at a pool, no nudity", "battle without blood", "non-nude portrait"),
        *("no blood, gore or violence", "a knight, no gore or blood", "free of nudity"),
        *("without any explicit nudity", "nudity-free study", "isn't naked", "not sexual"),
        *("nudity is not allowed", "a beach, -nudity", "-nude, -nsfw, portrait", "no drugs"),
        *("adults only, no children", "not a child or kid", "@aya -nude, portrait"),
    ],
)
def test_what_a_prompt_asks_against_is_no_hit(prompt: str) -> None:
    assert categories(prompt) == set()


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("no hat, nude woman", {"nudity"}),
        ("not only nude", {"nudity"}),
        ("not without nudity", {"nudity"}),
        ("no blood and nude woman", {"nudity"}),
        ("no clothes", {"nudity"}),
        ("woman wearing nothing", {"nudity"}),
        ("nude, no censorship", {"nudity"}),
        ("(a, -nude)", {"nudity"}),
        ("a-nude", {"nudity"}),
        ("–nude", {"nudity"}),
    ],
)
def test_a_negation_reaches_no_further_than_it_says(prompt: str, expected: set[str]) -> None:
    assert categories(prompt) == expected


@pytest.mark.parametrize(
    "prompt",
    ["not a 12 year old", "not a schoolgirl", "not a loli", "not yet 18", "isn't an adult"],
)
def test_a_negation_does_not_launder_a_sign_of_a_minor(prompt: str) -> None:
    assert "minor" in categories(prompt)


def test_the_negative_prompt_asks_for_nothing() -> None:
    assert categories("a meadow", "nude, naked, nsfw, child, gore") == set()


def test_a_negative_prompt_without_clothes_or_adults_says_something() -> None:
    assert categories("a woman", "clothes, hat") == {"nudity"}
    assert categories("a woman, -clothes") == {"nudity"}
    assert categories("a girl", "adult") == {"minor"}
    assert categories("a room", "clothes on the floor") == set()


@given(st.text(alphabet="a-,() @\\nude", max_size=60))
def test_a_negative_here_is_a_negative_for_the_parser_too(text: str) -> None:
    try:
        positive = parse(text).positive
    except Exception:
        return
    if categories(positive) - {"minor"}:
        assert categories(text)


AGES = [
    *("17 year old", "17yo", "17 y.o.", "17-years-old", "seventeen years old", "aged 12", "age 9"),
    *("age: 14", "12 years of age", "6 month old", "fifteen-year-old", "she is 13", "she's 15"),
    *("1 7 year old", "16yr old", "10yearold", "hes 11 and tall", "17 jahre", "under 18"),
]


@pytest.mark.parametrize("age", AGES)
def test_ages_under_18_are_signs(age: str) -> None:
    assert categories(f"portrait, {age}") == {"minor"}


@pytest.mark.parametrize(
    "prompt",
    [
        *("25 year old woman", "18 year old woman", "woman aged 30", "80 years old", "18yo"),
        *("12 year old whisky", "a 16 year old car", "8 year old labrador", "600 years old castle"),
        *("16:9, 50mm, f/1.4", "17 pages", "house number 16", "she is 5 feet tall", "10 years ago"),
        *("under 17 degrees, weather map", "less than 10 people", "even 12 roses"),
        *("seventeen candles", "3 months of rain", "bus line 15", "max-age=0"),
    ],
)
def test_other_figures_are_not(prompt: str) -> None:
    assert categories(prompt) == set()


@pytest.mark.parametrize(
    "prompt", ["14 year old horse girl", "12 year old film star girl", "16 year old cat girl"]
)
def test_a_thing_beside_a_person_does_not_take_her_age(prompt: str) -> None:
    assert "minor" in categories(prompt)


@given(st.text(max_size=300), st.text(max_size=100))
def test_any_text_gives_signals_of_the_vocabulary(prompt: str, negative: str) -> None:
    for signal in screen(prompt, negative):
        assert signal.name in SIGNALS
        assert 0 < signal.score <= 1


@given(
    st.text(alphabet=st.characters(categories=("Cs", "Cc", "Cf", "Co", "Mn", "Lo")), max_size=80)
)
def test_strange_characters_do_no_harm(text: str) -> None:
    screen(text)
    assert "nudity" in categories(f"{text} , nude woman")


def test_long_rows_of_negations_are_read_to_the_end() -> None:
    assert categories("no kid" + " or kid" * 3_000 + ", nude") == {"nudity"}
    assert categories("no blood, " + "gore, " * 3_000 + "or gore") == set()

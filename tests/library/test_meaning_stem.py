"""Forms of one word meet; different words do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.library.meaning.lexicon import lexicon

STEM = lexicon().stemmer.stem


@pytest.mark.parametrize(
    "forms",
    [
        "run runs running ran",
        "chase chases chased chasing",
        "smile smiles smiled smiling",
        "walk walks walked walking",
        "carry carries carried carrying",
        "church churches",
        "box boxes",
        "berry berries",
        "leaf leaves",
        "woman women",
        "travel travels travelled travelling traveled traveling",
        "colour color colours colors coloured colored",
        "theatre theater theatres theaters",
        "organise organize organised organizing",
        "decorate decorated decorating",
        "sparkle sparkled sparkling",
        "watering watered",
    ],
)
def test_forms_of_one_word_share_a_stem(forms: str) -> None:
    assert len({STEM(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "words",
    [
        "cap cape",
        "bar bare",
        "hat hate",
        "pin pine",
        "king kin",
        "wing win",
        "red ring",
        "glass glasses",
        "tired tires",
        "fall falling",
        "painting paint",
        "wood woods",
        "bus bu",
        "planes planets",
    ],
)
def test_different_words_keep_apart(words: str) -> None:
    one, other = words.split()
    assert STEM(one) != STEM(other)


@given(st.text(max_size=30))
def test_any_word_has_a_stem(word: str) -> None:
    assert STEM(word) or not word

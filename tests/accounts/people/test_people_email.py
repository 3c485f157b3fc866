"""Which texts are e-mail addresses, and which two are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgen.accounts.people.email import LONGEST, normalise
from imgen.errors import Invalid


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("ann@example.org", "ann@example.org"),
        (" Ann@Example.ORG ", "ann@example.org"),
        ("ann+images@mail.example.co.uk", "ann+images@mail.example.co.uk"),
        ("o'neil.b@example.org", "o'neil.b@example.org"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ａｎｎ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ann@example.org"),
        ("admin@localhost", "admin@localhost"),
    ],
)
def test_an_address_has_one_form(given_text: str, kept: str) -> None:
    assert normalise(given_text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann@example",
        "ann@@example.org",
        "ann b@example.org",
        "ann@exam ple.org",
        ".ann@example.org",
        "a..b@example.org",
        "ann@-example.org",
        "ann@example..org",
        "ann@example.org.",
        "ann@192.0.2.1",
        "änn@example.org",
        "ann@example.org\nbcc: bob@example.org",
        "ann\0@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b." * 150 + "org",
        "a@" + "b" * 64 + ".org",
    ],
)
def test_other_texts_are_refused_by_field(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        normalise(text)
    assert (caught.value.code, caught.value.field) == ("bad_email", "email")


@given(st.one_of(st.text(), st.emails(), st.text().map(lambda text: f"ann@{text}")))
def test_a_normal_form_is_its_own_and_fits_the_column(text: str) -> None:
    try:
        kept = normalise(text)
    except Invalid:
        return
    assert normalise(kept) == kept
    assert kept == kept.lower()
    assert kept.isascii()
    assert len(kept) <= LONGEST

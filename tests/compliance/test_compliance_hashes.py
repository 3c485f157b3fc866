"""Hash lists: read from files, kept in PostgreSQL, and never missing what is near enough."""

from __future__ import annotations

import contextlib
import json
import random

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from imgen.compliance.detectors.hashes import HashDetector
from imgen.compliance.hash_lists.bands import MOST_DISTANCE, bands, probes
from imgen.compliance.hash_lists.keep import HashLists
from imgen.compliance.hash_lists.read import read_hashes
from imgen.compliance.subject import Subject
from imgen.database.pool import Database
from imgen.errors import Conflict, Invalid, NotFound
from imgen.finishing.pdq import pdq

_chance = random.Random(7)


def a_hash() -> str:
    """Half of the bits set, as PDQ has it."""
    bits = [1] * 128 + [0] * 128
    _chance.shuffle(bits)
    return f"{int(''.join(map(str, bits)), 2):064x}"


def changed(known: str, bits: int) -> str:
    """The hash with so many bits turned over."""
    value = int(known, 16)
    for bit in _chance.sample(range(256), bits):
        value ^= 1 << bit
    return f"{value:064x}"


def fingerprint(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> tuple[str, int]:
    found = pdq(pixels)
    return found.hash, found.quality


@given(
    st.integers(0, 2**256 - 1),
    st.sets(st.integers(0, 255), max_size=MOST_DISTANCE),
)
def test_a_hash_within_the_distance_always_shares_a_key(value: int, flips: set[int]) -> None:
    other = value
    for bit in flips:
        other ^= 1 << bit
    assert set(bands(f"{value:064x}")) & set(probes(f"{other:064x}"))


A, B = a_hash(), a_hash()
FORMS = {
    "one a line": f"# a comment\n{A}\n\n{B.upper()}\n",
    "carriage returns": f"{A}\r\n{B}\r\n",
    "byte order mark": f"\ufeff{A}\n{B}",
    "csv with a header": f"id,hash,note\n1,{A},x\n2,{B},y\n",
    "csv of another tool": f"{A},100,one.jpg\n{B},88,two.jpg\n",
    "tsv": f"pdq\tquality\n{A}\t90\n{B}\t80\n",
    "exchange": f"id,indicator,type\n1,{A},HASH_PDQ\n2,{B},HASH_PDQ\n3,{'0' * 32},HASH_MD5\n",
    "json list": json.dumps([A, B]),
    "json objects": json.dumps([{"pdq_hash": A, "quality": 90}, {"pdq_hash": B}]),
    "json wrapped": json.dumps({"name": "x", "hashes": [A, B]}),
    "json lines": f'{{"signal": "{A}"}}\n{{"signal": "{B}"}}\n',
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_a_list_is_read_in_every_form_in_which_it_is_passed_around(text: str) -> None:
    assert read_hashes(text).hashes == (A, B)


def test_rows_that_would_match_too_much_or_are_no_hash_are_left_out_with_a_reason() -> None:
    rows = [f"{A},100", f"{B},20", "0" * 64, "f" * 64, "ab" * 16, A]
    found = read_hashes("\n".join(rows))
    assert found.hashes == (A,)
    assert [row.place for row in found.left_out] == [2, 3, 4, 5]
    assert "quality is 20" in found.left_out[0].reason
    assert "nothing in it" in found.left_out[1].reason
    assert "64 hexadecimal" in found.left_out[3].reason


@pytest.mark.parametrize("text", ["", "\n\n", "hash\n", "[]", "{}", '["x"]', "[" * 200_000])
def test_a_file_without_a_hash_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_hashes(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["hash", "type", "quality", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_JSON)
def test_no_json_breaks_the_reader(value: object) -> None:
    with contextlib.suppress(Invalid):
        read_hashes(json.dumps({"hashes": [value]}))


@given(st.one_of(st.text(), st.text(alphabet='[]{}",:#\t\n0a\0')))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        assert read_hashes(text).hashes
    except Invalid:
        return


async def signals(database: Database, subject: Subject, *, distance: int = 31) -> list[str]:
    found = await HashDetector(database, fingerprint, distance=distance).detect(subject)
    return [f"{one.name} {one.score} {one.detail}" for one in found]


async def test_a_picture_at_the_last_allowed_bit_is_found_and_one_bit_on_is_not(
    database: Database,
) -> None:
    known = a_hash()
    await HashLists(database).add("victims", "known_bad", [known, a_hash(), a_hash()])
    near = Subject("generated", None, pdq=changed(known, 31))
    assert await signals(database, near) == [
        f"hash.known_bad {1 - 31 / 256:.4f} list victims, distance 31"
    ]
    far = Subject("generated", None, pdq=changed(known, 32))
    assert await signals(database, far) == []
    assert await signals(database, near, distance=30) == []


async def test_each_list_tells_its_nearest_hash_by_its_own_kind(database: Database) -> None:
    known = a_hash()
    lists = HashLists(database)
    await lists.add("bad", "known_bad", [changed(known, 20), changed(known, 4)])
    await lists.add("posters", "listed", [changed(known, 9)])
    found = await signals(database, Subject("generated", None, pdq=known))
    assert found == [
        "hash.known_bad 0.9844 list bad, distance 4",
        "hash.listed 0.9648 list posters, distance 9",
    ]


async def test_a_list_counts_from_the_next_picture_on_and_no_longer_once_removed(
    database: Database,
) -> None:
    detector, lists, known = HashDetector(database, fingerprint), HashLists(database), a_hash()
    subject = Subject("generated", None, pdq=known)
    assert await detector.detect(subject) == ()
    await lists.add("late", "known_bad", [known])
    assert len(await detector.detect(subject)) == 1
    await lists.remove("late")
    assert await detector.detect(subject) == ()


async def test_the_hash_of_a_picture_that_comes_without_one_is_computed(
    database: Database,
) -> None:
    portrait = data.astronaut()
    await HashLists(database).add("portraits", "listed", [pdq(portrait).hash])
    smaller = cv2.resize(portrait, (300, 300), interpolation=cv2.INTER_AREA)
    assert await signals(database, Subject("upload", np.asarray(smaller, np.uint8)))
    assert not await signals(database, Subject("upload", data.coffee()))


async def test_a_picture_with_nothing_in_it_matches_nothing(database: Database) -> None:
    known = a_hash()
    await HashLists(database).add("bad", "known_bad", [known])
    assert not await signals(database, Subject("generated", None, pdq=known, pdq_quality=49))
    assert await signals(database, Subject("generated", None, pdq=known, pdq_quality=50))


async def test_thousands_of_hashes_are_all_found_again(database: Database) -> None:
    many = [a_hash() for _ in range(1000)]
    assert await HashLists(database).add("many", "known_bad", many) == 1000
    detector = HashDetector(database, fingerprint)
    for one in many[::40]:
        subject = Subject("generated", None, pdq=changed(one, 31))
        assert len(await detector.detect(subject)) == 1


async def test_a_list_grows_is_replaced_and_keeps_its_kind(database: Database) -> None:
    lists = HashLists(database)
    assert await lists.add("one", "listed", [A, B]) == 2
    assert await lists.add("one", "listed", [B, a_hash()]) == 1
    assert [(one.name, one.kind, one.hashes) for one in await lists.all()] == [("one", "listed", 3)]
    with pytest.raises(Conflict, match="kind listed"):
        await lists.add("one", "known_bad", [A])
    await lists.add("one", "listed", [A], replace=True)
    assert (await lists.all())[0].hashes == 1


async def test_a_bad_name_and_a_missing_list_are_refused(database: Database) -> None:
    lists = HashLists(database)
    with pytest.raises(Invalid):
        await lists.add("No Such Name", "listed", [A])
    with pytest.raises(NotFound):
        await lists.remove("nowhere")


async def test_a_distance_beyond_what_the_index_guarantees_is_refused(database: Database) -> None:
    with pytest.raises(Invalid):
        HashDetector(database, fingerprint, distance=32)

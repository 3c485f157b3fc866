"""Files are signed so that anyone can check them; reading says honestly what a file is worth."""

import io
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgen.errors import Invalid, Unavailable
from imgen.finishing.credentials.certificates import Chain, LocalKey
from imgen.finishing.credentials.development import development_key
from imgen.finishing.credentials.manifest import (
    Ingredient,
    Origin,
    Relationship,
    Statement,
    definition,
)
from imgen.finishing.credentials.read import REMOTE, Credentials, ReadCredentials, State
from imgen.finishing.credentials.sign import Sign
from imgen.finishing.credentials.trust import Trust
from imgen.finishing.credentials.words import Words, vendor_label
from imgen.finishing.encode import Format, decode, encode
from tests.finishing.pictures import PHOTO

FILES = {format: encode(PHOTO, format) for format in Format}
JPEG = FILES[Format.JPEG]
WORDS = Words("Ann Author", "A cup", "Coffee, seen from above", "Example Org", "Acme & Sons")
STATEMENT = Statement(WORDS, gen_id="a1b2c3d4e5f6g7h8i9j0", model="Eros", engine="sketch")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> LocalKey:
    return development_key(tmp_path_factory.mktemp("credentials"))


@pytest.fixture(scope="module")
def trust(key: LocalKey) -> Trust:
    return Trust.of([key.chain])


@pytest.fixture(scope="module")
def sign(key: LocalKey, trust: Trust) -> Sign:
    return Sign(key, trust=trust)


@pytest.fixture(scope="module")
def read(trust: Trust) -> ReadCredentials:
    return ReadCredentials(trust)


def store(file: bytes, media_type: str = "image/jpeg") -> dict[str, Any]:
    """What the C2PA library makes of a file, without any of our code."""
    reader = c2pa.Reader(media_type, io.BytesIO(file))
    told: dict[str, Any] = json.loads(reader.json())
    return told


def manifest(file: bytes) -> dict[str, Any]:
    told = store(file)
    found: dict[str, Any] = told["manifests"][told["active_manifest"]]
    return found


def assertion(file: bytes, label: str) -> dict[str, Any]:
    (found,) = (each for each in manifest(file)["assertions"] if each["label"] == label)
    content: dict[str, Any] = found["data"]
    return content


@pytest.mark.parametrize("format", Format)
def test_a_signed_file_is_trusted_ours_and_still_the_same_picture(
    sign: Sign, read: ReadCredentials, format: Format
) -> None:
    signed = sign(FILES[format], format.media_type, STATEMENT)
    told = read(signed, format.media_type)
    assert told.state is State.TRUSTED
    assert told.own
    assert told.problems == ()
    assert (decode(signed) == decode(FILES[format])).all()


@pytest.mark.parametrize("format", Format)
def test_an_unsigned_file_has_none(read: ReadCredentials, format: Format) -> None:
    assert read(FILES[format], format.media_type) == Credentials(State.ABSENT)


@pytest.mark.parametrize("format", Format)
def test_one_changed_bit_of_the_picture_is_noticed(
    sign: Sign, read: ReadCredentials, format: Format
) -> None:
    signed = bytearray(sign(FILES[format], format.media_type, STATEMENT))
    at = bytes(signed).find(FILES[format][-400:-200]) + 100
    signed[at] ^= 1
    told = read(bytes(signed), format.media_type)
    assert told.state is State.TAMPERED
    assert any("Hash" in problem for problem in told.problems)


@pytest.mark.parametrize("words", [b"A cup", b"Ann Author", b"c2pa.created", b"Eros"])
def test_a_changed_word_of_the_statement_is_noticed(
    sign: Sign, read: ReadCredentials, words: bytes
) -> None:
    signed = sign(JPEG, "image/jpeg", STATEMENT)
    changed = signed.replace(words, words[:-1] + b"X")
    assert changed != signed
    told = read(changed, "image/jpeg")
    assert told.state is State.TAMPERED
    assert not told.own


def test_the_statement_says_what_was_given(sign: Sign, read: ReadCredentials) -> None:
    file = sign(JPEG, "image/jpeg", Statement(**{**_fields(STATEMENT), "payload": 0xABCDEF012345}))
    metadata = assertion(file, "cawg.metadata")
    assert metadata["dc:creator"] == ["Ann Author"]
    assert metadata["dc:title"] == manifest(file)["title"] == "A cup"
    assert metadata["dc:description"] == "Coffee, seen from above"
    assert metadata["dc:publisher"] == ["Example Org"]
    assert metadata["plus:ImageSupplier"] == [{"plus:ImageSupplierName": "Acme & Sons"}]
    assert metadata["Iptc4xmpExt:AISystemUsed"] == "Eros"
    assert manifest(file)["claim_generator_info"][0]["name"] == "imgen"
    assert store(file)["active_manifest"].endswith(":acme_sons")
    told = read(file)
    assert (told.gen_id, told.model, told.payload) == (STATEMENT.gen_id, "Eros", 0xABCDEF012345)
    assert (told.title, told.author) == ("A cup", "Ann Author")
    assert told.source_types == ("trainedAlgorithmicMedia",)


def test_a_marked_picture_is_bound_to_its_mark_and_an_unmarked_one_is_not(sign: Sign) -> None:
    marked = sign(JPEG, "image/jpeg", Statement(WORDS, payload=5))
    assert assertion(marked, "c2pa.soft-binding")["blocks"][0]["value"] == "000000000005"
    assert "c2pa.watermarked.bound" in _actions(marked)
    unmarked = sign(JPEG, "image/jpeg", Statement(WORDS))
    assert _actions(unmarked) == ["c2pa.created"]
    assert not any("soft" in each["label"] for each in manifest(unmarked)["assertions"])


def test_empty_words_are_left_out(sign: Sign) -> None:
    metadata = assertion(sign(JPEG, "image/jpeg", Statement(Words())), "cawg.metadata")
    assert set(metadata) == {"@context", "dc:title", "Iptc4xmpExt:DigitalSourceType"}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=60))
def test_any_text_can_be_signed(sign: Sign, read: ReadCredentials, text: str) -> None:
    words = Words(text, text, text, text, text).over(Words())
    told = read(sign(JPEG, "image/jpeg", Statement(words)))
    assert told.state is State.TRUSTED
    assert told.author == words.author


def test_a_request_speaks_over_the_deployment_field_by_field() -> None:
    said = Words(author="Me", title=" \n ").over(Words("Them", "Default", "", "Org"))
    assert said == Words("Me", "Default", "", "Org", "")


@given(st.text(max_size=100))
def test_a_vendor_label_fits_into_a_manifest_name(vendor: str) -> None:
    label = vendor_label(vendor)
    assert len(label) <= 32
    assert label.isascii()
    assert set(label) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
    assert label == label.strip("_")


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        (Origin.EDITED, "compositeWithTrainedAlgorithmicMedia"),
        (Origin.ENHANCED, "algorithmicallyEnhanced"),
    ],
)
def test_an_edit_opens_its_input_and_keeps_the_input_s_own_credentials(
    sign: Sign, read: ReadCredentials, origin: Origin, source: str
) -> None:
    upstream = sign(FILES[Format.WEBP], "image/webp", Statement(Words(title="Upstream")))
    edited = sign(
        JPEG,
        "image/jpeg",
        Statement(WORDS, origin=origin, ingredients=(Ingredient(upstream, "image/webp"),)),
    )
    told = read(edited)
    assert told.state is State.TRUSTED
    assert told.actions == ("c2pa.opened", "c2pa.edited")
    assert told.source_types == (source,)
    titles = [each["title"] for each in store(edited)["manifests"].values()]
    assert sorted(titles) == ["A cup", "Upstream"]
    (parent,) = manifest(edited)["ingredients"]
    assert parent["relationship"] == "parentOf"
    assert parent["active_manifest"] in store(edited)["manifests"]


def test_guides_and_components_are_credited_as_such(sign: Sign, read: ReadCredentials) -> None:
    plain = FILES[Format.PNG]
    file = sign(
        JPEG,
        "image/jpeg",
        Statement(
            WORDS,
            ingredients=(
                Ingredient(plain, "image/png", Relationship.INPUT, "Pose"),
                Ingredient(plain, "image/png", Relationship.COMPONENT, "Subject"),
            ),
        ),
    )
    assert read(file).state is State.TRUSTED
    assert _actions(file) == ["c2pa.created", "c2pa.placed"]
    kinds = {each["title"]: each["relationship"] for each in manifest(file)["ingredients"]}
    assert kinds == {"Pose": "inputTo", "Subject": "componentOf"}


def test_a_tampered_input_is_recorded_as_such_but_does_not_spoil_the_edit(
    sign: Sign, read: ReadCredentials
) -> None:
    upstream = sign(JPEG, "image/jpeg", Statement(Words(title="Upstream")))
    upstream = upstream.replace(b"Upstream", b"Upstreem")
    parent = Ingredient(upstream, "image/jpeg")
    edited = sign(JPEG, "image/jpeg", Statement(WORDS, origin=Origin.EDITED, ingredients=(parent,)))
    assert read(edited).state is State.TRUSTED
    found = manifest(edited)["ingredients"][0]["validation_results"]["activeManifest"]
    assert "claimSignature.mismatch" in {each["code"] for each in found["failure"]}


def test_a_picture_delivered_again_names_the_stored_one(sign: Sign) -> None:
    stored = sign(JPEG, "image/jpeg", STATEMENT)
    statement = Statement(
        WORDS, origin=Origin.CONVERTED, ingredients=(Ingredient(stored, "image/jpeg"),), payload=1
    )
    again = sign(FILES[Format.PNG], "image/png", statement)
    told = store(again, "image/png")
    active = told["manifests"][told["active_manifest"]]
    actions = next(e for e in active["assertions"] if e["label"] == "c2pa.actions.v2")
    names = [each["action"] for each in actions["data"]["actions"]]
    assert names == ["c2pa.opened", "c2pa.converted", "c2pa.watermarked.bound"]


@pytest.mark.parametrize("format", [Format.JPEG, Format.WEBP, Format.AVIF])
def test_whatever_is_wrong_with_an_input_s_credentials_ours_are_good(
    sign: Sign, read: ReadCredentials, format: Format
) -> None:
    """The picture in the input stays readable; its credentials are damaged at random places."""
    upstream = sign(FILES[format], format.media_type, Statement(Words(title="Upstream")))
    start = upstream.index(b"jumb") - 8
    at = np.random.default_rng(1).integers(start, start + 2500, 15)
    for place in at:
        damaged = bytearray(upstream)
        damaged[place] ^= 0x15
        parent = Ingredient(bytes(damaged), format.media_type)
        statement = Statement(WORDS, origin=Origin.EDITED, ingredients=(parent,))
        told = read(sign(JPEG, "image/jpeg", statement))
        assert told.state is State.TRUSTED
        assert told.ingredients == ("Input picture",)


def test_an_input_that_cannot_hold_credentials_is_refused_by_type(sign: Sign) -> None:
    with pytest.raises(Invalid, match="image/gif"):
        sign(JPEG, "image/jpeg", Statement(WORDS, ingredients=(Ingredient(b"GIF8", "image/gif"),)))


@pytest.mark.parametrize("junk", [b"\xff\xd8\xff junk", b"\x89PNG\r\n\x1a\n", JPEG[:200]])
def test_an_input_that_is_no_picture_is_refused(sign: Sign, junk: bytes) -> None:
    ingredients = (Ingredient(junk, "image/jpeg"),)
    with pytest.raises(Invalid):
        sign(JPEG, "image/jpeg", Statement(WORDS, ingredients=ingredients))


def test_nothing_is_ever_fetched(sign: Sign, read: ReadCredentials, key: LocalKey) -> None:
    """A file may name a place where its credentials are; whoever runs it would learn who asks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        elsewhere = io.BytesIO()
        signer = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(
                c2pa.C2paSigningAlg.ES256, key.chain.pem.encode(), key.key_pem.encode(), None
            )
        )
        with c2pa.Builder(definition(STATEMENT, "image/jpeg")) as builder:
            builder.set_no_embed()
            builder.set_remote_url(f"http://127.0.0.1:{port}/manifest.c2pa")
            builder.sign(signer, "image/jpeg", io.BytesIO(JPEG), elsewhere)
        assert str(port).encode() in elsewhere.getvalue()
        told = read(elsewhere.getvalue(), "image/jpeg")
        sign(
            JPEG,
            "image/jpeg",
            Statement(WORDS, ingredients=(Ingredient(elsewhere.getvalue(), "image/jpeg"),)),
        )
        with pytest.raises(TimeoutError):
            server.accept()
    assert told == Credentials(State.ABSENT, problems=(REMOTE,))


def test_someone_else_s_intact_credentials_are_valid_but_not_trusted(
    sign: Sign, tmp_path: Path
) -> None:
    stranger = ReadCredentials(Trust.of([development_key(tmp_path).chain]))
    told = stranger(sign(JPEG, "image/jpeg", STATEMENT))
    assert told.state is State.VALID
    assert not told.own
    assert told.problems == ("signingCredential.untrusted",)


def test_an_anchor_makes_a_stranger_trusted_but_never_ours(
    sign: Sign, key: LocalKey, tmp_path: Path
) -> None:
    anchor = tmp_path / "anchor.pem"
    anchor.write_text(Chain(key.chain.certificates[1:]).pem)
    own = development_key(tmp_path / "own").chain
    told = ReadCredentials(Trust.of([own], [anchor]))(sign(JPEG, "image/jpeg", STATEMENT))
    assert told.state is State.TRUSTED
    assert not told.own


def test_a_certificate_that_ran_out_says_nothing_against_the_picture() -> None:
    """The file was signed in 2026 with a certificate that ended seconds later."""
    data = Path(__file__).parent / "data"
    read = ReadCredentials(Trust.of(anchor_files=[data / "expired-authority.pem"]))
    told = read((data / "expired.jpg").read_bytes())
    assert told.state is State.VALID
    assert "signingCredential.expired" in told.problems
    assert told.title == "Signed long ago"


def test_many_threads_sign_and_read_with_the_same_signer(sign: Sign, read: ReadCredentials) -> None:
    def once(number: int) -> str:
        return read(sign(JPEG, "image/jpeg", Statement(Words(title=f"Number {number}")))).title

    with ThreadPoolExecutor(8) as pool:
        titles = list(pool.map(once, range(64)))
    assert titles == [f"Number {number}" for number in range(64)]


class BrokenSigner:
    """Says of each thread's failure whose it was."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def sign(self, claim: bytes) -> bytes:
        raise Unavailable(f"no signature for {threading.current_thread().name}")


def test_a_failing_signer_is_an_error_never_an_unsigned_file(key: LocalKey, trust: Trust) -> None:
    sign = Sign(BrokenSigner(key.chain), trust=trust)

    def refused(_: int) -> bool:
        with pytest.raises(Unavailable) as refusal:
            sign(JPEG, "image/jpeg", STATEMENT)
        return refusal.value.message == f"no signature for {threading.current_thread().name}"

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(refused, range(16)))


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_file_is_never_trusted(
    sign: Sign, read: ReadCredentials, data: st.DataObject
) -> None:
    signed = _signed_once(sign)
    at = data.draw(st.integers(0, len(signed) - 1))
    change = data.draw(st.integers(1, 255))
    damaged = signed[:at] + bytes([signed[at] ^ change]) + signed[at + 1 :]
    told = read(damaged, "image/jpeg")
    assert told.state is not State.TRUSTED or _only_padding(told, signed, damaged)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(length=st.integers(0, 8000))
def test_a_file_cut_short_is_never_trusted(sign: Sign, read: ReadCredentials, length: int) -> None:
    assert read(_signed_once(sign)[:length], "image/jpeg").state is not State.TRUSTED


@given(st.binary(max_size=300))
def test_nonsense_has_no_credentials(data: bytes) -> None:
    assert _NOBODY(data).state in (State.ABSENT, State.TAMPERED)


_NOBODY = ReadCredentials(Trust())
_once: list[bytes] = []


def _signed_once(sign: Sign) -> bytes:
    if not _once:
        _once.append(sign(JPEG, "image/jpeg", STATEMENT))
    return _once[0]


def _only_padding(told: Credentials, signed: bytes, damaged: bytes) -> bool:
    """A few bytes of a signed JPEG mean nothing: they must then change nothing that is told."""
    same_picture = bool(np.array_equal(decode(signed), decode(damaged)))
    return same_picture and told.gen_id == STATEMENT.gen_id and told.title == WORDS.title


def _fields(statement: Statement) -> dict[str, Any]:
    return {name: getattr(statement, name) for name in Statement.__slots__}


def _actions(file: bytes) -> list[str]:
    return [each["action"] for each in assertion(file, "c2pa.actions.v2")["actions"]]

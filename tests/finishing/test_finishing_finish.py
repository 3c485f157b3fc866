"""A finished picture carries every mark that was not switched off, and says so truthfully."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgen.errors import Internal, Invalid, Unavailable
from imgen.finishing import finish as finish_module
from imgen.finishing.credentials.certificates import Chain
from imgen.finishing.credentials.development import development_key
from imgen.finishing.credentials.manifest import Ingredient, Origin
from imgen.finishing.credentials.read import ReadCredentials, State
from imgen.finishing.credentials.sign import Sign
from imgen.finishing.credentials.trust import Trust
from imgen.finishing.credentials.words import Words
from imgen.finishing.encode import Format
from imgen.finishing.fingerprint import fingerprint
from imgen.finishing.finish import Finisher, FinishOrder
from imgen.finishing.invisible import detect
from imgen.finishing.pdq import distance, pdq
from imgen.finishing.visible import Placement
from tests.finishing.pictures import photograph

Pixels = NDArray[np.uint8]
KEY = b"a secret of this deployment only"
PHOTO = photograph("astronaut", (608, 416))
PLATE: Pixels = np.full((20, 40, 4), (250, 10, 200, 255), np.uint8)
WORDS = Words(author="The studio", organization="Example Org")


@pytest.fixture(scope="module")
def chain_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("credentials")


@pytest.fixture(scope="module")
def sign(chain_folder: Path) -> Sign:
    key = development_key(chain_folder)
    return Sign(key, trust=Trust.of([key.chain]))


@pytest.fixture(scope="module")
def read(chain_folder: Path) -> ReadCredentials:
    return ReadCredentials(Trust.of([development_key(chain_folder).chain]))


@pytest.fixture(scope="module")
def finisher(sign: Sign) -> Finisher:
    return Finisher(mark_key=KEY, sign=sign, words=WORDS)


def seen(file: bytes) -> Pixels:
    """The pixels as a reader other than ours sees them."""
    with Image.open(io.BytesIO(file)) as picture:
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        return np.asarray(picture.convert(mode))


def see_through() -> Pixels:
    alpha = np.full(PHOTO.shape[:2], 255, np.uint8)
    alpha[:120, :120] = 0
    return np.dstack([PHOTO, alpha])


@pytest.mark.parametrize("format", Format)
@pytest.mark.parametrize("lossless", [False, True])
def test_a_picture_comes_out_marked_signed_and_fingerprinted(
    finisher: Finisher, read: ReadCredentials, format: Format, lossless: bool
) -> None:
    order = FinishOrder(format, lossless=lossless, payload=0x123456789ABC, gen_id="g" * 20)
    done = finisher.finish(PHOTO, order)
    delivered = seen(done.image.data)
    assert done.fingerprint == fingerprint(delivered)
    assert done.pdq == pdq(delivered)
    assert detect(delivered, KEY).payload == 0x123456789ABC
    told = read(done.image.data, format.media_type)
    assert told.own
    assert (told.payload, told.gen_id, told.author) == (0x123456789ABC, "g" * 20, "The studio")
    assert done.invisible_mark
    assert done.content_credentials
    assert (done.image.width, done.image.height) == (608, 416)


def test_the_thumbnail_is_marked_and_signed_too(finisher: Finisher, read: ReadCredentials) -> None:
    order = FinishOrder(Format.PNG, payload=77, mark_image=PLATE, placement=Placement(scale=20))
    small = finisher.finish(PHOTO, order).thumbnail
    pixels = seen(small.data)
    assert (small.format, small.width, small.height) == (Format.JPEG, 384, 263)
    assert pixels.shape == (263, 384, 3)
    assert detect(pixels, KEY).payload == 77
    assert read(small.data).actions[-1] == "c2pa.resized.proportional"
    assert read(small.data).own
    corner = pixels[-20:-10, -40:-15].reshape(-1, 3).mean(axis=0)
    assert abs(corner - (250, 10, 200)).max() < 25


def test_the_visible_mark_lies_under_the_invisible_one(
    finisher: Finisher, read: ReadCredentials
) -> None:
    plain = finisher.finish(PHOTO, FinishOrder(Format.PNG, payload=5))
    order = FinishOrder(Format.PNG, payload=5, mark_image=PLATE, placement=Placement("center", 30))
    marked = finisher.finish(PHOTO, order)
    middle = seen(marked.image.data)[190:226, 260:348].astype(int)
    assert abs(middle.reshape(-1, 3).mean(axis=0) - (250, 10, 200)).max() < 4
    assert middle.std(axis=(0, 1)).max() > 0.3
    assert detect(seen(marked.image.data), KEY).payload == 5
    assert marked.fingerprint != plain.fingerprint
    assert read(marked.image.data).actions.count("c2pa.edited") == 1


@pytest.mark.parametrize("format", Format)
def test_transparency_is_kept_where_the_format_has_it(finisher: Finisher, format: Format) -> None:
    done = finisher.finish(see_through(), FinishOrder(format, payload=9))
    delivered = seen(done.image.data)
    assert done.fingerprint == fingerprint(delivered)
    if format is Format.JPEG:
        assert delivered[5:100, 5:100].mean() > 248
    else:
        assert (delivered[..., 3] == see_through()[..., 3]).all()
    assert seen(done.thumbnail.data)[5:60, 5:60].mean() > 248


def test_an_alpha_channel_that_a_format_drops_does_not_spoil_the_fingerprint(
    finisher: Finisher,
) -> None:
    opaque = np.dstack([PHOTO, np.full(PHOTO.shape[:2], 255, np.uint8)])
    for format in Format:
        done = finisher.finish(opaque, FinishOrder(format, lossless=True, payload=9))
        assert done.fingerprint == fingerprint(seen(done.image.data))


def test_a_request_s_words_stand_over_the_deployment_s(
    finisher: Finisher, read: ReadCredentials
) -> None:
    order = FinishOrder(Format.JPEG, words=Words(author="A client", title="Two words"))
    told = read(finisher.finish(PHOTO, order).image.data)
    assert (told.author, told.title) == ("A client", "Two words")


def test_an_edit_names_its_input(finisher: Finisher, read: ReadCredentials) -> None:
    first = finisher.finish(PHOTO, FinishOrder(Format.PNG, payload=1))
    order = FinishOrder(
        Format.JPEG,
        payload=2,
        origin=Origin.EDITED,
        ingredients=(Ingredient(first.image.data, "image/png", title="Before"),),
        engine="sketch",
    )
    done = finisher.finish(PHOTO, order)
    told = read(done.image.data)
    assert told.actions[:2] == ("c2pa.opened", "c2pa.edited")
    assert told.ingredients == ("Before",)
    assert told.payload == 2
    small = read(done.thumbnail.data)
    assert small.ingredients == ()
    assert small.source_types == ("compositeWithTrainedAlgorithmicMedia",)


def test_a_stored_picture_finished_again_is_not_marked_twice(
    finisher: Finisher, read: ReadCredentials
) -> None:
    stored = seen(finisher.finish(PHOTO, FinishOrder(Format.PNG, payload=31)).image.data)
    order = FinishOrder(Format.PNG, payload=31, already_marked=True)
    again = finisher.finish(stored, order)
    assert (seen(again.image.data) == stored).all()
    assert read(again.image.data).payload == 31
    assert again.invisible_mark


def test_what_is_switched_off_is_left_out_and_said(sign: Sign, read: ReadCredentials) -> None:
    order = FinishOrder(Format.PNG, payload=8)
    plain = Finisher(mark_key=None, sign=None, compute_pdq=False).finish(PHOTO, order)
    assert (seen(plain.image.data) == PHOTO).all()
    assert read(plain.image.data).state is read(plain.thumbnail.data).state is State.ABSENT
    assert not plain.invisible_mark
    assert not plain.content_credentials
    assert plain.pdq is None
    unmarked = Finisher(mark_key=None, sign=sign).finish(PHOTO, order)
    assert not detect(seen(unmarked.image.data), KEY).found
    assert read(unmarked.image.data).payload is None
    assert unmarked.content_credentials
    unsigned = Finisher(mark_key=KEY, sign=None).finish(PHOTO, order)
    assert detect(seen(unsigned.image.data), KEY).payload == 8
    assert not unsigned.content_credentials


def test_the_fingerprints_hardly_see_the_invisible_mark(finisher: Finisher) -> None:
    done = finisher.finish(PHOTO, FinishOrder(Format.JPEG, payload=2**48 - 1))
    assert done.pdq is not None
    assert distance(done.pdq.hash, pdq(PHOTO).hash) <= 10


class BrokenSigner:
    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def sign(self, claim: bytes) -> bytes:
        raise Unavailable("The signer is away")


def test_without_a_signature_there_is_no_picture(chain_folder: Path) -> None:
    chain = development_key(chain_folder).chain
    sign = Sign(BrokenSigner(chain), trust=Trust.of([chain]))
    with pytest.raises(Unavailable, match="away"):
        Finisher(mark_key=KEY, sign=sign).finish(PHOTO, FinishOrder(Format.JPEG))


def test_without_a_mark_there_is_no_picture(
    finisher: Finisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(finish_module, "embed", broken)
    with pytest.raises(Internal, match="invisible mark"):
        finisher.finish(PHOTO, FinishOrder(Format.JPEG))


def test_a_picture_too_small_to_mark_is_refused(finisher: Finisher) -> None:
    with pytest.raises(Invalid):
        finisher.finish(PHOTO[:40, :40], FinishOrder(Format.PNG))


def test_a_very_long_picture_has_a_thumbnail_without_room_for_a_mark(
    finisher: Finisher, read: ReadCredentials
) -> None:
    strip = cv2.resize(PHOTO, (1600, 100)).astype(np.uint8)
    done = finisher.finish(strip, FinishOrder(Format.JPEG, payload=3))
    assert (done.thumbnail.width, done.thumbnail.height) == (384, 24)
    assert read(done.image.data).payload == 3
    assert read(done.thumbnail.data).payload is None


def test_many_threads_share_one_finisher(finisher: Finisher, read: ReadCredentials) -> None:
    def once(number: int) -> tuple[int | None, str]:
        order = FinishOrder(Format.JPEG, payload=number, gen_id=f"gen{number}")
        told = read(finisher.finish(PHOTO, order).image.data)
        return told.payload, told.gen_id

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(once, range(12)))
    assert results == [(number, f"gen{number}") for number in range(12)]

"""Any picture can be asked about: what is ours is recognised, what is not is not claimed."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imgen.errors import ImgenError, Invalid, TooLarge
from imgen.finishing.credentials.development import development_key
from imgen.finishing.credentials.manifest import Ingredient, Origin
from imgen.finishing.credentials.read import ReadCredentials
from imgen.finishing.credentials.sign import Sign
from imgen.finishing.credentials.trust import Trust
from imgen.finishing.encode import Format
from imgen.finishing.finish import Finisher, FinishOrder
from imgen.finishing.pdq import distance, pdq
from imgen.verification.picture import Limits, open_picture
from imgen.verification.report import Generation, Match, to_json
from imgen.verification.verify import Verify
from tests.finishing.pictures import photograph

KEY = b"a secret of this deployment only"
PHOTO = photograph("astronaut", (1024, 768))
OTHER = photograph("coffee")
FIRST = Generation("firstfirstfirstfirst", "run_first")
SECOND = Generation("secondsecondsecond00", "run_second")


@dataclass
class Memory:
    """Generations and library, as a deployment has them."""

    payloads: dict[int, Generation] = field(default_factory=lambda: {1: FIRST, 2: SECOND})
    hashes: dict[str, str] = field(default_factory=dict)

    async def by_payload(self, payload: int) -> Generation | None:
        return self.payloads.get(payload)

    async def by_gen_id(self, gen_id: str) -> Generation | None:
        return next((one for one in self.payloads.values() if one.gen_id == gen_id), None)

    async def near(self, pdq: str) -> Sequence[Match]:
        found = [Match(id, distance(pdq, known)) for known, id in self.hashes.items()]
        return [match for match in found if match.distance <= 31]


@dataclass(frozen=True)
class Deployment:
    """One finisher and one verifier that share their secrets."""

    finisher: Finisher
    verify: Verify
    memory: Memory


def deploy(folder: Path, key: bytes = KEY) -> Deployment:
    signer = development_key(folder)
    trust = Trust.of([signer.chain])
    memory = Memory()
    return Deployment(
        Finisher(mark_key=key, sign=Sign(signer, trust=trust)),
        Verify(
            credentials=ReadCredentials(trust), mark_key=key, generations=memory, lookalikes=memory
        ),
        memory,
    )


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return deploy(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return deploy(tmp_path_factory.mktemp("theirs"), b"the secret of another deployment")


@pytest.fixture(scope="module")
def delivered(ours: Deployment) -> bytes:
    order = FinishOrder(Format.JPEG, payload=1, gen_id=FIRST.gen_id)
    return ours.finisher.finish(PHOTO, order).image.data


def stripped(file: bytes, scale: float = 1.0, format: str = "JPEG", quality: int = 60) -> bytes:
    """As a messenger passes it on: decoded, resized, recompressed."""
    with Image.open(io.BytesIO(file)) as picture:
        size = (round(picture.width * scale), round(picture.height * scale))
        return saved(picture.convert("RGB").resize(size), format, quality=quality)


def saved(picture: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


async def test_a_picture_as_delivered_is_ours(ours: Deployment, delivered: bytes) -> None:
    report = await ours.verify(delivered, file="cup.jpg")
    assert report.ours
    assert report.generation == FIRST
    assert report.confidence == 1.0
    assert report.mark.payload == 1
    assert report.file == "cup.jpg"
    assert "ours and intact" in report.verdict


@pytest.mark.parametrize("scale", [1.0, 0.6])
@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF"])
async def test_stripped_resized_and_recompressed_it_is_still_ours(
    ours: Deployment, delivered: bytes, scale: float, format: str
) -> None:
    report = await ours.verify(stripped(delivered, scale, format))
    assert report.ours
    assert report.generation == FIRST
    assert report.confidence > 0.999
    assert report.mark.scale == pytest.approx((scale, scale), rel=0.02)
    assert "stripped since" in report.verdict


async def test_a_picture_changed_after_signing_is_ours_and_the_change_is_told(
    ours: Deployment, delivered: bytes
) -> None:
    changed = bytearray(delivered)
    changed[-2000] ^= 0x10
    report = await ours.verify(bytes(changed))
    assert report.ours
    assert report.generation == FIRST
    assert report.credentials.state == "tampered"
    assert "changed after it was signed" in report.verdict


async def test_a_picture_that_is_not_ours_is_not_claimed(ours: Deployment) -> None:
    report = await ours.verify(saved(Image.fromarray(OTHER), "PNG"))
    assert not report.ours
    assert report.confidence == 0
    assert report.generation is None
    assert not report.mark.found
    assert report.matches == ()
    assert report.verdict.startswith("Not recognised")


async def test_another_deployment_s_picture_is_theirs(
    ours: Deployment, theirs: Deployment, delivered: bytes
) -> None:
    report = await theirs.verify(delivered)
    assert not report.ours
    assert report.credentials.state == "valid"
    assert report.generation is None
    assert "whom we do not know" in report.verdict


async def test_credentials_that_only_claim_our_generation_lead_nowhere(
    ours: Deployment, theirs: Deployment
) -> None:
    """A stranger writes our payload and gen_id into a manifest of their own."""
    order = FinishOrder(Format.JPEG, payload=1, gen_id=FIRST.gen_id)
    forged = theirs.finisher.finish(OTHER, order).image.data
    report = await ours.verify(forged)
    assert not report.ours
    assert report.generation is None


async def test_a_thumbnail_is_recognised_too(ours: Deployment) -> None:
    order = FinishOrder(Format.PNG, payload=2, gen_id=SECOND.gen_id)
    small = ours.finisher.finish(PHOTO, order).thumbnail.data
    assert (await ours.verify(small)).generation == SECOND
    again = await ours.verify(stripped(small, quality=85))
    assert again.generation == SECOND


async def test_an_edit_of_one_of_ours_is_the_edit_not_the_original(
    ours: Deployment, delivered: bytes
) -> None:
    order = FinishOrder(
        Format.PNG,
        payload=2,
        gen_id=SECOND.gen_id,
        origin=Origin.EDITED,
        ingredients=(Ingredient(delivered, "image/jpeg"),),
    )
    with Image.open(io.BytesIO(delivered)) as before:
        edited = ours.finisher.finish(np.asarray(before.convert("RGB")), order).image.data
    assert (await ours.verify(edited)).generation == SECOND


async def test_a_mark_whose_record_is_gone_is_still_ours(tmp_path: Path) -> None:
    deployment = deploy(tmp_path)
    deployment.memory.payloads.clear()
    file = deployment.finisher.finish(PHOTO, FinishOrder(Format.PNG, payload=9)).image.data
    report = await deployment.verify(stripped(file))
    assert report.ours
    assert report.generation is None
    assert "record is gone" in report.verdict


async def test_a_mark_of_an_earlier_secret_is_still_ours(
    tmp_path: Path, ours: Deployment, delivered: bytes
) -> None:
    new = b"the secret that came after it..."
    credentials = ReadCredentials(Trust.of([development_key(tmp_path).chain]))
    memory = ours.memory
    for earlier, expected in (((), False), ((b"a third one, of no use here.....", KEY), True)):
        verify = Verify(
            credentials=credentials,
            mark_key=new,
            generations=memory,
            lookalikes=memory,
            earlier_mark_keys=earlier,
        )
        assert (await verify(stripped(delivered))).ours is expected


async def test_look_alikes_are_listed_nearest_first(tmp_path: Path) -> None:
    deployment = deploy(tmp_path)
    looks = int(pdq(OTHER).hash, 16)
    deployment.memory.hashes = {f"{looks ^ 0b111:064x}": "far", f"{looks ^ 0b1:064x}": "near"}
    report = await deployment.verify(saved(Image.fromarray(OTHER), "PNG"))
    assert report.matches == (Match("near", 1), Match("far", 3))
    assert not report.ours
    assert "looks like near" in report.verdict


async def test_a_flat_picture_looks_like_nothing(tmp_path: Path) -> None:
    deployment = deploy(tmp_path)
    flat = Image.new("RGB", (300, 200), "grey")
    deployment.memory.hashes = {pdq(np.asarray(flat)).hash: "another grey one"}
    assert (await deployment.verify(saved(flat, "PNG"))).matches == ()


async def test_the_report_prints_in_the_agreed_shape(ours: Deployment, delivered: bytes) -> None:
    for file in (delivered, stripped(delivered), saved(Image.fromarray(OTHER), "PNG")):
        told = json.loads(json.dumps(to_json(await ours.verify(file, file="a.jpg"))))
        assert list(told) == [
            "file",
            "ours",
            "gen_id",
            "id",
            "confidence",
            "credentials",
            "mark",
            "matches",
            "verdict",
        ]
        assert told["credentials"]["state"] in ("absent", "valid", "trusted", "tampered")
        assert isinstance(told["mark"]["found"], bool)
        assert told["verdict"].endswith(".")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP"])
def test_every_common_kind_of_file_is_opened(format: str) -> None:
    picture = open_picture(saved(Image.fromarray(OTHER), format), Limits())
    assert picture.pixels.shape == OTHER.shape
    assert picture.media_type.startswith("image/")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_colour_mode_is_opened(mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.full((40, 60), 257 * 120, np.uint16))
    else:
        picture = Image.fromarray(OTHER[:40, :60]).convert(mode)
    opened = open_picture(saved(picture, "TIFF" if mode == "CMYK" else "PNG"), Limits())
    assert opened.pixels.shape == (40, 60, 3)


def test_a_large_picture_is_looked_at_smaller() -> None:
    picture = Image.new("RGB", (5000, 2000))
    pixels = open_picture(saved(picture, "PNG"), Limits()).pixels
    assert pixels.shape[0] * pixels.shape[1] <= 4_010_000
    assert pixels.shape[1] / pixels.shape[0] == pytest.approx(2.5, rel=0.01)


def test_limits_hold(delivered: bytes) -> None:
    with pytest.raises(TooLarge, match="larger than 0 MiB"):
        open_picture(delivered, Limits(most_bytes=1000))
    with pytest.raises(TooLarge, match="more than 0 megapixels"):
        open_picture(delivered, Limits(most_pixels=1000))
    huge = b"BM" + bytes(16) + (60000).to_bytes(4, "little") * 2 + bytes(200)
    with pytest.raises(ImgenError):
        open_picture(huge, Limits())


def test_what_is_no_picture_is_refused(delivered: bytes) -> None:
    for nonsense in (b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", delivered[:3000]):
        with pytest.raises(Invalid):
            open_picture(nonsense, Limits())


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about damaged EXIF
@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_nothing_but_a_refusal_comes_of_nonsense(nonsense: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\x00"):
        try:
            open_picture(start + nonsense, Limits())
        except ImgenError:
            continue

"""Importing into a real database and object store."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from imgen.compliance.hash_lists.keep import HashLists
from imgen.errors import Invalid, Upstream
from imgen.finishing.encode import decode
from imgen.finishing.fingerprint import fingerprint
from imgen.finishing.pdq import pdq
from imgen.library.caption.captioner import Captioner
from imgen.library.caption.prompt_captioner import PromptCaptioner
from imgen.library.importing import store
from imgen.library.importing.export import Export, FolderTarget, Selection, ZipTarget
from imgen.library.importing.import_pictures import Import
from imgen.library.importing.keep import Keep
from imgen.library.importing.options import Fate, Options, Outcome
from imgen.library.importing.prepare import Prepare
from imgen.library.importing.store import Kept
from imgen.wiring.core import Core
from tests.library import importing_files as files


def importing(core: Core, captioner: Captioner | None = None, *, folder: bool = True) -> Import:
    keep = Keep(
        database=core.database,
        objects=core.objects,
        captioner=captioner or PromptCaptioner(),
        secret=b"secret",
        review=core.review,
        folder=core.settings.data_dir / "objects" if folder else None,
    )
    return Import(core.database, Prepare({"aya"}), keep, core.remember.__call__)


async def bring(
    core: Core, *paths: Path, captioner: Captioner | None = None, **options: object
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    expected: list[int] = []
    how = Options(**options)  # type: ignore[arg-type]
    run = importing(core, captioner)
    await run(paths, how, expect=expected.append, tell=outcomes.append)
    assert expected == [len(outcomes)]
    return outcomes


def _ignore(what: object) -> None:
    del what


def fates(outcomes: Sequence[Outcome]) -> dict[Fate, int]:
    return dict(Counter(outcome.fate for outcome in outcomes))


async def library(core: Core) -> list[Kept]:
    async with core.database.connection() as connection:
        return await store.kept(connection, limit=1000)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        text = f"a fox number {number}\nSteps: 9, Seed: {number}, Sampler: Euler"
        data = files.png({"parameters": text}, files.noise(number, (96, 96)))
        (folder / f"{number}.png").write_bytes(data)
    return folder


async def test_pictures_are_kept_with_all_that_is_known(core: Core, pictures: Path) -> None:
    data = files.png({"parameters": files.PARAMETERS}, files.noise(50))
    (pictures / "0.png").write_bytes(data)
    assert fates(await bring(core, pictures, style="photoreal", model="none")) == {Fate.ADDED: 6}
    found = next(one for one in await library(core) if one.model == "sdxl_base_1.0")
    assert found.prompt == "a red fox, (soft light:1.2), snow and pines"
    assert found.negatives == ["blurry", "ugly", "low contrast"]
    assert found.caption == "A red fox with soft light and snow and pines."
    assert (found.style, found.seed, found.source) == ("photoreal", 965400086, "imported")
    assert (found.shared, found.account, found.width, found.height) == (True, None, 96, 64)
    stored = await core.objects.get(found.image_key)
    assert stored == data
    assert found.fingerprint == fingerprint(decode(stored))
    assert decode(await core.objects.get(found.thumbnail_key)).shape == (64, 96, 3)


async def test_imported_pictures_are_found_by_meaning_at_once(core: Core, pictures: Path) -> None:
    from imgen.library.image import Filters

    (pictures / "owl.txt").write_text("an owl in the moonlight")
    (pictures / "owl.png").write_bytes(files.png(picture=files.noise(51)))
    await bring(core, pictures)
    best = (await core.search("bird at night", Filters(account_id="")))[0]
    assert best.image.prompt == "an owl in the moonlight"


async def test_the_same_again_reads_no_file(core: Core, pictures: Path) -> None:
    first = await bring(core, pictures)
    for path in pictures.iterdir():
        path.chmod(0)
    again = await bring(core, pictures)
    assert (fates(first), fates(again)) == ({Fate.ADDED: 6}, {Fate.KNOWN: 6})


async def test_a_changed_file_is_looked_at_again(core: Core, pictures: Path) -> None:
    await bring(core, pictures)
    (pictures / "0.png").write_bytes(files.png(picture=files.noise(77)))
    assert fates(await bring(core, pictures)) == {Fate.KNOWN: 5, Fate.ADDED: 1}


async def test_a_deleted_picture_may_come_back(core: Core, pictures: Path) -> None:
    await bring(core, pictures)
    async with core.database.connection() as connection:
        await connection.execute("DELETE FROM images WHERE seed = 3")
    assert fates(await bring(core, pictures)) == {Fate.KNOWN: 5, Fate.ADDED: 1}


async def test_a_withdrawn_picture_does_not_come_back_as_a_copy(core: Core, pictures: Path) -> None:
    await bring(core, pictures)
    async with core.database.connection() as connection:
        await connection.execute("UPDATE images SET withdrawn = 'blocked'")
    (pictures / "other.webp").write_bytes(
        files.saved(files.noise(3, (96, 96)), "WEBP", lossless=True)
    )
    assert fates(await bring(core, pictures / "other.webp")) == {Fate.COPY: 1}


async def test_exact_copies_are_left_out_in_one_run_and_in_the_next(
    core: Core, pictures: Path, tmp_path: Path
) -> None:
    copy = files.saved(files.noise(2, (96, 96)), "WEBP", lossless=True)
    (pictures / "copy.webp").write_bytes(copy)
    assert fates(await bring(core, pictures)) == {Fate.ADDED: 6, Fate.COPY: 1}
    (tmp_path / "later.webp").write_bytes(copy)
    outcome = (await bring(core, tmp_path / "later.webp", keep_similar=True))[0]
    seeds = {one.id: one.seed for one in await library(core)}
    assert (outcome.fate, seeds[outcome.id]) == (Fate.COPY, 2)


async def test_similar_pictures_are_left_out_and_told_unless_wanted(
    core: Core, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    picture = files.noise(5, (512, 512), cells=16)
    (folder / "a.png").write_bytes(files.saved(picture, "PNG"))
    (folder / "b.jpg").write_bytes(files.saved(picture.resize((400, 400)), "JPEG", quality=90))
    outcomes = await bring(core, folder)
    assert fates(outcomes) == {Fate.ADDED: 1, Fate.SIMILAR: 1}
    assert "of 256 bits from" in next(one.note for one in outcomes if one.fate is Fate.SIMILAR)
    (folder / "c.jpg").write_bytes(files.saved(picture, "JPEG", quality=80))
    assert fates(await bring(core, folder)) == {Fate.KNOWN: 2, Fate.SIMILAR: 1}
    assert fates(await bring(core, folder, keep_similar=True)) == {Fate.KNOWN: 1, Fate.ADDED: 2}


async def test_broken_files_are_told_and_stop_nothing(core: Core, pictures: Path) -> None:
    whole = (pictures / "1.png").read_bytes()
    (pictures / "1.png").write_bytes(whole[: len(whole) // 2])
    (pictures / "2.png").write_bytes(b"")
    outcomes = await bring(core, pictures, pictures / "gone")
    assert fates(outcomes) == {Fate.ADDED: 4, Fate.FAILED: 3}
    failed = {Path(one.name).name: one.note for one in outcomes if one.fate is Fate.FAILED}
    assert failed["1.png"].startswith("damaged")
    assert failed["2.png"] == "not a JPEG, PNG, WebP or AVIF picture"
    assert fates(await bring(core, pictures)) == {Fate.KNOWN: 4, Fate.FAILED: 2}


async def test_private_pictures_are_seen_by_their_account_alone(core: Core, pictures: Path) -> None:
    from imgen.library.image import Filters

    await core.administer.create_key("ann")
    ann = next(one.id for one in await core.administer.list_accounts() if one.name == "ann")
    assert fates(await bring(core, pictures, account_id=ann)) == {Fate.ADDED: 6}
    assert await core.search("fox", Filters(account_id="")) == []
    assert len(await core.search("fox", Filters(account_id=ann))) == 6
    # What ann has for herself must not be told by what others may import.
    assert fates(await bring(core, pictures)) == {Fate.ADDED: 6}
    assert len({one.id for one in await library(core)}) == 12


async def test_a_shared_picture_is_not_kept_again_for_an_account(
    core: Core, pictures: Path
) -> None:
    await core.administer.create_key("ann")
    ann = next(one.id for one in await core.administer.list_accounts() if one.name == "ann")
    await bring(core, pictures)
    assert fates(await bring(core, pictures, account_id=ann)) == {Fate.COPY: 6}


async def test_characters_of_the_catalog_are_told_from_other_names(
    core: Core, tmp_path: Path
) -> None:
    prompts = ["@aya in a garden, -rain", "a garden by @someone", "@aya and @noa in a garden"]
    lines = []
    for number, prompt in enumerate(prompts):
        (tmp_path / f"{number}.png").write_bytes(files.png(picture=files.noise(number)))
        lines.append(json.dumps({"file": f"{number}.png", "prompt": prompt, "negative": "fog"}))
    (tmp_path / "manifest.jsonl").write_text("\n".join(lines))
    await bring(core, tmp_path)
    known = {(one.character, one.prompt): one.negatives for one in await library(core)}
    assert known == {
        ("aya", "in a garden"): ["fog", "rain"],
        ("", "a garden by @someone"): ["fog"],
        ("", "@aya and @noa in a garden"): ["fog"],
    }


async def test_in_place_the_files_stay_and_are_served(core: Core, pictures: Path) -> None:
    assert fates(await bring(core, pictures, in_place=True)) == {Fate.ADDED: 6}
    found = (await library(core))[0]
    objects = core.settings.data_dir / "objects"
    assert (objects / found.image_key).is_symlink()
    source = pictures / f"{found.seed}.png"
    assert await core.objects.get(found.image_key) == source.read_bytes()
    await core.objects.delete(found.image_key)
    assert source.exists()


async def test_in_place_needs_a_folder(core: Core, pictures: Path) -> None:
    run = importing(core, folder=False)
    with pytest.raises(Invalid, match="in-place"):
        await run([pictures], Options(in_place=True), expect=_ignore, tell=_ignore)


async def test_what_cannot_be_shown_is_converted_even_in_place(core: Core, tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "a.jpg").write_bytes(files.saved(Image.new("CMYK", (32, 32)), "JPEG"))
    await bring(core, tmp_path / "a.jpg", in_place=True)
    stored = core.settings.data_dir / "objects" / (await library(core))[0].image_key
    assert stored.is_file()
    assert not stored.is_symlink()


class Failing:
    """A captioner whose service is down."""

    looks = True

    async def caption(self, pixels: object, prompt: str, negatives: Sequence[str]) -> str:
        assert pixels is not None
        raise Upstream("Captioning failed")

    async def aclose(self) -> None:
        """Holds nothing."""


async def test_a_captioner_that_fails_does_not_stop_an_import(core: Core, pictures: Path) -> None:
    assert fates(await bring(core, pictures, captioner=Failing())) == {Fate.ADDED: 6}
    assert {one.caption for one in await library(core)} >= {"A fox number 3."}


async def test_an_import_that_was_stopped_goes_on(
    core: Core, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imgen.library.importing import import_pictures

    monkeypatch.setattr(import_pictures, "_CHUNK_FILES", 2)
    told: list[Outcome] = []
    run = importing(core)

    def tell(outcome: Outcome) -> None:
        told.append(outcome)
        running.cancel()

    running = asyncio.create_task(run([pictures], Options(), expect=_ignore, tell=tell))
    with pytest.raises(asyncio.CancelledError):
        await running
    kept = len(await library(core))
    assert 0 < kept < 6
    again = fates(await bring(core, pictures))
    assert again == {Fate.KNOWN: kept, Fate.ADDED: 6 - kept}


@pytest.mark.parametrize("zipped", [False, True])
async def test_an_export_can_be_imported_again(
    core: Core, pictures: Path, tmp_path: Path, zipped: bool
) -> None:
    await bring(core, pictures, style="cinematic")
    before = await library(core)
    target = tmp_path / ("out.zip" if zipped else "out")
    export = Export(core.database, core.objects)
    make = ZipTarget if zipped else FolderTarget
    assert await export(make(target), Selection(style="cinematic"), tell=print) == 6
    async with core.database.connection() as connection:
        await connection.execute("DELETE FROM images")
    assert fates(await bring(core, target)) == {Fate.ADDED: 6}
    for old, new in zip(before, await library(core), strict=True):
        assert replace(new, created_at=old.created_at) == old


async def test_an_export_takes_only_what_is_asked_for(core: Core, pictures: Path) -> None:
    await bring(core, pictures)
    await core.objects.delete((await library(core))[0].image_key)
    problems: list[str] = []
    export = Export(core.database, core.objects)
    target = pictures.parent / "few.zip"
    assert await export(ZipTarget(target), Selection(), tell=problems.append) == 5
    assert len(problems) == 1
    assert len(zipfile.ZipFile(target).namelist()) == 6
    none = ZipTarget(pictures.parent / "none.zip")
    assert await export(none, Selection(model="other"), tell=print) == 0


def _keep(path: Path, prompt: str, *, seed: int) -> None:
    """A picture as AUTOMATIC1111 writes it."""
    text = f"{prompt}\nSteps: 20, Seed: 1"
    path.write_bytes(files.png({"parameters": text}, files.noise(seed)))


async def test_what_the_review_blocks_stays_out(core: Core, tmp_path: Path) -> None:
    _keep(tmp_path / "statue.png", "a nude figure on a beach", seed=1)
    _keep(tmp_path / "lake.png", "a lake at dawn", seed=2)
    outcomes = await bring(core, tmp_path, ruleset="default")
    assert fates(outcomes) == {Fate.ADDED: 1, Fate.BLOCKED: 1}
    blocked = next(one for one in outcomes if one.fate is Fate.BLOCKED)
    assert "Explicit nudity" in blocked.note
    async with core.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT prompt, compliance, ruleset, ruleset_version FROM images"
        )
        assert await cursor.fetchall() == [("a lake at dawn", "safe", "default", "1")]


async def test_the_floor_holds_for_pictures_that_are_trusted(core: Core, tmp_path: Path) -> None:
    _keep(tmp_path / "prompt.png", "a nude schoolgirl", seed=1)
    _keep(tmp_path / "known.png", "a portrait", seed=2)
    _keep(tmp_path / "lake.png", "a lake at dawn", seed=3)
    bad = pdq(decode((tmp_path / "known.png").read_bytes()))
    await HashLists(core.database).add("victims", "known_bad", [bad.hash])
    outcomes = await bring(core, tmp_path, ruleset="")
    assert {outcome.name.rpartition("/")[2]: outcome.fate for outcome in outcomes} == {
        **{"prompt.png": Fate.BLOCKED, "known.png": Fate.BLOCKED, "lake.png": Fate.ADDED},
    }
    assert [one.prompt for one in await library(core)] == ["a lake at dawn"]


async def test_without_a_ruleset_nothing_is_reviewed(core: Core, tmp_path: Path) -> None:
    _keep(tmp_path / "lake.png", "a lake at dawn", seed=2)
    assert fates(await bring(core, tmp_path)) == {Fate.ADDED: 1}
    async with core.database.connection() as connection:
        cursor = await connection.execute("SELECT compliance FROM images")
        assert await cursor.fetchall() == [("unreviewed",)]

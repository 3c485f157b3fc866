"""Labelled pictures: a table beside them, or one folder for each category."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from imgen.errors import Invalid

TABLE = "labels.csv"
SAFE = "safe"
"""The label of a picture that no rule should fire on."""
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".tif", ".tiff", ".bmp"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture, and what should be found in it."""

    file: Path
    categories: frozenset[str]
    """Empty: nothing."""
    prompt: str = ""


def read_labels(folder: Path, known: Collection[str]) -> list[Labelled]:
    """The labelled pictures of a folder.

    `labels.csv` has the columns `file` (relative to the folder), `categories` (several with `;`
    between them, `safe` or nothing for none) and, if there is more to judge than the picture,
    `prompt`. Without that table, every picture has the category that its top folder is named for.

    Args:
        known: the categories that the ruleset can find.

    Raises:
        imgen.errors.Invalid: nothing is labelled, or a label is no category; names it.
    """
    if not folder.is_dir():
        raise Invalid(f"{folder} is not a folder", field="folder")
    table = folder / TABLE
    found = list(_from_table(folder, table) if table.is_file() else _from_folders(folder))
    if not found:
        raise Invalid(f"{folder} has neither {TABLE} nor folders of pictures", field="folder")
    for one in found:
        if unknown := sorted(one.categories - set(known)):
            raise Invalid(
                f"{one.file}: the ruleset knows no category {unknown[0]}; it has "
                f"{', '.join(sorted(known))}, and {SAFE} is for none",
                field="categories",
            )
    return found


def _from_table(folder: Path, table: Path) -> Iterator[Labelled]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            if missing := {"file", "categories"} - set(reader.fieldnames or ()):
                raise Invalid(f"{table} lacks the column {sorted(missing)[0]}", field="folder")
            for row in reader:
                file = folder / (row["file"] or "").strip()
                if not file.is_file():
                    raise Invalid(f"{table}, line {reader.line_num}: there is no {file}")
                labels = frozenset(
                    label.strip() for label in (row["categories"] or "").split(";") if label.strip()
                )
                yield Labelled(file, labels - {SAFE}, (row.get("prompt") or "").strip())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"{table} cannot be read: {error}", field="folder") from None


def _from_folders(folder: Path) -> Iterator[Labelled]:
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if len(parts) > 1 and file.suffix.lower() in _SUFFIXES and file.is_file():
            yield Labelled(file, frozenset({parts[0]} - {SAFE}))

"""Puts made-up pictures into imgen's library quickly: copied in, then indexed."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types import TypeInfo

from bench.peers.library_pictures import Pictures
from imgen.database.embedded import EmbeddedPostgres
from imgen.database.migrate import migrate
from imgen.library.embed.folder import BUILT_IN, read_folder
from imgen.library.image import prompt_key

_QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "maintenance_work_mem": "3GB",
}
"""While it is filled; what is measured afterwards is a server with its usual settings."""

_COLUMNS = (
    "id, shared, source, prompt, prompt_key, negatives, caption, model, model_version, style,"
    " character, character_version, width, height, format, image_key, thumbnail_key, fingerprint,"
    " ruleset, ruleset_version, compliance, served, encoder, prompt_vector, caption_vector"
)


_TYPES = (
    "text bool text text bytea text[] text text text text text text int4 int4 text text text text"
    " text text text jsonb text"
)
"""Of all columns but the vectors."""


@dataclass(frozen=True, slots=True)
class _Half:
    vector: NDArray[np.float32]


class _HalfDumper(Dumper):
    """pgvector's own binary form: a million vectors as text would take minutes to write."""

    format = Format.BINARY

    def dump(self, obj: _Half) -> bytes:
        return struct.pack(">HH", len(obj.vector), 0) + obj.vector.astype(">f2").tobytes()


def name_of(place: int) -> str:
    """The id of the picture at a place in `Pictures`."""
    return hashlib.sha256(str(place).encode()).hexdigest()[:20]


def fill(folder: Path, pictures: Pictures, served: Mapping[str, object] | None = None) -> None:
    """Make a data folder whose library holds these pictures, shared with every account.

    Args:
        folder: of a deployment; new.
        pictures: what is there.
        served: what a repeat of any of them is answered with; None: none is repeated.
    """
    server = EmbeddedPostgres(folder, conf=_QUICK)
    server.start()
    try:
        migrate(server.url)
        with psycopg.connect(server.url, autocommit=True) as connection:
            copy(connection, pictures, served)
            connection.execute("VACUUM ANALYZE images, image_counts")
            connection.execute("CHECKPOINT")
    finally:
        server.leave()


def copy(
    connection: psycopg.Connection[tuple[object, ...]],
    pictures: Pictures,
    served: Mapping[str, object] | None = None,
) -> None:
    """Fill the table without its vector indexes, then build them as the schema says."""
    indexes = _vector_indexes(connection)
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
    encoder = read_folder(BUILT_IN).model_id
    halfvec = TypeInfo.fetch(connection, "halfvec")
    assert halfvec is not None
    connection.adapters.register_dumper(
        _Half, type("_Dumper", (_HalfDumper,), {"oid": halfvec.oid})
    )
    statement = f"COPY images ({_COLUMNS}) FROM STDIN (FORMAT BINARY)".encode()
    with connection.cursor().copy(statement) as rows:
        rows.set_types([*_TYPES.split(), halfvec.oid, halfvec.oid])
        for place in range(len(pictures)):
            rows.write_row(_row(pictures, place, encoder, served))
    connection.execute("SET max_parallel_maintenance_workers = 2")
    for _, definition in indexes:
        connection.execute(definition.encode())


def _vector_indexes(connection: psycopg.Connection[tuple[object, ...]]) -> list[tuple[str, str]]:
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'images'"
        " AND indexname IN ('images_prompt_vector', 'images_caption_vector')"
    ).fetchall()
    assert found
    return [(str(name), re.sub(r"\s+", " ", str(definition))) for name, definition in found]


def _row(
    pictures: Pictures, place: int, encoder: str, served: Mapping[str, object] | None
) -> list[object]:
    id, prompt, kinds = name_of(place), pictures.prompts[place], pictures.kinds
    return [
        *(id, True, "imported", prompt, prompt_key(prompt), [], pictures.captions[place]),
        *(kinds["model"][place], "1", kinds["style"][place], kinds["character"][place], "1"),
        *(1024, 1024, "jpeg", f"images/{id}.jpg", f"images/{id}.thumb.jpg", id * 3),
        *("default", "1", "safe", served, encoder),
        *(_Half(pictures.prompt_vectors[place]), _Half(pictures.caption_vectors[place])),
    ]

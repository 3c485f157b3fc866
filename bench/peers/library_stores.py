"""Vector stores that run inside a program: Chroma, LanceDB and GPTCache, each as it comes.

What is stored is the same everywhere: id, prompt, model, style, character, and the prompt's vector.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.peers.library_fill import name_of
from bench.peers.library_pictures import KINDS, Pictures

Where = tuple[str, str] | None
"""A column and the value that it must have; None: no filter."""
_AT_ONCE = 5_000


class Store(Protocol):
    """A filled store."""

    filters: bool
    """Whether it can restrict a search."""

    def search(self, vector: NDArray[np.float32], where: Where, limit: int) -> list[str]:
        """The ids of the nearest pictures; their texts are fetched as well."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


class Chroma:
    """A persistent client; HNSW over cosine distance with the settings that it comes with."""

    filters = True

    def __init__(self, folder: Path, pictures: Pictures) -> None:
        chromadb = importlib.import_module("chromadb")
        settings = chromadb.Settings(anonymized_telemetry=False)
        client = chromadb.PersistentClient(str(folder), settings)
        self._images = client.create_collection(
            "images", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )
        for places in _parts(len(pictures)):
            self._images.add(
                ids=[name_of(place) for place in places],
                embeddings=pictures.prompt_vectors[places.start : places.stop],
                documents=[pictures.prompts[place] for place in places],
                metadatas=[
                    {column: values[place] for column, values in pictures.kinds.items()}
                    for place in places
                ],
            )

    def search(self, vector: NDArray[np.float32], where: Where, limit: int) -> list[str]:
        found = self._images.query(
            query_embeddings=[vector],
            n_results=limit,
            where=None if where is None else {where[0]: where[1]},
            include=["metadatas", "documents", "distances"],
        )
        return list(found["ids"][0])

    def close(self) -> None:
        del self._images


class LanceDb:
    """A table with an IVF-HNSW index over cosine distance and an index for each filter."""

    filters = True

    def __init__(self, folder: Path, pictures: Pictures) -> None:
        lancedb, index = (importlib.import_module(f"lancedb{part}") for part in ("", ".index"))
        arrow = importlib.import_module("pyarrow")
        vectors = arrow.FixedSizeListArray.from_arrays(
            arrow.array(pictures.prompt_vectors.ravel()), pictures.prompt_vectors.shape[1]
        )
        names = [name_of(place) for place in range(len(pictures))]
        rows = {"id": names, "prompt": pictures.prompts, **pictures.kinds}
        self._images = lancedb.connect(str(folder)).create_table(
            "images", arrow.table({**rows, "vector": vectors})
        )
        waiting = timedelta(minutes=30)
        self._images.create_index(
            "vector", config=index.HnswSq(distance_type="cosine"), wait_timeout=waiting
        )
        for column in KINDS:
            self._images.create_index(column, config=index.Bitmap(), wait_timeout=waiting)

    def search(self, vector: NDArray[np.float32], where: Where, limit: int) -> list[str]:
        query = self._images.search(vector).distance_type("cosine").limit(limit)
        if where is not None:
            query = query.where(f"{where[0]} = '{where[1]}'", prefilter=True)
        return [row["id"] for row in query.select(["id", "prompt", *KINDS, "_distance"]).to_list()]

    def close(self) -> None:
        del self._images


class GptCache:
    """Its data manager over SQLite and faiss (exact comparison), nothing ever evicted."""

    filters = False

    def __init__(self, folder: Path, pictures: Pictures) -> None:
        gptcache = importlib.import_module("gptcache.manager")
        folder.mkdir()
        self._data = gptcache.get_data_manager(
            gptcache.CacheBase("sqlite", sql_url=f"sqlite:///{folder / 'cache.db'}"),
            gptcache.VectorBase(
                "faiss", dimension=384, index_path=str(folder / "faiss.index"), top_k=10
            ),
            max_size=10 * len(pictures),
        )
        self._fill(pictures)

    def _fill(self, pictures: Pictures) -> None:
        """Into its own tables, in bulk: its `import_data` flushes after every row."""
        data, scalars = importlib.import_module("gptcache.manager.vector_data.base"), self._data.s
        for places in _parts(len(pictures)):
            with scalars._engine.begin() as rows:
                questions = [
                    {
                        "id": place + 1,
                        "question": pictures.prompts[place],
                        "embedding_data": pictures.prompt_vectors[place].tobytes(),
                    }
                    for place in places
                ]
                answers = [
                    {"question_id": place + 1, "answer": name_of(place), "answer_type": 0}
                    for place in places
                ]
                rows.execute(scalars._ques.__table__.insert(), questions)
                rows.execute(scalars._answer.__table__.insert(), answers)
            self._data.v.mul_add(
                [data.VectorData(place + 1, pictures.prompt_vectors[place]) for place in places]
            )

    def answers(self, embed: Callable[[str], NDArray[np.float32]]) -> Callable[[str], str | None]:
        """Its own way from a prompt to an answer: embed, search, evaluate, `get`.

        At a cosine of 0.95, our own default, which is a squared distance of 0.1 of 4; its default
        of 0.8 would take a cosine of 0.6 for a hit.
        """
        api = importlib.import_module("gptcache.adapter.api")
        gptcache = importlib.import_module("gptcache")
        evaluation = importlib.import_module("gptcache.similarity_evaluation")
        cache = gptcache.Cache()
        cache.init(
            pre_embedding_func=importlib.import_module("gptcache.processor.pre").get_prompt,
            embedding_func=lambda text, **_: embed(text),
            data_manager=self._data,
            similarity_evaluation=evaluation.SearchDistanceEvaluation(),
            config=gptcache.Config(similarity_threshold=1 - 0.1 / 4),
        )
        return lambda text: api.get(text, cache_obj=cache)

    def search(self, vector: NDArray[np.float32], where: Where, limit: int) -> list[str]:
        assert where is None
        found = self._data.search(vector, top_k=limit)
        return [str(self._data.get_scalar_data(one).answers[0].answer) for one in found]

    def close(self) -> None:
        self._data.close()


PEERS: dict[str, tuple[Callable[[Path, Pictures], Store], str]] = {
    "Chroma": (Chroma, "chromadb"),
    "LanceDB": (LanceDb, "lancedb"),
    "GPTCache": (GptCache, "gptcache"),
}
"""Name → how a filled store is made in a new folder, and the package that it takes."""


def _parts(amount: int) -> Iterator[range]:
    for start in range(0, amount, _AT_ONCE):
        yield range(start, min(start + _AT_ONCE, amount))

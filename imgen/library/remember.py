"""Let pictures be found: read what is new in the library and keep its vectors."""

from __future__ import annotations

from dataclasses import dataclass

from imgen.database.pool import Database
from imgen.library import store
from imgen.library.embed.encoder import Encoder
from imgen.library.meaning.essence import essence


@dataclass(frozen=True, slots=True)
class Remember:
    """Gives vectors to pictures that have none of this encoder's yet.

    A picture enters the library in the transaction that completes its job; its vectors follow. So
    a crash in between costs nothing but a moment: whoever looks next reads what is left.
    """

    database: Database
    encoder: Encoder

    async def __call__(self, limit: int = 256) -> int:
        """Read up to `limit` pictures; returns how many there were.

        Raises:
            imgen.errors.Unavailable: the encoder or the database is down.
        """
        async with self.database.connection() as connection:
            new = await store.without_vectors(connection, self.encoder.model_id, limit)
        if not new:
            return 0
        texts = [text for _, prompt, caption in new for text in (essence(prompt), caption)]
        vectors = await self.encoder.encode(texts)
        named = [
            (id, vectors[2 * place] if prompt else None, vectors[2 * place + 1])
            for place, (id, prompt, _) in enumerate(new)
        ]
        async with self.database.transaction() as connection:
            await store.set_vectors(connection, self.encoder.model_id, named)
        return len(new)

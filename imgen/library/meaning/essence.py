"""Takes from a prompt what is addressed to the machine, before the prompt is embedded."""

from __future__ import annotations

from imgen.library.meaning.items import without_request, words_of
from imgen.library.meaning.lexicon import Lexicon, Words, lexicon


def essence(text: str) -> str:
    """A prompt without requests ("please draw") and orders for quality ("masterpiece, 8k").

    Both shift an embedding and say nothing about the picture: two prompts that differ only in them
    often lie below any useful threshold. Lower case, without brackets and weights; the text itself,
    trimmed, where nothing else would be left. Takes time in proportion to the length.
    """
    known = lexicon()
    words = without_request(words_of(text), known)
    stems = tuple(map(known.stemmer.stem, words))
    kept: list[str] = []
    position = 0
    while position < len(words):
        length = _praise(stems, position, known)
        if not length:
            kept.append(words[position])
        position += length or 1
    phrases = (" ".join(phrase.split()) for phrase in " ".join(kept).split(","))
    return ", ".join(phrase for phrase in phrases if phrase) or text.strip()


def _praise(stems: Words, at: int, known: Lexicon) -> int:
    """How many words of praise begin here; 0 for none."""
    for length in range(min(known.longest, len(stems) - at), 0, -1):
        if stems[at : at + length] in known.quality:
            return length
    return 0

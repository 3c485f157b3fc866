"""A generator's prompt without the syntax that only generators understand.

The syntaxes are those of AUTOMATIC1111 and Forge (weights, `[from:to:when]`, `<lora:…>`, `BREAK`),
ComfyUI (weights, `embedding:name`), InvokeAI (`word++`, `(words)1.2`) and of tag lists
(`looking_at_viewer`).
"""

from __future__ import annotations

import re

_LONGEST = 20_000
"""Characters that are looked at: a prompt is never longer, and a hostile one may be."""
_TAG = re.compile(r"<[\w-]{1,20}:[^<>]{0,300}>")
_BREAK = re.compile(r"\b(?:BREAK|AND|ADDCOMM|ADDBASE|ADDCOL|ADDROW)\b")
_EMBEDDING = re.compile(r"\bembedding:[^\s,)]*")
_EDIT = re.compile(r"\[([^\[\]:|]{0,300}):([^\[\]:|]{0,300}):\s*[\d.]+\s*\]")
_CHOICE = re.compile(r"[\[{]([^\[\]{}|]{0,300})\|[^\[\]{}]{0,600}[\]}]")
_WEIGHT = re.compile(r":\s*-?\d*\.?\d+\s*(?=[)\]])")
_OUTER_WEIGHT = re.compile(r"(?<=\))(?:\d*\.?\d+\b|[+-]+)")
_PLUSES = re.compile(r"(?<=[\w)])(?:\+{1,5}|-{2,5})(?=[\s,.;)]|$)")
_BRACKETS = re.compile(r"(?<!\\)[()\[\]{}]")
_ESCAPED = re.compile(r"\\([()\[\]{}@\\])")
_UNDERSCORE = re.compile(r"(?<=[^\W_])_+(?=[^\W_])")
_SPLIT = re.compile(r"[,\n;|]+")


def plain_text(prompt: str) -> str:
    """The words of a prompt, without weights, tags of networks, brackets and underscores.

    Commas and line breaks stay. Takes time linear in the prompt's length.
    """
    text = _TAG.sub(",", prompt[:_LONGEST])
    text = _EMBEDDING.sub("", _BREAK.sub(",", text))
    text = _EDIT.sub(lambda found: found[2].strip() or found[1], text)
    text = _CHOICE.sub(r"\1", text)
    text = _PLUSES.sub("", _OUTER_WEIGHT.sub("", _WEIGHT.sub("", text)))
    text = _ESCAPED.sub(r"\1", _BRACKETS.sub("", text))
    return _UNDERSCORE.sub(" ", text)


def plain_terms(prompt: str) -> list[str]:
    """What a prompt or a list of negatives names, term by term, each once."""
    terms: dict[str, str] = {}
    for part in _SPLIT.split(plain_text(prompt)):
        term = " ".join(part.split()).strip(" .:-")
        if any(character.isalnum() for character in term):
            terms.setdefault(term.casefold(), term)
    return list(terms.values())

"""What a raw prompt wants and what it does not want, by Imgen v2's syntax.

When in doubt a term counts as wanted: whatever is taken for a negative here is one for the parser
of prompts too.
"""

from __future__ import annotations

import re

_NEGATIVE = re.compile(r"\s*(?:@\w[\w-]*\s+)?-")
_MARK = re.compile(r"(?<!\\)[(),]|\\,|,")


def split_terms(text: str) -> list[str]:
    """The pieces of a text between commas outside parentheses."""
    terms, start, depth = [], 0, 0
    for found in _MARK.finditer(text):
        if found[0] == "(":
            depth += 1
        elif found[0] == ")":
            depth = max(0, depth - 1)
        elif found[0] == "," and depth == 0:
            terms.append(text[start : found.start()])
            start = found.end()
    terms.append(text[start:])
    return terms


def take_apart(prompt: str, negative: str) -> tuple[str, tuple[str, ...]]:
    """The wanted part of a prompt, and every unwanted term of it and of its negative prompt."""
    wanted, unwanted = [], re.split(r"[,;\n]", negative) if negative else []
    for term in split_terms(prompt):
        minus = _NEGATIVE.match(term)
        if minus:
            unwanted.append(term[minus.end() :])
        else:
            wanted.append(term)
    return ",".join(wanted), tuple(unwanted)

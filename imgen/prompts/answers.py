"""Making a prompt of what a language model answered, or refusing to."""

from __future__ import annotations

import re
from dataclasses import replace

from imgen.chat.completion import Unusable
from imgen.prompts.compose import fold
from imgen.prompts.enhance import LONGEST_PROMPT
from imgen.prompts.syntax import ParsedPrompt, clean, format_prompt, parse, split_terms

LONGEST_ANSWER = 20_000
"""Characters of an answer beyond which it is not a prompt, whatever it is."""

_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[a-z]*\n?(.*?)(?:```|\Z)", re.DOTALL | re.IGNORECASE)
_LABEL = re.compile(
    r"^[*_#>\s]*(?:(?:the|your|here is the|here's the)\s+)?"
    r"(?:(?:enhanced|improved|final|new|positive|image|rewritten|revised)\s+){0,3}"
    r"prompt\s*[*_]*\s*[:=]\s*[*_]*\s*",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\s*(?:[*•–]|-(?=\s)|\d{1,2}[.)])\s+")
_QUOTES = "\"'`“”„‘’«»"
_REFUSAL = re.compile(
    r"^\W*(?:i['’]?m (?:really |very |so )?sorry|i am sorry|sorry(?:[,.!:;]| but\b| i\b)|"
    r"i apologi[sz]e|my apologies|i (?:can['’]?t|cannot|can not|won['’]?t|will not)\b|"
    r"i(?: am|['’]?m) (?:unable|not able)|as an ai\b|unfortunately,? i\b|i must decline|no, i\b)",
    re.IGNORECASE,
)


def enhanced(prompt: ParsedPrompt, answer: str, *, cut_off: bool = False) -> ParsedPrompt:
    """The prompt with its positive part taken from an answer; everything else stays.

    Args:
        prompt: what was to be enhanced.
        answer: what the model wrote.
        cut_off: whether it ran out of tokens; then the last term is not trusted.

    Raises:
        Unusable: there is no prompt in it.
    """
    text = _unwrap(answer)
    if _REFUSAL.match(text):
        raise Unusable("it refused")
    # Names and minus terms are the user's to choose, so whatever the model added of them goes.
    terms = split_terms(parse(re.sub(r"(?<!\\)@[\w-]*", " ", text)).positive)
    unwanted = {fold(term) for term in prompt.negatives}
    terms = [term.rstrip(". ") for term in terms if fold(term) not in unwanted]
    terms = list(filter(None, terms))
    if cut_off:
        terms = terms[:-1]
    while terms:
        better = replace(prompt, positive=", ".join(terms))
        if len(format_prompt(better)) <= LONGEST_PROMPT:
            break
        terms.pop()
    if not any(character.isalnum() for term in terms for character in term):
        raise Unusable("it holds no prompt")
    return better


def _unwrap(answer: str) -> str:
    """An answer without thoughts, fences, preamble, label, bullets and quotes, on one line."""
    if len(answer) > LONGEST_ANSWER:
        raise Unusable(f"it has {len(answer)} characters")
    text = _THOUGHT.sub(" ", answer)
    fenced = _FENCE.search(text)
    lines = [line.strip() for line in (fenced[1] if fenced else text).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith(":"):
        lines = lines[1:]
    bulleted = len(lines) > 1 and all(_BULLET.match(line) for line in lines)
    lines = [_BULLET.sub("", line) for line in lines]
    line = clean((", " if bulleted else " ").join(lines))
    return _LABEL.sub("", line.strip(_QUOTES + " ")).strip(_QUOTES + "* ")

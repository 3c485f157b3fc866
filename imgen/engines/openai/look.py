"""How to see whether a model's OpenAI-style server is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imgen.engines.openai.offer import read_offer
from imgen.engines.remote.look import Look, key_for
from imgen.engines.remote.server import checked_url, host_of


def looks(options: Mapping[str, object], settings: Mapping[str, object]) -> Sequence[Look]:
    """The list of its models, which costs nothing; not every such server has one.

    Raises:
        imgen.errors.Invalid: an option is missing or wrong.
    """
    given = str(settings.get("url", ""))
    url = read_offer(options, given).url
    key = key_for(url, settings)
    if given and host_of(checked_url(given, "the server")) == host_of(url):
        key = str(settings.get("key", "")) or key
    return [Look(url, "/models", key, optional=True)]

"""Says in one plain sentence what the evidence amounts to."""

from __future__ import annotations

from collections.abc import Sequence

from imgen.finishing.credentials.read import Credentials, State
from imgen.verification.report import Generation, Mark, Match


def verdict(
    credentials: Credentials,
    mark: Mark,
    generation: Generation | None,
    matches: Sequence[Match],
) -> str:
    """One sentence for a person, strongest evidence first."""
    if credentials.own:
        return f"Made here{_as(generation)}: its content credentials are ours and intact."
    if mark.found:
        return f"Made here{_as(generation)}: it carries our invisible mark, {_since(credentials)}."
    if matches:
        return (
            f"Probably not ours: no mark of ours was found{_credited(credentials)}, but it looks "
            f"like {matches[0].id} in the library (distance {matches[0].distance} of 256)."
        )
    return f"Not recognised: no mark of ours was found{_credited(credentials)}."


def _as(generation: Generation | None) -> str:
    return f" as {generation.gen_id}" if generation else ", though its record is gone"


def _since(credentials: Credentials) -> str:
    match credentials.state:
        case State.ABSENT:
            return "but its content credentials were stripped since"
        case State.TAMPERED:
            return "but the file was changed after it was signed"
        case _:
            return f"and was signed since by {credentials.signer or 'someone else'}"


def _credited(credentials: Credentials) -> str:
    signer = credentials.signer or "an unnamed signer"
    match credentials.state:
        case State.ABSENT:
            return " and it has no content credentials"
        case State.TAMPERED:
            return " and its content credentials do not fit the file"
        case State.TRUSTED:
            return f" and its content credentials are those of {signer}, whom we trust"
        case State.VALID:
            return f" and its content credentials are those of {signer}, whom we do not know"

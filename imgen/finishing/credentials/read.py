"""What the credentials in a file say, and whether that can be believed."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import c2pa

from imgen.finishing.credentials.manifest import SOFT_BINDING
from imgen.finishing.credentials.trust import Trust

_ABOUT_THE_SIGNER = {"signingCredential.untrusted", "signingCredential.expired"}
"""Problems that say nothing against the picture: it is as its signer left it."""
_PAYLOAD_DIGITS = 12
REMOTE = "remote manifest, not fetched"


class State(StrEnum):
    """How much the credentials of a file are worth."""

    ABSENT = "absent"
    VALID = "valid"
    """Intact, by a signer whom we do not know, or whose certificate has run out since."""
    TRUSTED = "trusted"
    """Intact, and signed by us or by someone whose chain leads to one of our anchors."""
    TAMPERED = "tampered"
    """The file is not as it was signed, or its credentials are damaged."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of one file. Only `TRUSTED` ones say who was really behind it."""

    state: State
    own: bool = False
    """Trusted, and signed with a certificate of this deployment."""
    signer: str = ""
    """Organization and name in the signing certificate."""
    signed_at: str = ""
    """RFC 3339, as a timestamp authority vouched for it; empty without one."""
    generator: str = ""
    title: str = ""
    author: str = ""
    gen_id: str = ""
    model: str = ""
    payload: int | None = None
    """Of the invisible mark, as the soft binding has it."""
    actions: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    """IPTC digital source types, the last part of each URL."""
    ingredients: tuple[str, ...] = ()
    """Titles."""
    problems: tuple[str, ...] = ()
    """C2PA's codes of what is wrong; `REMOTE` where the file only names a place to look."""


ABSENT = Credentials(State.ABSENT)


class ReadCredentials:
    """Reads credentials without ever asking the network. Made once, used from any thread."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._context = trust.context()

    def __call__(self, data: bytes, media_type: str = "") -> Credentials:
        """The credentials in a file. Blocking: a few milliseconds.

        Args:
            data: the file, of any kind; one that can hold no credentials has none.
            media_type: what it is thought to be; empty lets its bytes tell.
        """
        try:
            reader = c2pa.Reader.try_create(
                media_type or None, io.BytesIO(data), context=self._context
            )
        except c2pa.C2paError.NotSupported:
            return ABSENT
        except c2pa.C2paError as error:
            return _unread(str(error))
        if reader is None:
            return ABSENT
        with reader:
            return self._judged(json.loads(reader.json()))

    def _judged(self, store: Mapping[str, Any]) -> Credentials:
        results = store.get("validation_results", {}).get("activeManifest", {})
        problems = tuple(dict.fromkeys(each["code"] for each in results.get("failure", ())))
        state = _state(store.get("validation_state", ""), problems)
        manifest = store.get("manifests", {}).get(store.get("active_manifest", ""), {})
        signature = manifest.get("signature_info") or {}
        own = state is State.TRUSTED and _serial(signature) in self._trust.own
        return _told(manifest, signature, state, own, problems)


def _state(verdict: str, problems: tuple[str, ...]) -> State:
    match verdict:
        case "Trusted":
            return State.TRUSTED
        case "Valid":
            return State.VALID
        case _ if problems and set(problems) <= _ABOUT_THE_SIGNER:
            return State.VALID
        case _:
            return State.TAMPERED


def _told(
    manifest: Mapping[str, Any],
    signature: Mapping[str, Any],
    state: State,
    own: bool,
    problems: tuple[str, ...],
) -> Credentials:
    metadata = _assertion(manifest, "cawg.metadata")
    actions: Sequence[Any] = _assertion(manifest, "c2pa.actions").get("actions") or ()
    generators = manifest.get("claim_generator_info") or [{}]
    signer = (signature.get("issuer"), signature.get("common_name"))
    return Credentials(
        state=state,
        own=own,
        signer=", ".join(str(part) for part in signer if part),
        signed_at=str(signature.get("time") or ""),
        generator=" ".join(
            str(generators[0][key]) for key in ("name", "version") if generators[0].get(key)
        ),
        title=str(manifest.get("title") or ""),
        author=", ".join(_texts(metadata.get("dc:creator"))),
        gen_id=next(iter(_texts(metadata.get("dc:identifier"))), ""),
        model=next(iter(_texts(metadata.get("Iptc4xmpExt:AISystemUsed"))), ""),
        payload=_payload(_assertion(manifest, "c2pa.soft-binding")),
        actions=tuple(str(each.get("action", "")) for each in actions),
        source_types=_source_types(actions),
        ingredients=tuple(
            str(each.get("title") or "") for each in manifest.get("ingredients") or ()
        ),
        problems=problems,
    )


def _assertion(manifest: Mapping[str, Any], label: str) -> Mapping[str, Any]:
    """The data of the first assertion of a kind, whatever its version; empty without one."""
    for assertion in manifest.get("assertions") or ():
        if str(assertion.get("label", "")).startswith(label):
            data = assertion.get("data")
            return data if isinstance(data, Mapping) else {}
    return {}


def _texts(value: object) -> list[str]:
    """One text or several: JSON-LD allows both."""
    many = value if isinstance(value, list) else [value]
    return [one for one in many if isinstance(one, str) and one]


def _source_types(actions: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    urls = (str(each.get("digitalSourceType") or "") for each in actions)
    return tuple(dict.fromkeys(url.rsplit("/", 1)[-1] for url in urls if url))


def _payload(binding: Mapping[str, Any]) -> int | None:
    if binding.get("alg") != SOFT_BINDING:
        return None
    for block in binding.get("blocks") or ():
        value = block.get("value") if isinstance(block, Mapping) else None
        if isinstance(value, str) and len(value) == _PAYLOAD_DIGITS:
            try:
                return int(value, 16)
            except ValueError:
                return None
    return None


def _serial(signature: Mapping[str, Any]) -> str:
    """C2PA prints it in decimal."""
    number = str(signature.get("cert_serial_number") or "")
    return f"{int(number):x}" if number.isdecimal() else ""


def _unread(error: str) -> Credentials:
    """Credentials that are kept on some server say nothing to us: asking would tell who looks."""
    if error.startswith("Remote"):
        return Credentials(State.ABSENT, problems=(REMOTE,))
    return Credentials(State.TAMPERED, problems=(f"unreadable: {error[:200]}",))

"""Whose signatures this deployment believes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from imgen.finishing.credentials.certificates import Chain, read_certificates


@dataclass(frozen=True, slots=True)
class Trust:
    """Certificates that end the question, and those that are this deployment's own."""

    anchors: tuple[x509.Certificate, ...] = ()
    """A chain that leads to one of these is trusted."""
    own: frozenset[str] = frozenset()
    """Serial numbers, in hexadecimal, of signing certificates that are or were ours."""

    @classmethod
    def of(cls, chains: Iterable[Chain] = (), anchor_files: Iterable[Path] = ()) -> Trust:
        """Trust in our own chains, of today and of earlier, and in the operator's anchors.

        Raises:
            imgen.errors.Invalid: an anchor file holds no certificates.
        """
        ours = tuple(chains)
        tops = [chain.certificates[-1] for chain in ours if len(chain.certificates) > 1]
        named = [one for path in anchor_files for one in read_certificates(path)]
        return cls(
            anchors=tuple(dict.fromkeys([*tops, *named])),
            own=frozenset(f"{chain.leaf.serial_number:x}" for chain in ours),
        )

    def context(self) -> c2pa.Context:
        """The C2PA library set up with this trust, and without any access to the network.

        No thumbnail is made (ours is separate), no action is added beyond those that we state,
        and a file is not read again after it was signed: the tests do that.
        """
        settings = {
            "version": 1,
            "verify": {
                "verify_trust": True,
                "verify_after_reading": True,
                "verify_after_sign": False,
                "remote_manifest_fetch": False,
                "ocsp_fetch": False,
            },
            "builder": {
                "thumbnail": {"enabled": False},
                "created_assertion_labels": [
                    "c2pa.actions.v2",
                    "c2pa.soft-binding",
                    "cawg.metadata",
                ],
                "actions": {
                    "auto_created_action": {"enabled": False},
                    "auto_opened_action": {"enabled": False},
                    "auto_placed_action": {"enabled": False},
                },
            },
        }
        if self.anchors:
            settings["trust"] = {"user_anchors": self._pem()}
        return c2pa.Context.from_json(json.dumps(settings))

    def _pem(self) -> str:
        return "".join(one.public_bytes(Encoding.PEM).decode() for one in self.anchors)

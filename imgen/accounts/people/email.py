"""What counts as an e-mail address, and when two are the same."""

from __future__ import annotations

import re
import unicodedata

from imgen.errors import Invalid

LONGEST = 254
"""Characters (RFC 5321, section 4.5.3.1)."""
_LONGEST_LOCAL = 64
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}|localhost")


def normalise(text: str) -> str:
    """An address as it is stored and compared: lower case, its domain in ASCII.

    A mailbox may tell `Ann` from `ann` in theory (RFC 5321); none does, and people do not either.

    Raises:
        imgen.errors.Invalid: not an address of the usual form (dot-atom, RFC 5322).
    """
    local, _, domain = unicodedata.normalize("NFKC", text).strip().lower().rpartition("@")
    try:
        domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        raise _not_an_address() from None
    address = f"{local}@{domain}"
    if (
        len(address) > LONGEST
        or len(local) > _LONGEST_LOCAL
        or not _LOCAL.fullmatch(local)
        or not _DOMAIN.fullmatch(domain)
    ):
        raise _not_an_address()
    return address


def _not_an_address() -> Invalid:
    return Invalid(
        "email must be an address such as ann@example.org", code="bad_email", field="email"
    )

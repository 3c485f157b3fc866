"""Puts signed credentials into a finished file. Nothing may touch the file afterwards."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import replace

import c2pa

from imgen.errors import ImgenError, Internal, Invalid, Unavailable
from imgen.finishing.credentials.certificates import LocalKey, Signer
from imgen.finishing.credentials.manifest import (
    MEDIA_TYPES,
    Ingredient,
    Statement,
    definition,
    ingredient_definition,
)
from imgen.finishing.credentials.read import ReadCredentials, State
from imgen.finishing.credentials.trust import Trust
from imgen.finishing.encode import Format, decode, encode


class Sign:
    """Signs files with one signer. Made once, then called from any number of threads.

    What has ingredients is read again at once: their credentials, which anyone may have written,
    become part of ours.

    Args:
        signer: whoever holds the key.
        trust: judges the credentials of ingredients; what it finds is noted in ours.
        timestamp_url: of an RFC 3161 timestamp authority, asked at each signature; empty for none.
    """

    def __init__(self, signer: Signer, *, trust: Trust, timestamp_url: str = "") -> None:
        self._signer = signer
        self._failure = threading.local()
        self._read = ReadCredentials(trust)
        try:
            self._context = trust.context()
            self._native = self._make_native(timestamp_url or None)
        except c2pa.C2paError as error:
            raise Invalid(f"The signing certificate cannot be used: {error}") from None

    def __call__(self, data: bytes, media_type: str, statement: Statement) -> bytes:
        """The file with credentials. Blocking: a few milliseconds, plus whatever the signer takes.

        Args:
            data: the encoded picture.
            media_type: one of `MEDIA_TYPES`.
            statement: what the credentials say.

        Raises:
            imgen.errors.Invalid: an ingredient cannot be read.
            imgen.errors.Unavailable: signer or timestamp authority failed; try again.
        """
        if not statement.ingredients:
            return self._signed(data, media_type, statement)
        try:
            signed = self._signed(data, media_type, statement)
        except _Damaged:
            pass
        else:
            if self._read(signed, media_type).state is not State.TAMPERED:
                return signed
        return self._signed(data, media_type, replace(statement, ingredients=_bare(statement)))

    def _signed(self, data: bytes, media_type: str, statement: Statement) -> bytes:
        manifest = json.dumps(definition(statement, media_type))
        signed = io.BytesIO()
        self._failure.error = None
        try:
            with c2pa.Builder(manifest, self._context) as builder:
                for number, ingredient in enumerate(statement.ingredients):
                    _add(builder, ingredient, number)
                builder.sign(self._native, media_type, io.BytesIO(data), signed)
        except c2pa.C2paError as error:
            raise self._failure.error or _translated(error) from None
        return signed.getvalue()

    def _make_native(self, timestamp_url: str | None) -> c2pa.Signer:
        """A key at hand goes to the library, which then reserves 10 kB less in every file."""
        algorithm, chain = c2pa.C2paSigningAlg.ES256, self._signer.chain.pem
        if isinstance(self._signer, LocalKey):
            key = self._signer.key_pem.encode()
            return c2pa.Signer.from_info(
                c2pa.C2paSignerInfo(algorithm, chain.encode(), key, timestamp_url)
            )
        return c2pa.Signer.from_callback(self._answer, algorithm, chain, timestamp_url)

    def _answer(self, claim: bytes) -> bytes:
        """Called by the C2PA library, in the thread that signs; errors cannot cross it."""
        try:
            return self._signer.sign(claim)
        except ImgenError as error:
            self._failure.error = error
        except Exception as error:  # whatever it is, the picture must not leave unsigned
            self._failure.error = Internal(f"The signer failed: {type(error).__name__}")
        return b""


class _Damaged(Exception):
    """An ingredient's own credentials are broken beyond what can be kept."""


def _add(builder: c2pa.Builder, ingredient: Ingredient, number: int) -> None:
    if ingredient.media_type not in MEDIA_TYPES:
        raise Invalid(f"A picture of type {ingredient.media_type} cannot be credited")
    stated = json.dumps(ingredient_definition(ingredient, number))
    try:
        builder.add_ingredient(stated, ingredient.media_type, io.BytesIO(ingredient.data))
    except c2pa.C2paError as error:
        raise _Damaged(str(error)) from None


def _bare(statement: Statement) -> tuple[Ingredient, ...]:
    """The ingredients without their credentials, where those would spoil ours.

    An input picture that can be seen can be edited, whatever its metadata is like.
    """
    return tuple(
        replace(each, data=_without_credentials(each.data), media_type=Format.PNG.media_type)
        for each in statement.ingredients
    )


def _without_credentials(data: bytes) -> bytes:
    try:
        return encode(decode(data), Format.PNG)
    except (OSError, ValueError, SyntaxError):
        raise Invalid("An input picture cannot be read") from None


def _translated(error: c2pa.C2paError) -> ImgenError:
    return Unavailable(f"The content credentials could not be signed: {error}")

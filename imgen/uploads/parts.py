"""The parts of a multipart form (RFC 7578) as they come in, each held to its limit."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from io import FileIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from imgen.errors import Invalid, TooLarge

_MOST_HEADERS = 8
_MOST_HEADER_BYTES = 4096
_LONGEST_NAME = 100
_MALFORMED = "malformed_form"


@dataclass(frozen=True, slots=True)
class FormLimits:
    """What is too much for one form."""

    most_bytes: int = 72 * 1024 * 1024
    """Of the whole body."""
    most_file_bytes: int = 32 * 1024 * 1024
    most_field_bytes: int = 16 * 1024
    most_parts: int = 40


def boundary_of(content_type: str) -> bytes:
    """What parts the parts, as the header says.

    Raises:
        imgen.errors.Invalid: another content type, or no boundary.
    """
    media_type, options = parse_options_header(content_type)
    if media_type != b"multipart/form-data":
        raise Invalid(
            "Send a form with Content-Type: multipart/form-data", code="unsupported_media_type"
        )
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:
        raise Invalid("The Content-Type has no boundary of 1 to 70 characters", code=_MALFORMED)
    return boundary


def too_large(limits: FormLimits) -> TooLarge:
    """The whole form is over its limit."""
    return TooLarge(f"The form is over {_mebibytes(limits.most_bytes)}", code="body_too_large")


class PartReader:
    """Takes a form's bytes, puts files on the disk and keeps fields.

    Args:
        boundary: see `boundary_of`.
        files: the fields that hold files.
        new_file: opens a file for one of them.
        limits: what is too much.
    """

    def __init__(
        self,
        boundary: bytes,
        *,
        files: Collection[str],
        new_file: Callable[[], FileIO],
        limits: FormLimits,
    ) -> None:
        self.fields: dict[str, str] = {}
        """Text by field, the empty ones left out."""
        self.files: dict[str, tuple[FileIO, int]] = {}
        """File and its size in bytes by field."""
        self._expected = files
        self._new_file = new_file
        self._limits = limits
        self._header, self._value = bytearray(), bytearray()
        self._name, self._is_file = "", False
        self._text = bytearray()
        self._sink: FileIO | None = None
        self._seen: set[str] = set()
        self._size = self._total = self._parts = 0
        self._over = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._finished,
            },
            max_header_count=_MOST_HEADERS,
            max_header_size=_MOST_HEADER_BYTES,
        )

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Blocking: writes to the disk.

        Raises:
            imgen.errors.Invalid: malformed, or a field that cannot be text.
            imgen.errors.TooLarge: over a limit.
            OSError: a file cannot be written.
        """
        self._total += len(data)
        if self._total > self._limits.most_bytes:
            raise too_large(self._limits)
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise Invalid(f"The form is malformed: {error}", code=_MALFORMED) from None

    def finish(self) -> None:
        """The body is over.

        Raises:
            imgen.errors.Invalid: the form is not.
        """
        if not self._over:
            raise Invalid("The form is cut short: its last boundary is missing", code=_MALFORMED)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > self._limits.most_parts:
            most = self._limits.most_parts
            raise TooLarge(f"The form has more than {most} parts", code="body_too_large")
        self._name, self._is_file, self._size = "", False, 0
        self._text, self._sink = bytearray(), None

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value.decode("latin-1"))
            self._name = _name(options.get(b"name", b""))
            self._is_file = b"filename" in options
        self._header, self._value = bytearray(), bytearray()

    def _headers_finished(self) -> None:
        if not self._name:
            raise Invalid("A part of the form has no name", code=_MALFORMED)
        if self._name in self._seen:
            raise Invalid(f"{self._name} was sent more than once", field=self._name)
        self._seen.add(self._name)
        if self._name in self._expected:
            self._is_file = True
            self._sink = self._new_file()

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._is_file:
            if self._size > self._limits.most_file_bytes:
                most = _mebibytes(self._limits.most_file_bytes)
                raise TooLarge(f"{self._name} is over {most}", field=self._name)
            if self._sink is not None:
                _write(self._sink, memoryview(data)[start:end])
            return
        if self._size > self._limits.most_field_bytes:
            most_bytes = self._limits.most_field_bytes
            raise TooLarge(f"{self._name} is over {most_bytes} bytes", field=self._name)
        self._text += data[start:end]

    def _end(self) -> None:
        if self._sink is not None:
            self.files[self._name] = (self._sink, self._size)
        elif not self._is_file and (text := self._decoded()).strip():
            self.fields[self._name] = text

    def _decoded(self) -> str:
        try:
            text = self._text.decode()
        except UnicodeDecodeError:
            raise Invalid(f"{self._name} is not UTF-8 text", field=self._name) from None
        if "\0" in text:
            raise Invalid(f"{self._name} must not contain NUL characters", field=self._name)
        return text

    def _finished(self) -> None:
        self._over = True


def _write(file: FileIO, data: memoryview) -> None:
    """All of it: an unbuffered file may take less at a time."""
    while data:
        data = data[file.write(data) :]


def _name(raw: bytes) -> str:
    """As a field's name can be shown again: short and printable."""
    text = raw.decode("utf-8", "replace")[:_LONGEST_NAME]
    return "".join(character if character.isprintable() else "�" for character in text)


def _mebibytes(size: int) -> str:
    return f"{size // 2**20} MiB" if size >= 2**20 else f"{size} bytes"

"""What is in a file? By its bytes, never by its name."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from analytics.errors import SourceError

Format = Literal["csv", "xlsx", "parquet", "jsonl", "mtconnect"]

SAMPLE_BYTES = 1 << 18
_BLOCK = 1 << 20
_TAIL_BYTES = 1 << 16  # even, so that text of two bytes a letter is not cut within one
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r"))
_GZIP = b"\x1f\x8b"

_FOREIGN = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"{\\rtf": "an RTF document",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}

_MTCONNECT_LINE = re.compile(r"^(?:[^|\s]+\|)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?\|[^|]+\|")
_JSON = re.compile(r'\{\s*["}]|\[\s*(?:[\[{"\]]|$)')
"""An object or a list begins; a title such as [Export MES] does not go on like this."""
_FORMATS_READ = "CSV, XLSX, Parquet, JSON lines and MTConnect logs are read, also compressed with gzip."


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What a file is.

    Attributes:
        format: the family of formats.
        gzipped: compressed with gzip.
        encoding: of text, else "".
        sha256: of the file's bytes as they stand.
        size: bytes as they stand.
        sample: the first characters of text, else "".
        quotes: text that has double quotes.
        last_line: the last line of text that is not blank, as far as its last 64 KB.
    """

    format: Format
    gzipped: bool
    encoding: str
    sha256: str
    size: int
    sample: str = ""
    quotes: bool = False
    last_line: str = ""


def detect(path: Path) -> Detected:
    """Look into a file.

    Raises:
        SourceError: it is not there, empty, cut off, or in a format that is not read.
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise SourceError(f"{path} is a folder.", hint="Name the files in it.")
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.", hint="Check the name.") from error
    if size == 0:
        raise SourceError(f"{path.name} is empty (0 bytes).", hint="Export it again.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        head = file.read(8)
    gzipped = head.startswith(_GZIP)
    with open_bytes(path, gzipped=gzipped) as stream:
        start = stream.read(SAMPLE_BYTES)
    if not start:
        raise SourceError(f"{path.name} is empty once it is unpacked.", hint="Export it again.")
    known = _binary(path, start, gzipped=gzipped)
    if known is not None:
        return Detected(format=known, gzipped=gzipped, encoding="", sha256=digest, size=size)
    encoding = _text_encoding(path, start, gzipped=gzipped)
    quotes, tail = _quotes_and_tail(path, gzipped=gzipped)
    sample = start.decode(encoding, errors="replace")
    return Detected(
        format=_text_format(sample),
        gzipped=gzipped,
        encoding=encoding,
        sha256=digest,
        size=size,
        sample=sample,
        quotes=quotes,
        last_line=_last_line(tail.decode(encoding, errors="replace")),
    )


@contextmanager
def open_bytes(path: Path, *, gzipped: bool) -> Iterator[BinaryIO]:
    """Open a file for reading its bytes, unpacked.

    Raises:
        SourceError: the compressed file is cut off or damaged (also while it is being read).
    """
    try:
        if gzipped:
            with gzip.open(path, "rb") as stream:
                yield cast("BinaryIO", stream)
        else:
            with path.open("rb") as stream:
                yield stream
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(
            f"{path.name} is cut off or damaged: its gzip stream does not end properly.",
            hint="Copy or export it again.",
        ) from error
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read: {error.strerror or error}.", hint="Check the file."
        ) from error


def _binary(path: Path, start: bytes, *, gzipped: bool) -> Format | None:
    if start.startswith(b"PAR1"):
        _need_plain(path, gzipped=gzipped)
        return "parquet"
    if start.startswith(b"PK\x03\x04"):
        _need_plain(path, gzipped=gzipped)
        if b"xl/" in start or b"[Content_Types].xml" in start or b"mimetypeapplication" in start:
            return "xlsx"
        raise SourceError(f"{path.name} is a zip archive.", hint="Unpack it and name the files in it.")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        _need_plain(path, gzipped=gzipped)
        return "xlsx"
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise SourceError(f"{path.name} is {what}, not a table.", hint=_FORMATS_READ)
    return None


def _need_plain(path: Path, *, gzipped: bool) -> None:
    if gzipped:
        raise SourceError(
            f"{path.name} is a compressed workbook or Parquet file.", hint="Unpack it with gunzip."
        )


def _text_encoding(path: Path, start: bytes, *, gzipped: bool) -> str:
    """Return the encoding; reads the file until it knows."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            return name
    zeros = start.count(0)
    if zeros > 0.2 * len(start):
        even, odd = start[0::2].count(0), start[1::2].count(0)
        if max(even, odd) > 0.9 * zeros:
            return "utf-16-le" if odd > even else "utf-16-be"
    if len(start.translate(None, _CONTROLS)) < 0.95 * len(start):
        raise SourceError(f"{path.name} is not text and in no format that is read.", hint=_FORMATS_READ)
    decoder = codecs.getincrementaldecoder("utf-8")()
    begun = False  # within a letter of several bytes
    with open_bytes(path, gzipped=gzipped) as stream:
        while block := stream.read(_BLOCK):
            if not begun and block.isascii():
                continue
            try:
                decoder.decode(block)
                begun = bool(decoder.getstate()[0])
            except UnicodeDecodeError as error:
                return _single_byte(block[max(0, error.start - 5000) : error.start + 50_000])
    return "utf-8"


def _quotes_and_tail(path: Path, *, gzipped: bool) -> tuple[bool, bytes]:
    """Tell whether there are double quotes, and how the file ends; reads the whole file once."""
    quotes, tail = False, b""
    with open_bytes(path, gzipped=gzipped) as stream:
        while block := stream.read(_BLOCK):
            quotes = quotes or b'"' in block
            tail = block[-_TAIL_BYTES:] if len(block) >= _TAIL_BYTES else (tail + block)[-_TAIL_BYTES:]
    return quotes, tail


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _single_byte(passage: bytes) -> str:
    """Return the most likely encoding of text that is not UTF-8."""
    from charset_normalizer import from_bytes

    western = ["cp1252", "latin_1", "cp1250", "cp437", "cp850", "mac_roman", "cp949", "cp932", "gb18030"]
    best = from_bytes(passage, cp_isolation=western, preemptive_behaviour=False).best()
    name = best.encoding if best is not None else "cp1252"
    # Half of a passage of plain letters looks right in any Western code page: prefer what Windows writes.
    if name in {"latin_1", "cp1250", "cp437", "cp850", "mac_roman"} and _western(passage):
        name = "cp1252"
    try:
        passage.decode(name)
    except UnicodeDecodeError:
        return "latin_1"
    return name


def _western(passage: bytes) -> bool:
    try:
        letters = passage.decode("cp1252")
    except UnicodeDecodeError:
        return False
    beyond = [letter for letter in letters if ord(letter) > 127]
    usual = "äöüÄÖÜßáéíóúñÁÉÍÓÚÑ¿¡°µ²³–—…‘’“”„€§ºªàèçêâôûîïëÇ·´"
    return sum(letter in usual for letter in beyond) >= 0.8 * len(beyond)


def _text_format(sample: str) -> Format:
    lines = [line for line in sample.splitlines()[:200] if line.strip()]
    if lines and sum(bool(_MTCONNECT_LINE.match(line)) for line in lines) > 0.8 * len(lines):
        return "mtconnect"
    if _JSON.match("\n".join(lines).lstrip("\ufeff \t")):
        return "jsonl"
    return "csv"

"""XES event logs (IEEE 1849): XML, one element an event, read as a stream; a row an event.

Attributes of a trace stand before each of its events, with "case:" in front. A document type declaration is
refused: a log needs none, and entities are how an XML file takes a machine down.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers import expat

import polars as pl

from analytics.errors import SourceError
from analytics.ingest.detect import Detected, open_bytes
from analytics.ingest.tables import Batch, SourceTable

ROWS = 20_000
_BLOCK = 1 << 20
_CASE = "case:"
_DEEPEST = 64
_ATTRIBUTES = ("string", "date", "int", "float", "boolean", "id")


def read_xes(path: Path, found: Detected) -> SourceTable:
    """Return the events of a log as a table; values as text.

    Raises:
        SourceError: it is no well-formed XML, has a document type, or holds no events.
    """
    columns: dict[str, None] = {}
    count = 0
    for _, event in _events(path, found):
        columns.update(dict.fromkeys(event))
        count += 1
    if not count:
        raise SourceError(f"{path.name} is an XES log without events.", hint="Export it again.")
    names = tuple(columns)

    def read() -> Iterator[Batch]:
        events = _events(path, found)
        while chunk := list(islice(events, ROWS)):
            frame = pl.DataFrame(
                {name: [event.get(name) for _, event in chunk] for name in names},
                schema=dict.fromkeys(names, pl.String),
            )
            yield Batch(frame=frame, line=pl.Series("line", [line for line, _ in chunk], dtype=pl.Int64))

    return SourceTable(
        format="xes",
        detail="gzip" if found.gzipped else "",
        member=None,
        columns=names,
        read=read,
        records=count,
    )


class _Reader:
    """Collects the events that a parser comes by."""

    def __init__(self) -> None:
        self.events: list[tuple[int, dict[str, str]]] = []
        self.depth = 0
        self.parser = expat.ParserCreate(namespace_separator=None)
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self._trace: dict[str, str] | None = None
        self._event: dict[str, str] | None = None
        self._line = 0
        self._nested = 0

    def _refuse(self, *_: Any) -> None:
        raise SourceError(
            "The XML has a document type declaration: an event log needs none, and it can do harm.",
            hint="Export the log again, or take the line <!DOCTYPE …> out.",
        )

    def _start(self, tag: str, given: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise SourceError(
                f"The XML is nested deeper than {_DEEPEST} elements.", hint="It is no event log."
            )
        name = tag.rsplit(":", 1)[-1]
        if name == "trace":
            self._trace, self._nested = {}, 0
        elif name == "event":
            self._event, self._line, self._nested = {}, self.parser.CurrentLineNumber, 0
        elif name in _ATTRIBUTES and "key" in given:
            self._keep(given["key"], given.get("value", ""))
            self._nested += 1
        else:
            self._nested += 1

    def _keep(self, key: str, value: str) -> None:
        if self._nested:  # an attribute of an attribute says nothing of the event
            return
        if self._event is not None:
            self._event.setdefault(key, value)
        elif self._trace is not None:
            self._trace.setdefault(f"{_CASE}{key}", value)

    def _end(self, tag: str) -> None:
        self.depth -= 1
        name = tag.rsplit(":", 1)[-1]
        if name == "event" and self._event is not None:
            self.events.append((self._line, {**(self._trace or {}), **self._event}))
            self._event, self._nested = None, 0
        elif name == "trace":
            self._trace, self._nested = None, 0
        else:
            self._nested = max(0, self._nested - 1)


def _events(path: Path, found: Detected) -> Iterator[tuple[int, dict[str, str]]]:
    """Give every event with its line."""
    reader = _Reader()
    with open_bytes(path, gzipped=found.gzipped) as stream:
        try:
            while block := stream.read(_BLOCK):
                reader.parser.Parse(block, False)  # noqa: FBT003 - expat's own signature
                yield from reader.events
                reader.events.clear()
            reader.parser.Parse(b"", True)  # noqa: FBT003
        except expat.ExpatError as error:
            raise SourceError(
                f"{path.name} is no well-formed XML: {error}.", hint="Is it cut off? Export it again."
            ) from error
        except SourceError as error:
            raise SourceError(f"{path.name}: {error.message}", hint=error.hint) from error
    yield from reader.events

"""What an ingest is told and what it answers: options in, one outcome per file out.

The JSON of an outcome is the contract of ``walkaway ingest --json``; its counts always add up:
``loaded + duplicate + quarantined = read``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from analytics.ingest.changes import Changes
from analytics.results import Caveat

Progress = Callable[[str, float], None]
Way = Literal["command line", "page", "watch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """How files are to be read; whatever is None is found in the data, remembered or asked.

    Attributes:
        table: the canonical table (``--as``).
        mapping: name of a shipped or saved preset, or a JSON file (``--mapping``).
        columns: source column → canonical column, as chosen on a page; goes before ``mapping``.
        timezone: IANA name of the zone of naive stamps, or "unspecified"; None is the workspace's.
        dayfirst: the order of day and month in dates with slashes or dashes.
        decimal: "." or ",".
        dry_run: do everything except writing.
        on_overlap: what to do with records whose key is loaded with other values.
        keep_operators: keep operator columns as salted tokens instead of dropping them.
        way: by which way the file comes, for the journal.
        command: the command that loads it, for the journal.
    """

    table: str | None = None
    mapping: str | Path | None = None
    columns: dict[str, str] | None = None
    timezone: str | None = None
    dayfirst: bool | None = None
    decimal: Literal[".", ","] | None = None
    dry_run: bool = False
    on_overlap: Literal["replace", "keep"] | None = None
    keep_operators: bool = False
    way: Way = "command line"
    command: str = "ingest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Two readings that the data allow; somebody has to choose.

    Attributes:
        code: which question, such as "day_order".
        text: the question, with values from the file.
        options: the answers that are allowed.
        flags: the command-line flag that gives each answer.
    """

    code: str
    text: str
    options: tuple[str, ...]
    flags: tuple[str, ...]


Ask = Callable[[Question], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """What became of one file (or one member of it): every record is loaded, duplicate or quarantined.

    Attributes:
        file: the file as it was given.
        member: the sheet or archive member, None for the file itself.
        table: the canonical table, None where it could not be told.
        read: source records.
        loaded: records loaded.
        duplicate: records that were loaded before, or stand twice in a source that has ids.
        quarantined: records rejected, kept with the reason.
        skipped: title lines, footers, blank and repeated header lines; not records.
        rules: how many records broke which rule.
        where: rule → the columns that broke it, and the first line.
        derived: where rows change shape: canonical table → records that came out.
        shape: what the rows were turned from, None where they were canonical records as they stood.
        evidence: why they were taken for that.
        error: why nothing was loaded.
        hint: what to do about it.
        question: what has to be answered before the file can be loaded.
        batch_id: the load in the journal, None where nothing was written.
        caveats: what a reader of the numbers must know.
        changes: what the file says otherwise than what is loaded, one entry a table.
        later: nothing is wrong with the file: the workspace could not take it now.
    """

    file: str
    member: str | None = None
    table: str | None = None
    read: int = 0
    loaded: int = 0
    duplicate: int = 0
    quarantined: int = 0
    skipped: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    derived: dict[str, int] = field(default_factory=dict)
    shape: str | None = None
    evidence: tuple[str, ...] = ()
    error: str | None = None
    hint: str | None = None
    question: Question | None = None
    batch_id: str | None = None
    caveats: tuple[Caveat, ...] = ()
    changes: tuple[Changes, ...] = ()
    later: bool = False

    @property
    def failed(self) -> bool:
        """Tell whether the file was refused."""
        return self.error is not None or self.question is not None

    @property
    def already_loaded(self) -> bool:
        """Tell whether everything in the file that can be loaded was loaded before."""
        return not self.failed and self.loaded == 0 and self.duplicate > 0

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as ``ingest --json`` prints it."""
        answer: dict[str, Any] = {
            "file": self.file,
            "member": self.member,
            "table": self.table,
            "read": self.read,
            "loaded": self.loaded,
            "duplicate": self.duplicate,
            "quarantined": self.quarantined,
            "skipped": self.skipped,
            "rules": dict(sorted(self.rules.items())),
        }
        if self.where:
            answer["where"] = dict(sorted(self.where.items()))
        if self.derived:
            answer["derived"] = dict(sorted(self.derived.items()))
        if self.shape is not None:
            answer["shape"] = self.shape
        if self.evidence:
            answer["evidence"] = list(self.evidence)
        if self.caveats:
            answer["caveats"] = [caveat.to_json() for caveat in self.caveats]
        if self.changes:
            answer["changes"] = [one.to_json() for one in self.changes]
        if self.question is not None:
            answer["question"] = f"{self.question.text} Give {' or '.join(self.question.flags)}."
        if self.error is not None:
            answer["error"] = f"{self.error} {self.hint or ''}".strip()
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMatch:
    """One source column and what it was taken for.

    Attributes:
        source: the column's name in the file.
        canonical: the canonical column, None where it is not used.
        confidence: 1.0 told or exact, 0.9 a known synonym, 0.0 not recognised.
        note: why, or how it is converted.
        sample: the first values, as text.
    """

    source: str
    canonical: str | None
    confidence: float
    note: str
    sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a file looks like before it is loaded, for the Upload page.

    Attributes:
        file: the file's name.
        format: "csv", "xlsx", "parquet", "jsonl" or "mtconnect", with its encoding and delimiter.
        table: the canonical table it was recognised as, None where it was not.
        candidates: canonical table → how well the columns fit, best first.
        columns: every source column and what it was taken for.
        missing: required canonical columns that were not found.
        questions: what has to be answered before loading.
        rows: the first rows, as text, operator columns left out.
        error: why it cannot be loaded as it is.
        hint: what to do about it.
        profile: the preset that fitted, if one did.
        shape: what the rows are to be turned from, None where they are canonical records as they stand.
        evidence: why they were taken for that.
    """

    file: str
    format: str
    table: str | None
    candidates: dict[str, float]
    columns: tuple[ColumnMatch, ...]
    missing: tuple[str, ...]
    questions: tuple[Question, ...]
    rows: pl.DataFrame
    error: str | None = None
    hint: str | None = None
    profile: str | None = None
    shape: str | None = None
    evidence: tuple[str, ...] = ()

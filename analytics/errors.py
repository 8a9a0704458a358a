"""Every error a user can meet, in one hierarchy.

Each carries what was got, where, and what to do next; the command line prints exactly that and exits with
``exit_code``. A caller's programming mistake stays a plain ``ValueError``.
"""

from __future__ import annotations


class WalkawayError(Exception):
    """Something the user can act on: what was found, and what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep the message (what was got, what is allowed) and the hint (what to do next) apart."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """One paragraph: the message, then the hint."""
        return f"{self.message} {self.hint}".strip()


class UsageError(WalkawayError):
    """The command was given options that do not exist or do not go together."""

    exit_code = 2


class SourceError(WalkawayError):
    """A file cannot be loaded at all: empty, not a table, every row rejected, another format."""


class MappingError(WalkawayError):
    """The columns of a file could not be mapped to a canonical table.

    A mapping that fits no file, because it names a table, field or unit that does not exist, is wrong usage.
    """


class OpenQuestionError(WalkawayError):
    """The data allow two readings (day or month first); nobody was there to choose one."""


class OverlapError(WalkawayError):
    """A file holds keys that are loaded already with other values."""


class TooManyRejectsError(WalkawayError):
    """More rows were quarantined than ``--max-rejects`` allows."""

    exit_code = 3


class WorkspaceError(WalkawayError):
    """The workspace is missing, busy in another process, read-only or damaged."""


class SchemaVersionError(WorkspaceError):
    """A file was written by a newer version of Walkaway."""


class NoRunError(WalkawayError):
    """There is no run to show, or none with that id."""


class NoDataError(WalkawayError):
    """There are no cycles to analyze in the workspace or in the period asked for."""

"""What surrounds every command: where its answer goes, its progress, and how it fails.

An answer goes to standard output, once; everything said on the way goes to standard error. With ``--json``
the answer is one JSON object, an error too. No traceback ever reaches a user: what was not foreseen is
written to a log file, and one line says where.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from typer.exceptions import TyperException

from analytics.config import Workspace, version, workspace
from analytics.errors import UsageError, WalkawayError

Progress = Callable[[str, float], None]
Pause = Callable[[], contextlib.AbstractContextManager[None]]

INTERRUPTED = 130
_INTERRUPTED_WORDS = ("Interrupted: nothing that was not finished was saved.", "Run the command again.")
_REPORT_TO = "the project's issue tracker"


@dataclass(slots=True, kw_only=True)
class Shell:
    """One command's surroundings.

    Attributes:
        as_json: the answer is wanted as JSON.
        workspace: the workspace it works in.
    """

    as_json: bool
    workspace: Workspace
    _stage: str = field(default="", init=False)
    _pause: Pause = field(default=contextlib.nullcontext, init=False)

    def say(self, text: str) -> None:
        """Tell something on the way (standard error; never with ``--json``)."""
        if not self.as_json:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    def answer(self, data: Any, lines: Sequence[str]) -> None:
        """Give the answer: the data with ``--json``, else the lines."""
        if self.as_json:
            write_json(data)
        else:
            sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()

    @property
    def interactive(self) -> bool:
        """Tell whether somebody is there to answer a question."""
        return not self.as_json and sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()

    def ask(self, question: str, answers: Sequence[str]) -> str | None:
        """Put a question to whoever sits at the terminal; None where nobody does, or nothing was chosen."""
        if not self.interactive:
            return None
        with self._pause():
            for number, answer in enumerate(answers, start=1):
                question += f"\n  {number}: {answer}"
            sys.stderr.write(f"{question}\nWhich? (a number; empty stops) ")
            sys.stderr.flush()
            given = sys.stdin.readline().strip()
        if given in answers:
            return given
        return answers[int(given) - 1] if given.isdecimal() and 0 < int(given) <= len(answers) else None

    @contextlib.contextmanager
    def progress(self) -> Iterator[Progress]:
        """Show how far a command is: a bar on a terminal, a line a stage elsewhere, nothing with ``--json``.

        Yields:
            A function of the stage's name and of the part of it that is done, in [0, 1].
        """
        if self.as_json:
            yield lambda _stage, _share: None
        elif sys.stderr.isatty():
            with _bar() as (update, self._pause):
                yield update
            self._pause = contextlib.nullcontext
        else:
            yield self._say_stage

    def _say_stage(self, stage: str, _share: float) -> None:
        if stage != self._stage:
            self._stage = stage
            self.say(f"… {stage}")


def run(app: Callable[..., Any], arguments: Sequence[str]) -> int:
    """Run the commands' application, and turn whatever happens into a message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a Windows console may not be
    as_json = "--json" in arguments
    try:
        code = int(app(args=list(arguments), prog_name="walkaway", standalone_mode=False) or 0)
        if code != INTERRUPTED:
            sys.stdout.flush()
            return code
        return _fail(as_json, INTERRUPTED, *_INTERRUPTED_WORDS)
    except WalkawayError as error:
        return _fail(as_json, error.exit_code, error.message, error.hint)
    except TyperException as error:
        return _fail_usage(as_json, error)
    except KeyboardInterrupt:
        return _fail(as_json, INTERRUPTED, *_INTERRUPTED_WORDS)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; so do we
        return 0
    except OSError as error:
        what = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
        hint = "Check that the place exists, may be written to, and is not full."
        return _fail(as_json, 1, f"{what}.", hint)
    except Exception as error:  # noqa: BLE001 (the last resort: nothing may reach a user as a traceback)
        log = _write_log(arguments)
        message = f"Walkaway failed where it should not: {type(error).__name__}: {_one_line(error)}."
        return _fail(as_json, 1, message, f"Please report it to {_REPORT_TO} with the file {log}.")


def refuse_before(context: typer.Context, given: Path | None, *, as_json: bool) -> None:
    """Refuse options that stand before a group's command, where they would be lost.

    Raises:
        UsageError: --workspace or --json stands there.
    """
    if given is not None or as_json:
        name = f"{context.info_name} {context.invoked_subcommand}"
        raise UsageError(
            f"--workspace and --json stand after the command: walkaway {name} --workspace DIR.",
            hint=f"See: walkaway {name} --help",
        )


def write_json(data: Any) -> None:
    """Write one JSON object to standard output; a number that is not finite is refused."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False, default=_plain) + "\n")


def _plain(value: Any) -> str:
    """Return paths and times as text."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _fail(as_json: bool, code: int, message: str, hint: str) -> int:  # noqa: FBT001
    if as_json:
        write_json({"error": {"message": message, "hint": hint, "exit_code": code}})
        sys.stdout.flush()
    sys.stderr.write(f"walkaway: {message}\n" + (f"  {hint}\n" if hint else ""))
    return code


def _fail_usage(as_json: bool, error: TyperException) -> int:  # noqa: FBT001
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stdout.write(error.format_message() + "\n")
        return error.exit_code
    path = context.command_path if context is not None else "walkaway"
    message = error.format_message().replace("Value error, ", "")
    if " is not one of " in message:
        said, _, choices = message.partition(" is not one of ")
        message = f"{said} is not one of {choices.replace(chr(39), '')}"
    return _fail(as_json, error.exit_code, message, f"See: {path} --help")


def _write_log(arguments: Sequence[str]) -> Path:
    """Keep the traceback in the workspace (else among the temporary files), and return where."""
    now = datetime.now(UTC)
    text = (
        f"{now.isoformat()}  walkaway {version()}  Python {sys.version.split()[0]}  {sys.platform}\n"
        f"walkaway {' '.join(arguments)}\n\n{traceback.format_exc()}"
    )
    name = f"error-{now:%Y%m%dT%H%M%S}.log"
    root = workspace(_given_workspace(arguments)).root
    for folder in (root, Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError):
            if folder.is_dir():
                (folder / name).write_text(text, encoding="utf-8")
                return folder / name
    return Path("(no log could be written)")


def _given_workspace(arguments: Sequence[str]) -> str | None:
    for position, argument in enumerate(arguments):
        if argument.startswith("--workspace="):
            return argument.partition("=")[2]
        if argument == "--workspace" and position + 1 < len(arguments):
            return arguments[position + 1]
    return None


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]


@contextlib.contextmanager
def _bar() -> Iterator[tuple[Progress, Pause]]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Bar(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def update(stage: str, share: float) -> None:
            bar.update(task, description=stage, completed=min(max(share, 0.0), 1.0))

        @contextlib.contextmanager
        def pause() -> Iterator[None]:
            bar.stop()
            try:
                yield
            finally:
                bar.start()

        yield update, pause

"""A folder that anybody may enter, and ways to take rights and room from this process."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analytics.config import WAIT_VARIABLE, Workspace
from tests.faults.plant import Exports, write_exports

NOBODY = 65534

Walkaway = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that other users may enter, which pytest's own do not allow."""
    folder = Path(tempfile.mkdtemp(prefix="walkaway-faults-"))
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def workspace(open_folder: Path) -> Workspace:
    return Workspace(open_folder / "plant")


@pytest.fixture
def exports(open_folder: Path) -> Exports:
    return write_exports(open_folder / "exports", 2_000)


@pytest.fixture
def read_only() -> Callable[[Path], contextlib.AbstractContextManager[None]]:
    """Make a folder read-only for this process, which root's rights would not let it be."""

    @contextlib.contextmanager
    def made(folder: Path) -> Iterator[None]:
        paths = [folder, *folder.rglob("*")]
        modes = {path: path.stat().st_mode for path in paths}
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        root = os.geteuid() == 0
        try:
            if root:
                os.seteuid(NOBODY)
            yield
        finally:
            if root:
                os.seteuid(0)
            for path, mode in modes.items():
                path.chmod(mode)

    return made


def command(workspace: Workspace, *arguments: object) -> list[str]:
    """Return a command of the command line, in this very environment."""
    given = [*map(str, arguments), "--workspace", str(workspace.root)]
    return [sys.executable, "-c", "from analytics.cli import main; main()", *given]


@pytest.fixture
def walkaway(workspace: Workspace) -> Walkaway:
    """Run a command in a process of its own, in which no file may grow beyond ``most_bytes``."""

    def run(
        *arguments: object, most_bytes: int | None = None, wait_s: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        def limit() -> None:
            import resource

            if most_bytes is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

        patience = {} if wait_s is None else {WAIT_VARIABLE: str(wait_s)}
        return subprocess.run(
            command(workspace, *arguments),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **patience},
            preexec_fn=None if most_bytes is None else limit,
        )

    return run

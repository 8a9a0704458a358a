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

from analytics.config import Workspace
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


@pytest.fixture
def walkaway(workspace: Workspace) -> Walkaway:
    """Run a command in a process of its own, in which no file may grow beyond ``most_bytes``."""

    def run(*arguments: object, most_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
        import resource

        def limit() -> None:
            if most_bytes is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

        command = [sys.executable, "-c", "from analytics.cli import main; main()", *map(str, arguments)]
        return subprocess.run(
            [*command, "--workspace", str(workspace.root)],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=limit,
        )

    return run

"""What leaves the checkout: the wheel carries its resources, the environment makes itself."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from analytics import bootstrap
from analytics.config import resources

ROOT = resources()


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without what would lead back to the checkout."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "WALKAWAY"))}
    return {**kept, **more}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("walkaway-*.whl")
    return made


def test_the_wheel_carries_statements_contracts_and_profiles(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if "_shipped/" in name}

    for folder in ("sql", "data/contracts", "data/profiles"):
        wanted = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert wanted
        assert {f"analytics/_shipped/{name}" for name in wanted} <= carried
    assert "analytics/_shipped/data/accuracy.json" in carried


def test_the_wheel_carries_no_tests_and_no_data_of_a_plant(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"analytics", "dashboard"}
    assert [name for name in names if name.endswith((".duckdb", ".sqlite", ".parquet"))] == []


def test_the_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    # The packages of this environment, but not the checkout that is installed in it.
    here = [str(target), sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]]
    code = f"import sys; sys.path[1:1] = {here!r}; from analytics.cli import main; main()"
    arguments = ["doctor", "--workspace", str(tmp_path / "plant")]
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, *arguments],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing is broken." in done.stdout


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        said = archive.read(name).decode()

    assert "Requires-Python: >=3.11" in said
    assert "Requires-Dist: duckdb>=2.0" in said
    assert "License-Expression: Apache-2.0" in said


@pytest.mark.parametrize(
    "lock", [bootstrap.RUNTIME_LOCK, bootstrap.TESTS_LOCK], ids=lambda lock: lock.parent.name
)
def test_a_lock_pins_every_package_by_hash_and_names_no_source(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    blocks = [block for block in text.split("\n") if "==" in block and not block.startswith((" ", "#"))]

    assert len(blocks) > 40
    assert text.count("--hash=sha256:") >= len(blocks)
    assert not [line for line in text.splitlines() if "://" in line or "index-url" in line]


def test_both_locks_agree() -> None:
    def pins(lock: Path) -> dict[str, str]:
        lines = (line.split(" ")[0] for line in lock.read_text(encoding="utf-8").splitlines())
        return dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))

    runtime, tests = pins(bootstrap.RUNTIME_LOCK), pins(bootstrap.TESTS_LOCK)

    assert runtime.items() <= tests.items()


def test_one_packages_block_is_found_with_its_hashes() -> None:
    block = bootstrap._block_of("uv", bootstrap.RUNTIME_LOCK)

    assert block.startswith("uv==")
    assert "--hash=sha256:" in block
    assert sum("==" in line for line in block.splitlines()) == 1


def test_an_old_python_is_told_which_one_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr("shutil.which", lambda _: None)

    with pytest.raises(bootstrap.BootstrapError, match=r"3\.11 or newer is needed; this is Python 3\.9"):
        bootstrap.find_python()


def test_what_runs_before_the_environment_reads_as_old_python() -> None:
    for name in ("analytics/__init__", "analytics/__main__", "analytics/bootstrap", "tests/__main__"):
        ast.parse((ROOT / f"{name}.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def test_an_environment_without_pip_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho 'ensurepip is not available'\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")

    with pytest.raises(bootstrap.BootstrapError, match="apt-get install -y python3-venv"):
        bootstrap._make_venv(str(python))

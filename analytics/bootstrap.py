"""From a bare Python to a working environment: the first thing that runs in a fresh checkout.

Which question: can this machine run Walkaway, and if not yet, what is missing?
Assumptions: Python 3.11 or newer with ``venv``, a package index that pip can reach (once).
Standard library only, in a syntax that older Pythons can read, so that they get a sentence, not a traceback.

It makes ``.venv`` beside this package, installs the locked and hashed requirements, installs the checkout
itself, and starts the command again inside. A stamp remembers which lock was installed; an interrupted
installation is simply continued by the next call.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import NoReturn

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "walkaway-stamp.json"
RUNTIME_LOCK = ROOT / "requirements.lock"
TESTS_LOCK = ROOT / "tests" / "requirements.lock"
IMPORTED = ("analytics.ingest", "analytics.report", "analytics.simulate", "analytics.study", "dashboard.asgi")
SKIP_VARIABLE = "WALKAWAY_NO_BOOTSTRAP"

_WINDOWS = os.name == "nt"


class BootstrapError(Exception):
    """This machine cannot run Walkaway yet; the message says what to do."""


def run_inside(module: str, lock: Path = RUNTIME_LOCK) -> None:
    """Return if this Python can run Walkaway; else prepare ``.venv`` and run ``module`` again inside it.

    Args:
        module: the module to start again, such as ``"analytics"``; it gets this command's arguments.
        lock: the locked requirements that it needs.
    """
    if os.environ.get(SKIP_VARIABLE) or not RUNTIME_LOCK.is_file():
        return  # told not to, or installed from a wheel: there is nothing to prepare
    if not _is_inside() and lock == RUNTIME_LOCK and _is_satisfied():
        return
    try:
        python = prepare(lock)
    except BootstrapError as error:
        _say("walkaway: {}".format(error))
        sys.exit(1)
    except KeyboardInterrupt:
        _say("\nwalkaway: interrupted; run the same command again and it continues.")
        sys.exit(130)
    if not _is_inside():
        _start_again(python, module)


def prepare(lock: Path = RUNTIME_LOCK) -> Path:
    """Bring ``.venv`` up to date with a lock, and return its Python.

    Raises:
        BootstrapError: Python is too old, cannot make environments, or the packages cannot be fetched.
    """
    wanted = _fingerprint(lock)
    python = venv_python()
    if python.exists() and _read_stamp().get(_name(lock)) == wanted:
        return python
    began = time.monotonic()
    if not _works(python):
        _make_venv(find_python())
    _install(python, lock)
    _install_checkout(python)
    _compile(python)
    stamp = _read_stamp()
    stamp[_name(lock)] = wanted
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")
    _say("walkaway: ready after {:.0f} s".format(time.monotonic() - began))
    return python


def venv_python() -> Path:
    """Return where the environment's Python is, or will be."""
    return VENV / ("Scripts/python.exe" if _WINDOWS else "bin/python")


def find_python() -> str:
    """Return a Python that is new enough: this one, else the newest on the path.

    Raises:
        BootstrapError: there is none.
    """
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which("python3.{}".format(minor))
        if found and _works(Path(found)):
            return found
    raise BootstrapError(
        "Python {}.{} or newer is needed; this is Python {}.{}. Install a newer Python and run the "
        "command with it, for example: python3.13 -m analytics demo".format(*OLDEST, *sys.version_info[:2])
    )


def _is_inside() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def _is_satisfied() -> bool:
    """Tell whether this Python already has every package of pyproject.toml, new enough."""
    if sys.version_info < OLDEST:
        return False
    import tomllib
    from importlib import metadata

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"]:
        name, _, oldest = requirement.partition(">=")
        try:
            found = metadata.version(name.strip())
        except metadata.PackageNotFoundError:
            return False
        if _release(found) < _release(oldest):
            return False
    return True


def _release(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _fingerprint(lock: Path) -> str:
    """Return what the environment depends on: the lock, the project's metadata, and where the checkout is."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.")[0]
    parts = (lock.read_text(encoding="utf-8"), project, str(ROOT))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _name(lock: Path) -> str:
    return lock.relative_to(ROOT).as_posix()


def _read_stamp() -> dict[str, str]:
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _works(python: Path) -> bool:
    """Tell whether a Python starts, is new enough, and (in the environment) has pip."""
    if not python.exists():
        return False
    modules = "import pip" if python == venv_python() else ""
    check = "import sys; assert sys.version_info >= {}; {}".format(OLDEST, modules)
    return subprocess.run([str(python), "-c", check], stderr=subprocess.DEVNULL, check=False).returncode == 0


def _make_venv(python: str) -> None:
    _say("walkaway: making the environment {}".format(VENV))
    done = subprocess.run(
        [python, "-m", "venv", "--clear", str(VENV)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return
    shutil.rmtree(str(VENV), ignore_errors=True)
    if "ensurepip" in done.stdout or "No module named venv" in done.stdout:
        raise BootstrapError(
            "this Python cannot make environments (Debian and Ubuntu ship that apart). Install it, then run "
            "the command again: apt-get install -y python3-venv"
        )
    raise BootstrapError("the environment could not be made: {}".format(done.stdout.strip()))


def _install(python: Path, lock: Path) -> None:
    """Install what the lock names, and nothing else: with uv (quick), else with pip."""
    count = len(re.findall(r"(?m)^[\w.-]+==", lock.read_text(encoding="utf-8")))
    _say("walkaway: installing {} locked packages (once; a minute or so)".format(count))
    pip = [str(python), "-m", "pip", "install", "--require-hashes", "--disable-pip-version-check"]
    uv = python.with_name("uv.exe" if _WINDOWS else "uv")
    with _file_with(_block_of("uv", lock)) as only_uv:
        quick = _run([*pip, "--no-compile", "-r", only_uv], "installer")
    if quick is None:
        command = [str(uv), "pip", "install", "--python", str(python), "--require-hashes", "-r", str(lock)]
        quick = _run(command, "packages")
    if quick is not None:
        _say("walkaway: the quick way did not work, trying pip (slower)")
        failed = _run([*pip, "-r", str(lock)], "packages")
        if failed is not None:
            raise BootstrapError(
                "the packages could not be installed: {}\nIs the package index reachable from here (proxy, "
                "certificate)? Then run the same command again; it continues.".format(failed)
            )


def _install_checkout(python: Path) -> None:
    """Install this checkout itself, so that `walkaway` is a command in the environment."""
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--no-index"]
    failed = _run([*pip, "--no-build-isolation", "--editable", str(ROOT)], "walkaway itself")
    if failed is not None:
        raise BootstrapError("the checkout could not be installed: {}".format(failed))


def _compile(python: Path) -> None:
    """Compile what the commands and the pages import, so that every later start is quick.

    Only that: compiling whole packages takes several times as long. A failure here costs seconds only.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    _run([str(python), "-c", f"import {', '.join(IMPORTED)}"], "compiling", environment)


def _run(command: Sequence[str], what: str, environment: dict[str, str] | None = None) -> str | None:
    """Run an installer and show that it lives; return None, or its last words where it failed."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(list(command), stdout=log, stderr=subprocess.STDOUT, env=environment)
        try:
            while process.poll() is None:
                _show("  {}: {:.0f} s".format(what, time.monotonic() - began))
                time.sleep(0.1)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        log.seek(0)
        lines = log.read().strip().splitlines() or ["no output"]
    _show("")
    if process.returncode == 0:
        _say("  {}: {:.0f} s".format(what, time.monotonic() - began))
        return None
    errors = [line.strip() for line in lines if re.match(r"(?i)\s*(error|caused by|\w+Error: )", line)]
    return " ".join(errors) or lines[-1]


def _block_of(package: str, lock: Path) -> str:
    """Return the lines of one package, with its hashes, from a lock."""
    found = re.search(
        r"(?m)^{}==.*(?:\n[ \t]+.*)*".format(re.escape(package)), lock.read_text(encoding="utf-8")
    )
    if not found:
        raise BootstrapError("{} does not lock {}".format(lock, package))
    return found.group(0) + "\n"


@contextlib.contextmanager
def _file_with(text: str) -> Iterator[str]:
    path = VENV / "one-package.txt"
    path.write_text(text, encoding="utf-8")
    try:
        yield str(path)
    finally:
        path.unlink()


def _start_again(python: Path, module: str) -> NoReturn:
    """Replace this process by the same command in the environment."""
    command = [str(python), "-m", module, *sys.argv[1:]]
    sys.stdout.flush()
    sys.stderr.flush()
    if _WINDOWS:  # there, exec returns to the prompt while the new process still runs
        try:
            sys.exit(subprocess.run(command, check=False).returncode)
        except KeyboardInterrupt:
            sys.exit(130)
    os.execv(str(python), command)


def _show(text: str) -> None:
    """Show a passing line on a terminal; elsewhere nothing, logs get the lines that stay."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r\033[K" + text[:width])
        sys.stderr.flush()


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()

"""What linters cannot say: who may read, connect, open and cache; how long a module may be; no addresses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.config import resources

ROOT = resources()
PACKAGES = ("analytics", "dashboard")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST = 310  # some 300 lines read well; a few more are no reason to tear an idea apart

# Hosts that a file may name: this machine, names of formats, the licence.
KNOWN_HOSTS = {"127.0.0.1", "localhost", "[::1]", "json-schema.org", "www.apache.org", "www.w3.org"}
TEXT = {".py", ".sql", ".md", ".toml", ".json", ".yaml", ".yml", ".lock", ".txt", ".svg", ".css", ".html", ""}
FOLDERS = (".ci", "analytics", "dashboard", "data", "sql", "tests")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def uses(path: Path, dotted: str) -> bool:
    """Tell whether a module says ``a.b`` or imports ``b`` from ``a``."""
    owner, _, member = dotted.partition(".")
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == dotted:
            return True
        if isinstance(node, ast.ImportFrom) and node.module == owner:
            names = {alias.name for alias in node.names}
            if member in names:
                return True
    return False


def imports(path: Path, module: str) -> bool:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] == module for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == module:
            return True
    return False


def texts(path: Path) -> Iterator[str]:
    """Yield the strings of a module that are not docstrings."""
    tree = tree_of(path)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def shipped_files() -> list[Path]:
    """Return the text files of the checkout, without environments, caches and workspaces."""
    inside = [
        path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts
    ]
    return sorted(path for path in [*ROOT.iterdir(), *inside] if path.is_file() and path.suffix in TEXT)


def test_only_queries_reads_statements() -> None:
    found = [
        name_of(path)
        for path in MODULES
        if path.name != "queries.py" and any(text == "sql" or text.endswith(".sql") for text in texts(path))
    ]

    assert found == []


def test_statements_stand_in_sql_files_only() -> None:
    begins = r"^\s*(select|with|insert into|update|delete from|create table|copy)\s"
    statement = re.compile(rf"(?s){begins}.*\b(from|set|as|values)\b")
    allowed = {"analytics/warehouse.py"}  # appends a frame by column names from the table's own catalogue

    found = [
        f"{name_of(path)}: {text[:60]}"
        for path in MODULES
        if name_of(path) not in allowed
        for text in texts(path)
        if statement.match(text)
    ]

    assert found == []


def test_only_the_warehouse_connects() -> None:
    assert [name_of(path) for path in MODULES if uses(path, "duckdb.connect")] == ["analytics/warehouse.py"]


def test_only_the_journal_opens_sqlite() -> None:
    assert [name_of(path) for path in MODULES if imports(path, "sqlite3")] == ["analytics/journal.py"]


def test_only_one_file_caches_pages() -> None:
    cached = ("st.cache_data", "st.cache_resource", "streamlit.cache_data", "streamlit.cache_resource")
    found = {name_of(path) for path in MODULES if any(uses(path, name) for name in cached)}

    assert found <= {"dashboard/cache.py"}


def test_bootstrap_needs_the_standard_library_only() -> None:
    for module in ("analytics/__init__.py", "analytics/bootstrap.py", "tests/__init__.py"):
        foreign = [
            node
            for node in ast.walk(tree_of(ROOT / module))
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES
        ]
        assert foreign == [], module


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_answers_and_ends_in_time(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), f"{name_of(path)} has no docstring"
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= LONGEST, f"{name_of(path)} has {length} lines; split it by idea"


def test_the_map_names_every_module() -> None:
    said = ast.get_docstring(tree_of(ROOT / "analytics" / "__init__.py")) or ""
    parts = {path.stem if path.is_file() else path.name for path in (ROOT / "analytics").iterdir()}
    parts = {part for part in parts if not part.startswith("__py") and part not in {"__init__", "_shipped"}}

    assert [part for part in sorted(parts) if part not in said] == []


def test_every_statement_is_used() -> None:
    said = {text for path in [*MODULES, *TESTS] for text in texts(path)}
    begun = tuple(
        text for text in said if "/" in text and text.endswith(("_", "/"))
    )  # f"ingest/load_{table}"
    folders_read_as_a_whole = ("run/", "warehouse/", "journal/tables/")
    statements = (path.relative_to(ROOT / "sql") for path in (ROOT / "sql").rglob("*.sql"))
    unused = [
        name
        for name in sorted(path.with_suffix("").as_posix() for path in statements)
        if not name.startswith(folders_read_as_a_whole)
        and not name.startswith(begun)
        and name not in said
        and name.removeprefix("journal/") not in said
    ]

    assert unused == []


def test_no_file_names_a_foreign_address() -> None:
    found = []
    for path in shipped_files():
        text = path.read_text(encoding="utf-8", errors="replace")
        hosts = set(re.findall(r"(?:https?|ftp|file)://(\[[^\]]*\]|[\w.-]*\.[\w-]+)", text))
        private = set(re.findall(r"(?<![\d.])(?:10|172|192)\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.])", text))
        private = set() if path in TESTS else private  # examples of addresses that are refused
        found += [f"{name_of(path)}: {host}" for host in sorted((hosts | private) - KNOWN_HOSTS)]

    assert found == []

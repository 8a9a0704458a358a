"""Uploads on their way in: to the disk once Streamlit has agreed, whole or not at all."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard import receiving, uploads
from dashboard.receiving import UploadsToDisk

PATH = "/_stcore/upload_file/session/a-file-id"
EDGE = b"----WebKitFormBoundaryabc"
DATA = b"Station;Ende\nS1;\r\n--not the edge\r\n" * 1000


@pytest.fixture(autouse=True)
def own_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    uploads.forget("a-file-id")


def body(data: bytes, name: str = "cycles.csv") -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"; filename="{name}"\r\nContent-Type: text/csv'
    return b"--" + EDGE + b"\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n--" + EDGE + b"--\r\n"


class Server:
    """Streamlit's place: refuses before it reads, or keeps what it is given."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.kept: list[tuple[str, bytes]] = []

    async def route(self, request: Request) -> Response:
        if self.refuses:
            raise HTTPException(403, "no token")
        if request.method == "PUT":
            async with request.form() as form:
                file = next(iter(form.values()))
                assert not isinstance(file, str)
                self.kept.append((file.filename or "", await file.read()))
        return Response(status_code=204)

    def sends(self, pieces: list[dict[str, Any]], method: str = "PUT") -> tuple[int, int]:
        """Send a request piece by piece; return the status, and how many pieces were asked for."""
        app = Starlette(
            routes=[Route("/_stcore/upload_file/{session}/{file}", self.route, methods=["PUT", "DELETE"])],
            middleware=[Middleware(UploadsToDisk)],
        )
        left, said = list(pieces), list[dict[str, Any]]()

        async def receive() -> dict[str, Any]:
            return left.pop(0) if left else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            said.append(message)

        scope = {
            "type": "http", "method": method, "path": PATH, "raw_path": PATH.encode(), "root_path": "",
            "query_string": b"", "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80),
            "headers": [(b"content-type", b"multipart/form-data; boundary=" + EDGE)],
        }  # fmt: skip
        asyncio.run(app(scope, receive, send))
        return said[0]["status"], len(pieces) - len(left)


def pieces_of(whole: bytes, size: int) -> list[dict[str, Any]]:
    parts = [whole[at : at + size] for at in range(0, len(whole), size)]
    return [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, start=1)
    ]


def on_disk() -> list[Path]:
    return [path for path in Path(tempfile.gettempdir()).rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
@pytest.mark.parametrize("data", [b"", b"x", DATA])
def test_the_file_goes_to_the_disk_and_a_mark_to_streamlit(
    data: bytes, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "_WRITE_BYTES", 500)
    server = Server()
    status, _ = server.sends(pieces_of(body(data), size))
    assert status == 204
    assert server.kept == [("cycles.csv", uploads.MARK)]
    assert [path.read_bytes() for path in on_disk()] == [data]
    with uploads.on_disk(Marked()) as path:
        assert path.read_bytes() == data
        assert path.parent.parent.stat().st_mode & 0o077 == 0


def test_nothing_is_read_where_streamlit_refuses() -> None:
    assert Server(refuses=True).sends(pieces_of(body(DATA), 1000)) == (403, 0)
    assert not on_disk()


def test_a_visitor_who_leaves_leaves_nothing() -> None:
    for gone in (1, 20):
        with pytest.raises(Exception, match=r"^$"):  # Streamlit's route sees that the visitor left
            Server().sends(pieces_of(body(DATA), 1000)[:gone])
        assert not on_disk()


@pytest.mark.parametrize(
    "whole", [b"no form data at all", b"x" * 40_000, body(DATA)[:-6], body(DATA) + b"more"]
)
def test_what_is_no_upload_of_one_file_is_refused(whole: bytes) -> None:
    status, _ = Server().sends(pieces_of(whole, 4096))
    assert status == 400
    assert not on_disk()


def test_a_file_beyond_the_limit_is_refused_before_all_of_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_WRITE_BYTES", 500)
    monkeypatch.setattr(receiving, "_MEGABYTE", 10_000)
    monkeypatch.setattr(receiving.config, "get_option", lambda _: 1)
    pieces = pieces_of(body(DATA), 1000)
    status, asked = Server().sends(pieces)
    assert status == 413
    assert asked < len(pieces)
    assert not on_disk()


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_SPARE_BYTES", 1 << 60)
    status, _ = Server().sends(pieces_of(body(DATA), 1000))
    assert status == 507
    assert not on_disk()


def test_what_is_taken_off_the_page_leaves_the_disk() -> None:
    server = Server()
    server.sends(pieces_of(body(DATA), 1000))
    server.refuses = True
    server.sends([], method="DELETE")
    assert on_disk(), "not by whom Streamlit refuses"
    server.refuses = False
    server.sends([], method="DELETE")
    assert not on_disk()


def test_a_name_leads_nowhere_else() -> None:
    Server().sends(pieces_of(body(b"x", name="..\\\\..\\\\..\\\\etc\\\\passwd"), 1000))
    assert [path.name for path in on_disk()] == ["passwd"]


def test_an_upload_that_is_gone_is_said() -> None:
    with (
        pytest.raises(uploads.UploadGoneError, match=r"cycles\.csv is no longer here"),
        uploads.on_disk(Marked()),
    ):
        pass


class Marked:
    """What Streamlit hands over of a file that is on the disk."""

    name, file_id = "cycles.csv", "a-file-id"

    def getbuffer(self) -> memoryview:
        return memoryview(uploads.MARK)

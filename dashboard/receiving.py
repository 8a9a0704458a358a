"""Uploads on their way in: straight to the disk, however big they are; the server's memory stays as it is.

Streamlit's own route keeps a whole upload in memory. It stays in charge here: it decides first whether this
visitor may upload at all, and only when it asks for the body is the body read. The file in it goes to the
disk, and what Streamlit is given to keep is a mark in the place of the file.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, BinaryIO

from anyio import to_thread
from starlette.exceptions import HTTPException
from streamlit import config

from dashboard import uploads

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_ROUTE = re.compile(r"/_stcore/upload_file/[^/]+/(?P<file_id>[^/]+)$")
_NAME = re.compile(rb'filename="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
_LONGEST_HEAD = 1 << 14
_MEGABYTE = 1024 * 1024  # as Streamlit counts
_WRITE_BYTES = 1 << 22
_SPARE_BYTES = 1 << 28
"""So much of the disk stays free."""


class UploadsToDisk:
    """ASGI middleware around Streamlit's upload route."""

    def __init__(self, app: App) -> None:
        """Stand before an application."""
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Keep the file of an upload; forget it where Streamlit refuses it or is told to delete it."""
        route = _ROUTE.search(scope.get("path", "")) if scope["type"] == "http" else None
        if route is None or scope["method"] not in {"PUT", "DELETE"}:
            await self._app(scope, receive, send)
            return
        file_id, status = route["file_id"], 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        putting = scope["method"] == "PUT"
        try:
            await self._app(scope, Body(receive, file_id).marked if putting else receive, told)
        finally:
            good = 200 <= status < 300
            if good != putting:  # refused, or deleted
                uploads.forget(file_id)


class Body:
    """The body of one upload: a frame of form data around one file.

    Args:
        receive: gives its pieces.
        file_id: under which the file is kept.
    """

    def __init__(self, receive: Receive, file_id: str) -> None:
        self._receive = receive
        self._file_id = file_id
        self._more = True
        self._ended = False

    async def marked(self) -> Message:
        """Read the whole body, its file onto the disk; return it with a mark in the file's place.

        Raises:
            HTTPException: it is too big, no form data, or the disk is full.
        """
        if self._ended:
            return await self._receive()
        self._ended = True
        head = await self._head()
        if head is None:
            return {"type": "http.disconnect"}
        head, start = head[: head.index(_HEAD_END) + 4], head[head.index(_HEAD_END) + 4 :]
        end = b"\r\n" + head.split(b"\r\n", 1)[0] + b"--\r\n"
        name = _NAME.search(head)
        with uploads.arriving(self._file_id, name[1].decode(errors="replace") if name else "upload") as path:
            whole = await self._keep(path, start, end)
        if not whole:
            uploads.forget(self._file_id)
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": head + uploads.MARK + end, "more_body": False}

    async def _head(self) -> bytes | None:
        """Return the first pieces, until the file begins in them; None where the visitor left."""
        head = b""
        while _HEAD_END not in head:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return None
            head += message.get("body", b"")
            if len(head) > _LONGEST_HEAD and _HEAD_END not in head[:_LONGEST_HEAD]:
                raise HTTPException(400, "This is no upload of a file.")
            self._more = message.get("more_body", False)
            if not self._more and _HEAD_END not in head:
                raise HTTPException(400, "This is no upload of a file.")
        return head

    async def _keep(self, path: Path, start: bytes, end: bytes) -> bool:
        """Write the file; tell whether it came to its end."""
        limit = config.get_option("server.maxUploadSize") * _MEGABYTE
        waiting, size = bytearray(start), 0
        with path.open("wb") as file:
            while self._more:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    return False
                waiting += message.get("body", b"")
                self._more = message.get("more_body", False)
                if len(waiting) > _WRITE_BYTES + len(end):
                    size += await _written(file, waiting, len(waiting) - len(end))
                if size > limit:
                    raise HTTPException(413, "The file is too large.")
            if not waiting.endswith(end):
                raise HTTPException(400, "The upload does not end as it should.")
            await _written(file, waiting, len(waiting) - len(end))
        return True


async def _written(file: BinaryIO, waiting: bytearray, count: int) -> int:
    """Write the first bytes that wait, in a thread of its own, and take them away."""
    part = bytes(waiting[:count])
    if shutil.disk_usage(Path(file.name).parent).free < len(part) + _SPARE_BYTES:
        raise HTTPException(507, "The disk of the server is full.")
    await to_thread.run_sync(file.write, part)
    del waiting[:count]
    return count

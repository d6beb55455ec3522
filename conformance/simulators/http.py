"""An HTTPS server in a thread: start means ready, port 0 by default, the behaviour is a function of the request."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.model.evidence import Message, Tls
from conformance.simulators.loop_thread import LoopThread

if TYPE_CHECKING:
    from aiohttp import web

HEAD = 16 * 1024
MAX_BODY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent, byte for byte; ``certificate`` is the client's, in DER, when it showed one.

    ``cut`` says that the server stopped reading in the middle of the body.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    tls: Tls | None = None
    certificate: bytes | None = None
    cut: bool = False

    @property
    def path(self) -> str:
        """The target without its query, double slashes collapsed (a real client was seen to emit them)."""
        path = self.target.partition("?")[0]
        while "//" in path:
            path = path.replace("//", "/")
        return path

    @property
    def query(self) -> str:
        """What follows the question mark."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def message(self) -> Message:
        """The request as the journal keeps it."""
        return Message(f"{self.method} {self.target}", self.headers, self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """What the service answers. ``delay_s`` holds the answer back; ``abort`` cuts the connection instead of answering."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay_s: float = 0.0
    abort: bool = False

    @property
    def message(self) -> Message:
        """The answer as the journal keeps it."""
        return Message(f"HTTP {self.status}", self.headers, self.body)


Handler = Callable[[Request], Response]


TlsSetting = ssl.SSLContext | Callable[[], ssl.SSLContext] | None


class HttpServer:
    """Serves one handler. The handler runs in a worker thread and must be safe to call from several.

    ``tls`` may be a function, called when the server starts: the certificates need not exist before.
    """

    def __init__(
        self,
        handler: Handler,
        tls: TlsSetting,
        host: str = "127.0.0.1",
        port: int = 0,
        cuts: Callable[[bytes], bool] | None = None,
    ) -> None:
        self._cuts = cuts
        self._handler, self._tls, self.host, self.port = handler, tls, host, port
        self._thread = LoopThread(f"http-{port}", self._serve)

    def start(self) -> None:
        """Start serving and return once connections are accepted. Raises OSError when the port cannot be had."""
        self._thread.start(f"le serveur {self.host}:{self.port}")

    def stop(self) -> None:
        """Stop serving; running requests are cut."""
        self._thread.stop()

    async def _serve(self, ready: Callable[[], None], stopping: asyncio.Event) -> None:
        from aiohttp import web

        context = self._tls() if callable(self._tls) else self._tls
        server = web.Server(self._answer, access_log=None, logger=_logger())
        runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0.2)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.host, self.port, ssl_context=context)
            await site.start()
            self.port = runner.addresses[0][1]
            ready()
            await stopping.wait()
        finally:
            await runner.cleanup()

    async def _answer(self, raw: web.BaseRequest) -> web.StreamResponse:
        from aiohttp import web

        raw._client_max_size = MAX_BODY  # noqa: SLF001  (the low-level server has no public setting for it)
        try:
            head = await _head(raw) if self._cuts else b""
            cut = self._cuts is not None and self._cuts(head)
            body = head if cut else head + await raw.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413, text="corps trop grand")
        tls, certificate = tls_facts(raw.transport.get_extra_info("ssl_object") if raw.transport else None)
        headers = tuple((_readable(name), _readable(value)) for name, value in raw.headers.items())
        request = Request(raw.method, raw.path_qs, headers, body, tls, certificate, cut)
        answer = await asyncio.to_thread(self._handler, request)
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        if answer.abort:
            if raw.transport is not None:
                raw.transport.abort()
            raise ConnectionResetError
        response = web.Response(status=answer.status, body=answer.body)
        for name, value in answer.headers:
            response.headers.add(name, value)
        return response


def _logger() -> logging.Logger:
    """Tells our own faults, and not the requests that cannot be read: it would cite them, tokens included."""
    logger = logging.getLogger("conformance.http")
    logger.addFilter(_ours)
    return logger


def _ours(record: logging.LogRecord) -> bool:
    from aiohttp.http_exceptions import BadHttpMessage

    return not (record.exc_info and isinstance(record.exc_info[1], BadHttpMessage))


async def _head(raw: web.BaseRequest) -> bytes:
    """The beginning of a body, enough to know whom it is about."""
    head = b""
    while len(head) < HEAD and (chunk := await raw.content.read(HEAD - len(head))):
        head += chunk
    return head


def _readable(text: str) -> str:
    """A header whose bytes are not UTF-8 is told with escapes, so that it can be written down."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def tls_facts(socket: Any) -> tuple[Tls | None, bytes | None]:
    """The facts of a TLS session and the client's certificate (DER), from an ssl object; None twice without TLS."""
    if socket is None:
        return None, None
    cipher = socket.cipher()
    der: bytes | None = socket.getpeercert(binary_form=True)
    parts = socket.getpeercert().get("subject", ()) if der else ()
    subject = ", ".join(f"{name}={value}" for pairs in parts for name, value in pairs) or None
    digest = hashlib.sha256(der).hexdigest() if der else None
    return Tls(socket.version() or "?", cipher[0] if cipher else "?", subject, digest), der

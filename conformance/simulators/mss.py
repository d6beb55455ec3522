"""An MSSanté operator's submission service (SMTP): what a client presents is recorded, its mails go nowhere.

STARTTLS comes before anything else; a personal box is opened by a Pro Santé Connect token (XOAUTH2) or by its
password, an applicative box by the organisation's client certificate. Source: référentiel socle MSSanté #2.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from conformance.simulators import mss_tls
from conformance.simulators.mss_boxes import CERTIFICATE, Box, RefusedError
from conformance.simulators.pki import Pki
from conformance.simulators.pki_content import OPERATOR

if TYPE_CHECKING:
    from conformance.journal import Journal
    from conformance.simulators.mss_session import Session

READY_S = 10.0
_log = logging.getLogger(__name__)


class Mss:
    """The operator. ``boxes`` are those of bench.json; ``token_ok`` tells if an access token is valid."""

    def __init__(
        self,
        journal: Journal,
        pki: Pki,
        host: str,
        port: int,
        boxes: Mapping[str, Mapping[str, Any]],
        token_ok: Callable[[str], bool] | None = None,
        timeout_s: float = 30.0,
    ) -> None:
        self.journal, self.pki, self.host, self.port = journal, pki, host, port
        self.timeout_s = timeout_s
        self.domain = OPERATOR
        self.presented = "normal"
        self.live: set[Session] = set()
        self._token_ok = token_ok
        self._boxes = {box.address: box for box in map(Box.read, boxes.values())}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: OSError | None = None

    def present(self, name: str) -> None:
        """Present that TLS behaviour (a name of ``mss_tls.PRESENTATIONS``) from the next STARTTLS on.

        Raises ValueError for an unknown name.
        """
        mss_tls.context(self.pki, name)
        self.presented = name

    def clear(self) -> None:
        """Present the conforming behaviour again."""
        self.presented = "normal"

    def context(self) -> ssl.SSLContext:
        """The TLS settings in force."""
        return mss_tls.context(self.pki, self.presented)

    def by_password(self, login: str, password: str, certificate: bytes | None) -> Box:
        """The box opened by AUTH PLAIN; ``certificate`` is the client's, in DER. Raises RefusedError."""
        box = self._box(login)
        if box.mode == CERTIFICATE:
            if certificate is None:
                raise RefusedError("boîte applicative sans certificat client dans la session TLS")
            if self.pki.identify(certificate) != "org_auth":
                raise RefusedError("le certificat client n’est pas celui d’authentification de la structure")
            return box
        if box.password is None:
            raise RefusedError("cette boîte personnelle s’ouvre par XOAUTH2, pas par mot de passe")
        if not hmac.compare_digest(box.password.encode(), password.encode()):
            raise RefusedError("mot de passe faux")
        return box

    def by_token(self, login: str, token: str) -> Box:
        """The box opened by AUTH XOAUTH2. Raises RefusedError."""
        box = self._box(login)
        if box.mode == CERTIFICATE:
            raise RefusedError("une boîte applicative s’ouvre par certificat, pas par XOAUTH2")
        if self._token_ok is None or not self._token_ok(token):
            raise RefusedError("jeton d’accès inconnu, expiré ou étranger au banc")
        return box

    def _box(self, login: str) -> Box:
        box = self._boxes.get(login.lower())
        if box is None:
            raise RefusedError(f"boîte « {login[:120]} » inconnue de l’opérateur")
        return box

    def start(self) -> None:
        """Serve; return once connections are accepted. Raises OSError when the port cannot be had."""
        # aiosmtpd warns, through this logger, of a property that it sets itself at each login.
        logging.getLogger("mail.log").addHandler(logging.NullHandler())
        self._thread = threading.Thread(target=self._run, name="mss", daemon=True)
        self._thread.start()
        if not self._ready.wait(READY_S):
            raise TimeoutError(f"l’opérateur {self.host}:{self.port} n’est pas prêt après {READY_S:.0f} s")
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop serving; sessions under way are cut, and recorded."""
        if self._loop is not None and self._stopping is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(READY_S)
            self._loop = None

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        from conformance.simulators.mss_session import Session

        loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        # A client that breaks its TLS session is recorded as such; asyncio would print it on the console too.
        loop.set_exception_handler(lambda _, about: _log.debug("connexion rompue : %s", about.get("message")))
        server = await loop.create_server(lambda: Session(self, loop), self.host, self.port)
        self._loop, self.port = loop, server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for session in list(self.live):
            session.cut()
        await asyncio.sleep(0)
        for session in list(self.live):
            session.record.end(None)

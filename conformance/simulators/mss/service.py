"""An MSSanté operator: submission (SMTP) and boxes (IMAP). What a client does is recorded, its mails leave nowhere.

STARTTLS comes before anything else; a personal box is opened by a Pro Santé Connect token (XOAUTH2) or by its
password, an applicative box by the organisation's client certificate. Source: référentiel socle MSSanté #2.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from conformance.simulators.loop_thread import LoopThread
from conformance.simulators.mss import tls
from conformance.simulators.mss.boxes import CERTIFICATE, Box, RefusedError
from conformance.simulators.mss.faults import FAULTS, REFUSES
from conformance.simulators.mss.post import STATES, PostOffice
from conformance.simulators.naming import known
from conformance.simulators.pki import Pki
from conformance.simulators.pki.content import OPERATOR

if TYPE_CHECKING:
    from conformance.journal import Journal
    from conformance.simulators.mss.imap import ImapService
    from conformance.simulators.mss.session import Session

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
        imap_port: int = 0,
    ) -> None:
        self.journal, self.pki, self.host, self.port, self.imap_port = journal, pki, host, port, imap_port
        self.timeout_s = timeout_s
        self.domain = OPERATOR
        self.presented = "normal"
        self.live: set[Session] = set()
        self._token_ok = token_ok
        self._boxes = {box.address: box for box in map(Box.read, boxes.values())}
        self.post = PostOffice(self.domain, self._boxes)
        self.fault = ""
        self._imap: ImapService | None = None
        self._thread = LoopThread("mss", self._serve)

    def present(self, name: str) -> None:
        """Present that TLS behaviour (a name of ``tls.PRESENTATIONS``) from the next STARTTLS on.

        Raises ValueError for an unknown name.
        """
        tls.context(self.pki, name)
        self.presented = name

    def fail(self, name: str) -> None:
        """Break down in the named way (a name of FAULTS) until ``clear``. Raises ValueError for an unknown name."""
        self.fault = known(name, FAULTS, "panne de l’opérateur")

    def patient_box(self, address: str, state: str | None) -> None:
        """Make a patient's box closed or unknown (a name of ``mss_post.STATES``); None makes it a sound one again."""
        if state is None:
            self.post.states.pop(address.lower(), None)
        else:
            self.post.states[address.lower()] = known(state, STATES, "état d’une boîte de patient")

    def deliver(self, address: str, content: bytes) -> None:
        """Put a mail into one of the operator's boxes, as if it came from elsewhere. Raises KeyError."""
        self._thread.call(self.post.deliver(address.lower(), content))

    def cut_imap(self) -> int:
        """Close every IMAP session from the operator's side; how many there were."""
        return 0 if self._imap is None else self._thread.call(self._imap.cut())

    def clear(self) -> None:
        """Behave as a conforming operator again."""
        self.presented, self.fault = "normal", ""
        self.post.states.clear()

    def context(self) -> ssl.SSLContext:
        """The TLS settings in force."""
        return tls.context(self.pki, self.presented)

    def by_password(self, login: str, password: str, certificate: bytes | None) -> Box:
        """The box opened by AUTH PLAIN; ``certificate`` is the client's, in DER. Raises RefusedError."""
        box = self._box(login)
        if self.fault == REFUSES:
            raise RefusedError(FAULTS[REFUSES])
        if box.mode == CERTIFICATE:
            if certificate is None:
                raise RefusedError("boîte applicative sans certificat client dans la session TLS")
            if self.pki.identify(certificate) not in box.certificates:
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
        if self.fault == REFUSES:
            raise RefusedError(FAULTS[REFUSES])
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
        self._thread.start(f"l’opérateur {self.host}:{self.port}")

    def stop(self) -> None:
        """Stop serving; sessions under way are cut, and recorded."""
        self._thread.stop()

    async def _serve(self, ready: Callable[[], None], stopping: asyncio.Event) -> None:
        from conformance.simulators.mss.imap import ImapService
        from conformance.simulators.mss.session import Session

        loop, self._imap = asyncio.get_running_loop(), ImapService(self)
        # A client that breaks its TLS session is recorded as such; asyncio would print it on the console too.
        loop.set_exception_handler(lambda _, about: _log.debug("connexion rompue : %s", about.get("message")))
        server = await loop.create_server(lambda: Session(self, loop), self.host, self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            self.imap_port = await self._imap.start(self.host, self.imap_port)
            ready()
            await stopping.wait()
        finally:
            server.close()
            for session in list(self.live):
                session.cut()
            await self._imap.stop()
            for session in list(self.live):
                session.record.end(None)

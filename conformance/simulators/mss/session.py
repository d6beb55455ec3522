"""One SMTP connection of a client to the simulated operator: STARTTLS, AUTH, MAIL, RCPT, DATA."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, TLSSetupException
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

from conformance.simulators.http import tls_facts
from conformance.simulators.mss.boxes import PATIENTS, SIZE_LIMIT, Box, RefusedError
from conformance.simulators.mss.faults import FAULTS, HANGS_UP
from conformance.simulators.mss.record import Record
from conformance.simulators.mss.sasl import INVALID_TOKEN, decoded, xoauth2

if TYPE_CHECKING:
    from conformance.simulators.mss.service import Mss

COMMAND_LIMIT = 512
# RFC 4954 §4: an AUTH line may reach 12288 octets, which a signed access token needs.
AUTH_LIMIT = 12288
AT_LEAST = 64 * 1024
"""What a client must send, in bytes, within the delay left to a command: otherwise it is too slow."""
_DSN_MAIL = re.compile(r" +(?:RET=(?:FULL|HDRS)|ENVID=[!-~]{1,100})(?= |$)", re.IGNORECASE)
_DSN_RCPT = re.compile(r" +(?:NOTIFY=[A-Z,]{1,40}|ORCPT=rfc822;[!-~]{1,500})(?= |$)", re.IGNORECASE)
INVALID = "535 5.7.8 Authentification refusee"


class Session(SMTP):
    """What the wire says goes to ``record``; what it may do is decided by the operator and by ``_Rules``."""

    # Also the size of the input buffer: an AUTH line must fit, and long lines of mail must not be lost.
    line_length_limit = 4 * AUTH_LIMIT

    def __init__(self, operator: Mss, loop: asyncio.AbstractEventLoop) -> None:
        self.operator = operator
        self.record = Record(operator.journal)
        self.record.facts["presentation"] = operator.presented
        self.box: Box | None = None
        self.certificate: bytes | None = None
        self._waited = 0
        super().__init__(
            _Rules(),
            data_size_limit=SIZE_LIMIT,
            hostname=operator.domain,
            ident="ESMTP",
            tls_context=operator.context(),
            require_starttls=True,
            timeout=operator.timeout_s,
            auth_required=True,
            auth_exclude_mechanism=["LOGIN"],
            authenticator=self._password,
            loop=loop,
        )
        self.command_size_limits = defaultdict(lambda: COMMAND_LIMIT, {"AUTH": AUTH_LIMIT})

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called for the connection, then again once it is ciphered."""
        self.operator.live.add(self)
        super().connection_made(transport)
        if self.operator.fault == HANGS_UP:
            self.record.refuse(FAULTS[HANGS_UP])
            self.cut()

    def data_received(self, data: bytes) -> None:
        """Keep what the client says before it is acted upon."""
        self.record.heard(data)
        self._waited += len(data)
        if self._waited >= AT_LEAST:  # a long mail has its time, one that trickles does not
            self._waited = 0
            self._reset_timeout()
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        """The end, whatever its cause; TLS 1.3 tells only now that the client refused our certificate."""
        super().connection_lost(error)
        self.operator.live.discard(self)
        self.record.end(error)

    def cut(self) -> None:
        """Drop the connection at once."""
        transport: Any = self._original_transport or self.transport
        if transport is not None:
            transport.abort()

    async def push(self, status: str | bytes) -> None:
        """Answer; a refusal is recorded with its reason."""
        self.record.answered(status if isinstance(status, str) else status.decode("ascii", "replace"))
        await super().push(status.encode("ascii", "replace") if isinstance(status, str) else status)

    async def handle_exception(self, error: Exception) -> str:
        """A command that broke the dialogue; the client gets an SMTP error, the record its nature."""
        if not isinstance(error, TLSSetupException):
            self.record.reason = f"commande illisible ({type(error).__name__})"
        return "500 5.5.2 Commande illisible"

    def _timeout_cb(self) -> None:
        self.record.refuse(f"client muet ou trop lent : plus de {self.operator.timeout_s:.0f} s")
        super()._timeout_cb()  # type: ignore[no-untyped-call]

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        """Start TLS with the behaviour in force at this very moment."""
        if self._tls_protocol is not None:
            self.record.reason = "STARTTLS répété dans une session déjà chiffrée"
            await self.push("503 5.5.1 TLS est deja en place")
            return
        self.tls_context = self.operator.context()
        self.record.facts["presentation"] = self.operator.presented
        try:
            await super().smtp_STARTTLS(arg)
        except TLSSetupException as error:
            self.record.tls_failed(error.__cause__)
            raise
        if not arg and self.record.tls is None:  # the connection fell during the handshake, without an error
            self.record.tls_failed(None)
            raise TLSSetupException

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """MAIL, with what asks for delivery notices (RFC 3461), which the library does not know."""
        await super().smtp_MAIL(_without(arg, _DSN_MAIL))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """RCPT, with what asks for delivery notices (RFC 3461), which the library does not know."""
        await super().smtp_RCPT(_without(arg, _DSN_RCPT))

    async def auth_XOAUTH2(self, _: object, args: list[str]) -> AuthResult:  # noqa: N802
        """AUTH XOAUTH2, with or without an initial response."""
        if len(args) == 1:
            reply = await self.challenge_auth("")
            if not isinstance(reply, bytes):
                return AuthResult(success=False)  # already answered: aborted, or not base64
            answer: bytes | None = reply
        else:
            answer = decoded(args[1].encode("ascii", "replace"))
        if answer is None:
            self.record.reason = "AUTH XOAUTH2 sans réponse lisible en base64"
            return AuthResult(success=False, handled=False, message="501 5.5.2 Base64 illisible")
        try:
            self.box = self.operator.by_token(*xoauth2(answer))
        except RefusedError as refusal:
            # The mechanism tells the error in a challenge, to which the client answers with an empty line.
            await self.challenge_auth(INVALID_TOKEN)
            self.record.reason = str(refusal)
            return AuthResult(success=False, handled=False, message=INVALID)
        self.record.facts["auth"] = "XOAUTH2"
        return AuthResult(success=True, auth_data=LoginPassword(self.box.address.encode(), b""))

    def _password(
        self, server: SMTP, session: SmtpSession, envelope: SmtpEnvelope, mechanism: str, data: Any
    ) -> AuthResult:
        login, password = data.login.decode("utf-8", "replace"), data.password.decode("utf-8", "replace")
        try:
            self.box = self.operator.by_password(login, password, self.certificate)
        except RefusedError as refusal:
            self.record.reason = str(refusal)
            return AuthResult(success=False, handled=False, message=INVALID)
        self.record.facts["auth"] = mechanism
        if self.certificate is not None:
            self.record.facts["certificate"] = self.operator.pki.identify(self.certificate) or "autre"
        return AuthResult(success=True, auth_data=data)


class _Rules:
    """What the operator accepts, as aiosmtpd's hooks."""

    def handle_STARTTLS(self, server: Session, session: SmtpSession, envelope: SmtpEnvelope) -> bool:  # noqa: N802
        tls, server.certificate = tls_facts((session.ssl or {}).get("ssl_object"))
        server.record.tls = tls
        server.record.facts["starttls"] = "oui"
        return True

    async def handle_EHLO(  # noqa: N802
        self, server: Session, session: SmtpSession, envelope: SmtpEnvelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: Session, session: SmtpSession, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        if server.box is None or address.lower() != server.box.address:
            server.record.reason = "l’expéditeur de l’enveloppe n’est pas la boîte authentifiée"
            return "553 5.7.1 Expediteur different de la boite authentifiee"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Session, session: SmtpSession, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        domain = address.rpartition("@")[2].lower()
        if domain != PATIENTS and not domain.endswith(".test"):
            server.record.reason = f"domaine « {domain[:120]} » hors de l’espace de confiance du banc"
            return "550 5.1.2 Domaine hors de l'espace de confiance"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Session, session: SmtpSession, envelope: SmtpEnvelope) -> str:  # noqa: N802
        reply = "250 2.0.0 Message accepte"
        content = envelope.original_content or b""
        sender, recipients = envelope.mail_from or "", tuple(envelope.rcpt_tos)
        server.record.mail(sender, recipients, content, reply)
        await server.operator.post.take(sender.lower(), recipients, content)
        return reply


def _without(arg: str | None, parameters: re.Pattern[str]) -> str | None:
    return arg and parameters.sub("", arg)

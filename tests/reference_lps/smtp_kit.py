"""A small secure mail operator for the tests: aiosmtpd behind STARTTLS, with a memory of what it saw."""

from __future__ import annotations

import email
import email.policy
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from wire_kit import Authority, make_bench

from conformance.reference_lps.types import Bench


@dataclass
class Operator:
    """The server, and what it saw."""

    bench: Bench
    raw: list[bytes] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    tls: list[tuple[str, str, bool]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd wants
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        channel = server.transport.get_extra_info("ssl_object")
        assert channel is not None
        presented = bool(channel.getpeercert(binary_form=True))
        self.tls.append((channel.version(), channel.cipher()[0], presented))
        self.raw.append(envelope.original_content or b"")
        return "250 OK"

    def authenticate(self, server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password in (b"secret-de-test", b""), handled=False)

    def last(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw[-1], policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class _Controller(Controller):
    """Port 0: the port is known once the server listens."""

    def _trigger_server(self) -> None:
        listening: Any = self.server
        self.port = listening.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


Prepare = Callable[[ssl.SSLContext], None]


@contextmanager
def operator(
    authority: Authority,
    certificate: tuple[Path, Path] | None = None,
    *,
    prepare: Prepare | None = None,
    starttls: bool = True,
) -> Iterator[Operator]:
    """A running operator; ``prepare`` weakens its TLS context, ``starttls`` off takes TLS away."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*(str(path) for path in certificate or authority.issue("serveur")))
    context.load_verify_locations(str(authority.path))
    context.verify_mode = ssl.CERT_OPTIONAL
    if prepare:
        prepare(context)
    seen = Operator(make_bench(authority))
    controller = _Controller(
        seen,
        hostname="127.0.0.1",
        port=0,
        tls_context=context if starttls else None,
        require_starttls=starttls,
        auth_required=starttls,
        auth_require_tls=starttls,
        authenticator=seen.authenticate,
    )
    controller.start()
    try:
        seen.bench = make_bench(authority, mss_port=controller.port)
        yield seen
    finally:
        controller.stop()

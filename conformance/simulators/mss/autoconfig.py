"""The operator's autoconfiguration: from the domain of a mailbox to the settings of SMTP and IMAP.

Mozilla's ``clientConfig``, read at ``https://autoconfig.<domain>/mail/config-v1.1.xml`` (CONF.04); on the bench, at the
address that bench.json gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from conformance.model.evidence import Channel, Exchange
from conformance.simulators.http import HttpServer, Request, Response
from conformance.simulators.pki.content import OPERATOR

if TYPE_CHECKING:
    from conformance.journal import Journal
    from conformance.simulators.mss.service import Mss

PATH = "/mail/config-v1.1.xml"
OPERATION = "autoconfig"


class Autoconfig:
    """Serves the settings of an operator that has started before it."""

    def __init__(self, journal: Journal, operator: Mss, host: str = "127.0.0.1", port: int = 0) -> None:
        self._journal, self._operator = journal, operator
        self.announced: int | None = None
        self._server = HttpServer(self._answer, lambda: operator.pki.server_context(ask_client=False), host, port)

    def start(self) -> None:
        """Serve. Raises OSError when the port cannot be had."""
        self._server.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()

    def announce(self, port: int | None) -> None:
        """Give that port for both services, where the operator does not listen; None for the true ones."""
        self.announced = port

    @property
    def url(self) -> str:
        """Where the file is read."""
        return f"https://localhost:{self._server.port}{PATH}"

    def _answer(self, request: Request) -> Response:
        answer = Response(404)
        if request.path == PATH and request.method == "GET":
            answer = Response(200, (("Content-Type", "text/xml; charset=utf-8"),), self._settings().encode())
        self._journal.exchange(
            Exchange(Channel.MSS, OPERATION, request.message, answer.message, tls=request.tls, facts={})
        )
        return answer

    def _settings(self) -> str:
        operator = self._operator
        host = escape(operator.host)
        imap, smtp = self.announced or operator.imap_port, self.announced or operator.port
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="{OPERATOR}">
    <domain>{OPERATOR}</domain>
    <displayName>Operateur MSSante de test</displayName>
    <incomingServer type="imap">
      <hostname>{host}</hostname><port>{imap}</port><socketType>STARTTLS</socketType>
      <username>%EMAILADDRESS%</username><authentication>OAuth2</authentication>
      <authentication>TLS-client-cert</authentication>
    </incomingServer>
    <outgoingServer type="smtp">
      <hostname>{host}</hostname><port>{smtp}</port><socketType>STARTTLS</socketType>
      <username>%EMAILADDRESS%</username><authentication>OAuth2</authentication>
      <authentication>TLS-client-cert</authentication>
    </outgoingServer>
  </emailProvider>
</clientConfig>
"""

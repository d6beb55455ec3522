"""Where the bench tells that a certificate is revoked: the authority's list (CRL) and its OCSP responder, in HTTP.

A client that checks revocation is seen to ask; ``down`` makes the place unreachable, as CONF.22 supposes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.model.evidence import Channel, Exchange
from conformance.simulators.http import HttpServer, Request, Response
from conformance.simulators.pki.content import CRL_PATH, OCSP_PATH

if TYPE_CHECKING:
    from conformance.journal import Journal
    from conformance.simulators.pki import Pki

CRL, OCSP = "CRL", "OCSP"


class Revocation:
    """The distribution point and the responder; the certificates may be made after it has started."""

    def __init__(self, journal: Journal, pki: Pki, host: str = "127.0.0.1", port: int = 0) -> None:
        self._journal, self._pki, self._host = journal, pki, host
        self._server = HttpServer(self._answer, None, host, port)
        self.down = False

    def start(self) -> None:
        """Serve. Raises OSError when the port cannot be had."""
        self._server.start()

    def start_at(self, port: int) -> None:
        """Serve on that port, 0 for any. Raises OSError when it cannot be had."""
        self._server = HttpServer(self._answer, None, self._host, port)
        self._server.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()

    @property
    def port(self) -> int:
        """The port in use, once started."""
        return self._server.port

    @property
    def url(self) -> str:
        """The address that certificates give, without its path."""
        return f"http://{self._server.host}:{self.port}"

    def _answer(self, request: Request) -> Response:
        operation = {CRL_PATH: CRL, OCSP_PATH: OCSP}.get(request.path, "autre")
        answer = Response(503, abort=True) if self.down else self._found(operation, request)
        facts = {"refused": "panne simulée : la révocation est injoignable"} if self.down else {}
        response = None if self.down else answer.message
        self._journal.exchange(Exchange(Channel.MSS, operation, request.message, response, facts=facts))
        return answer

    def _found(self, operation: str, request: Request) -> Response:
        if operation == CRL:
            return Response(200, (("Content-Type", "application/pkix-crl"),), self._pki.crl.read_bytes())
        if operation == OCSP and request.method == "POST":
            from conformance.simulators.pki.revocation import ocsp_answer

            try:
                answer = ocsp_answer(self._pki, request.body)
            except ValueError:
                return Response(400)
            return Response(200, (("Content-Type", "application/ocsp-response"),), answer)
        return Response(404)

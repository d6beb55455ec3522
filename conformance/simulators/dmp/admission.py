"""What the simulated DMP looks at before the assertion: the client's certificate, the headers, the transaction asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lxml import etree

from conformance.simulators import soap
from conformance.simulators.dmp.call import RefusalError, Transaction
from conformance.simulators.dmp.transactions import TRANSACTIONS
from conformance.simulators.pki.content import RANKS

if TYPE_CHECKING:
    from conformance.simulators.http import Request
    from conformance.simulators.pki import Pki

_AUTH = ("org_auth", "cps_auth", *RANKS)
# What official material writes in place of the right action: understood, and reported.
_TOLERATED = {
    "urn:ihe:iti:xds-b:2007:ProvideAndRegisterDocumentSet-b": "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
    "urn:ihe:iti:xds-b:2007:UpdateDocumentSet-b": "urn:ihe:iti:2010:UpdateDocumentSet",
    "urn:hl7-org:v3:PRPA_IN201308UV02": "urn:hl7-org:v3:PRPA_IN201307UV02",
}


class ForbiddenError(Exception):
    """A client refused below SOAP, with an HTTP status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Headers:
    """The WS-Addressing headers seen so far. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: set[str] = set()

    def warnings(self, envelope: soap.Envelope) -> Iterator[str]:
        """What the headers of a message deserve to be told."""
        if envelope.version != "1.2":
            yield f"enveloppe SOAP {envelope.version} au lieu de 1.2"
        name = envelope.message_id or ""
        if not name.startswith("urn:uuid:"):
            yield "wsa:MessageID absent ou différent de urn:uuid:…"
        with self._lock:
            if name in self._seen:
                yield f"wsa:MessageID {name[:60]} déjà utilisé par un autre message"
            self._seen.add(name)
        if envelope.header.find(f"{{{soap.WSA}}}To") is None:
            yield "wsa:To absent"
        if envelope.header.findtext(f"{{{soap.WSA}}}ReplyTo/{{{soap.WSA}}}Address") != soap.ANONYMOUS:
            yield f"wsa:ReplyTo absent ou différent de {soap.ANONYMOUS}"


def admit(request: Request, pki: Pki) -> str:
    """Let in a POST of a client that shows an authentication certificate of the bench; its name there.

    Raises ForbiddenError.
    """
    if request.method != "POST":
        raise ForbiddenError(405, f"méthode {request.method[:20]} au lieu de POST")
    name = pki.identify(request.certificate)
    if request.certificate is None:
        raise ForbiddenError(403, "aucun certificat client dans la session TLS")
    if name in _AUTH:
        return name
    seen = name or "étranger au banc"
    raise ForbiddenError(403, f"certificat client {seen} : certificat d’authentification attendu")


def routed(envelope: soap.Envelope, warnings: list[str]) -> Transaction:
    """The transaction that wsa:Action asks for. Raises RefusalError."""
    if envelope.action is None:
        raise RefusalError("MessageAddressingHeaderRequired", "en-tête wsa:Action absent")
    action = _TOLERATED.get(envelope.action, envelope.action)
    if action != envelope.action:
        warnings.append(f"wsa:Action {envelope.action} au lieu de {action}")
    transaction = TRANSACTIONS.get(action)
    if transaction is None:
        reason = f"wsa:Action « {envelope.action[:120]} » inconnue ou non simulée"
        raise RefusalError("ActionNotSupported", reason)
    return transaction


def placed(transaction: Transaction, envelope: soap.Envelope, path: str) -> None:
    """The transaction is asked of its own service, with its own body. Raises RefusalError."""
    service = path.rstrip("/").rpartition("/")[2]
    if transaction.service != service:
        reason = f"wsa:Action de {transaction.service} envoyée au service « {service[:60]} »"
        raise RefusalError("ActionNotSupported", reason)
    if etree.QName(envelope.body).localname != transaction.root:
        raise RefusalError(None, f"le corps n’est pas l’élément {transaction.root} attendu")

"""A simulated DMP: existence test, deposit, replacement, deletion, authorisation, over mutual TLS, SOAP 1.2 and VIHF.

The host is ignored, the service is the last segment of the path. Messages are refused in the order of the reference
(§1.8), at the first step that finds fault, with every fault of that step.
"""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from conformance.model.evidence import Channel, Exchange
from conformance.simulators import mtom, soap
from conformance.simulators.dmp import messages, web
from conformance.simulators.dmp.admission import ForbiddenError, Headers, admit, placed, routed
from conformance.simulators.dmp.call import Answer, Received, RefusalError, Transaction
from conformance.simulators.dmp.faults import BROKEN, TEXT, Faults, named
from conformance.simulators.dmp.registry import APPROVED, CLOSED, DELETED, Caller, Entry, Problem, Registry
from conformance.simulators.dmp.rights import DENIED, GRANTED, INDIRECT_RIGHTS, Rights
from conformance.simulators.dmp.seed import Seed
from conformance.simulators.dmp.seed import deposit as deposited
from conformance.simulators.http import HttpServer, Request, Response
from conformance.simulators.vihf import gate

if TYPE_CHECKING:
    from conformance.journal import Journal
    from conformance.model.identity import Identity
    from conformance.simulators.pki import Pki

PATH = "/si-dmp-server/v2/services"


@dataclass(slots=True)
class _Call:
    """A message being handled, and what will be recorded of it."""

    request: Request
    operation: str = "?"
    keys: set[str] = field(default_factory=set)
    facts: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class _Message:
    """A package and the envelope in its root. Raises SoapError."""

    def __init__(self, package: mtom.Package) -> None:
        self.package = package
        self.envelope = soap.parse(package.root)


class Dmp:
    """The service. ``slow_s`` is how long the fault ``slow`` holds an answer back, in seconds."""

    def __init__(
        self, journal: Journal, pki: Pki, host: str = "127.0.0.1", port: int = 0, slow_s: float = 20.0
    ) -> None:
        self._journal, self._pki, self._slow_s = journal, pki, slow_s
        self._sound = True
        self._registry, self._rights = Registry(), Rights()
        self._faults = Faults()
        self._server = HttpServer(self._handle, self._context, host, port, self._faults.cuts)
        self._headers = Headers()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """What precedes the name of a service."""
        return f"https://{self._server.host}:{self._server.port}{PATH}"

    @property
    def web(self) -> str:
        """What precedes the name of a page of the web access (TD0.9)."""
        return f"https://{self._server.host}:{self._server.port}{web.ROOT}"

    def start(self) -> None:
        """Serve; return once connections are accepted."""
        self._server.start()

    def stop(self) -> None:
        """Stop serving, and forget what was deposited."""
        self._server.stop()
        self._registry.spool.close()

    def open(self, identity: Identity) -> None:
        """Give that person an active record."""
        self._registry.open(identity)

    def close(self, identity: Identity) -> None:
        """Make that person's record a closed one."""
        self._registry.open(identity, CLOSED)

    def grant(self, identity: Identity, professional: str, doctor: bool = False) -> None:
        """Let a professional (NameID) read that person's record, as the attending doctor or not."""
        self._rights.add((identity.matricule, identity.oid), professional, doctor)

    def seed(self, identity: Identity, seed: Seed) -> Entry:
        """Have somebody else's document in that person's record."""
        return deposited(self._registry, identity, seed)

    def remove(self, entry: Entry) -> None:
        """Have its author delete a document."""
        caller = Caller(entry.matricule, entry.structure, entry.author)
        self._registry.change([entry.entry_uuid], (APPROVED, DELETED), caller)

    def block(self, identity: Identity, professional: str | None = None) -> None:
        """Shut that person's record to a professional, or to everyone."""
        self._rights.block((identity.matricule, identity.oid), professional)

    def documents(self, matricule: str) -> tuple[Entry, ...]:
        """Every document deposited for that person, whatever its state, oldest first."""
        return self._registry.documents(matricule)

    def fault(self, name: str, identity: Identity | None = None) -> None:
        """Misbehave in that way (a name of FAULTS), for that person or for everybody. ValueError if unknown."""
        self._faults.put(name, identity)

    def clear(self) -> None:
        """Behave again."""
        self._faults.clear()
        with self._lock:
            self._sound = True

    def expire(self) -> None:
        """Present an expired server certificate to whoever connects from now on, until ``clear``."""
        with self._lock:
            self._sound = False

    def _context(self) -> ssl.SSLContext:
        """The TLS settings; each handshake looks at which certificate is presented then."""
        sound, expired = self._pki.server_context(), self._pki.server_context("server_expired")

        def choose(handshake: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
            handshake.context = sound if self._sound else expired

        sound.sni_callback = choose
        return sound

    def _handle(self, request: Request) -> Response:
        call = _Call(request)
        response = self._served(call)
        if call.warnings:
            call.facts["warning"] = " ; ".join(call.warnings)
        self._journal.exchange(
            Exchange(
                channel=Channel.DMP,
                operation=call.operation,
                request=request.message,
                response=None if response.abort else response.message,
                keys=frozenset(call.keys),
                tls=request.tls,
                facts=call.facts,
            )
        )
        return response

    def _served(self, call: _Call) -> Response:
        """The answer to a message; ``call`` tells what is to be recorded of it."""
        if web.serves(call.request):
            return self._web(call)
        message = self._read(call)
        fault = self._faults.of(call.keys)
        if fault:
            call.facts["fault"] = fault
        if fault in BROKEN or call.request.cut:
            fault = fault or "cut"
            call.facts["status"] = fault
            return BROKEN[fault]
        try:
            call.facts["certificate"] = admit(call.request, self._pki)
            if not isinstance(message, _Message):
                raise message
            response = self._accepted(call, message, fault)
        except ForbiddenError as refusal:
            call.facts |= {"status": f"HTTP {refusal.status}", "refused": str(refusal)}
            response = Response(refusal.status, TEXT, str(refusal).encode())
        except RefusalError as refusal:
            relates_to = message.envelope.message_id if isinstance(message, _Message) else None
            response = self._faulted(call, refusal, relates_to)
        # The message was treated: only its sender does not know.
        return replace(response, delay_s=self._slow_s if fault == "slow" else 0.0, abort=fault == "lost-answer")

    def _read(self, call: _Call) -> _Message | RefusalError:
        """The message, or why it is not one: a client without certificate is told so first."""
        try:
            message = _Message(mtom.read(call.request.header("Content-Type"), call.request.body))
        except (mtom.MtomError, soap.SoapError) as error:
            # Whom a broken message is about may still be read in its bytes.
            call.keys |= named(call.request.body)
            return RefusalError(None, str(error), error.code if isinstance(error, soap.SoapError) else "Sender")
        call.keys |= self._keys(message.envelope)
        return message

    def _faulted(self, call: _Call, refusal: RefusalError, relates_to: str | None) -> Response:
        code = refusal.subcode or refusal.code
        call.facts |= {"status": "fault", "code": code, "refused": refusal.reason}
        body = soap.fault(refusal.code, refusal.reason, refusal.subcode, relates_to=relates_to)
        # TD3.2 answers in MTOM, faults included.
        kind, body = mtom.write(body, {}) if call.operation == "TD3.2" else (soap.CONTENT_TYPE, body)
        return Response(soap.status(refusal.code), (("Content-Type", kind),), body)

    def _web(self, call: _Call) -> Response:
        """TD0.9: the contextual access of a browser, which has no SOAP message."""
        page = web.opened(call.request, self._registry)
        call.operation = call.facts["td"] = web.TD
        call.keys |= {page.matricule} if page.matricule else set()
        call.facts |= {"page": page.name, "status": str(page.status)}
        if page.refused:
            call.facts["refused"] = page.refused
        return page.response

    def _accepted(self, call: _Call, message: _Message, fault: str | None) -> Response:
        envelope = message.envelope
        transaction = self._routed(call, envelope)
        call.warnings += [*message.package.warnings, *self._headers.warnings(envelope)]
        if fault == "soap-fault":
            raise RefusalError(None, "Panne simulée du service.", "Receiver")
        try:
            vihf = gate.read(envelope, self._pki, transaction.about_patient)
        except gate.VihfError as error:
            raise RefusalError(error.code, error.reason) from error
        call.warnings += vihf.warnings
        call.facts["mode"] = vihf.mode
        target = transaction.target(envelope.body)
        if target is not None and target != vihf.patient:
            raise RefusalError(
                "XDSPatientIdDoesNotMatch", "le VIHF (resource-id) désigne un autre patient que le message"
            )
        self._allowed(call.operation, vihf)
        received = Received(
            call.operation,
            envelope,
            message.package,
            vihf,
            self._registry,
            self._rights,
            fault == "closed",
            call.warnings,
        )
        answer = transaction.run(received)
        if vihf.patient:
            self._rights.used(vihf.patient[0], vihf.name_id)
        return self._answered(call, transaction, answer, envelope.message_id)

    def _allowed(self, operation: str, vihf: gate.Vihf) -> None:
        """By the way the caller authenticated, then by what the patient granted. Raises RefusalError."""
        if vihf.mode == "INDIRECTE":
            if operation not in INDIRECT_RIGHTS:
                raise RefusalError(DENIED, f"{operation} n’est pas permise en mode INDIRECTE")
        elif operation in GRANTED and vihf.patient and not self._rights.allowed(vihf.patient[0], vihf.name_id):
            raise RefusalError(DENIED, f"{operation} : ce professionnel n’a pas l’autorisation du patient (TD0.3)")

    def _answered(self, call: _Call, transaction: Transaction, answer: Answer, relates_to: str | None) -> Response:
        call.facts |= {"status": answer.status, "code": answer.status, **answer.facts}
        if answer.problems:
            call.facts["code"] = ",".join(dict.fromkeys(problem.code for problem in answer.problems))
            call.facts["refused"] = " ; ".join(_told(problem) for problem in answer.problems)
        body = soap.answer(transaction.reply, answer.body, relates_to)
        kind, body = (soap.CONTENT_TYPE, body) if answer.parts is None else mtom.write(body, answer.parts)
        return Response(200, (("Content-Type", kind),), body)

    def _routed(self, call: _Call, envelope: soap.Envelope) -> Transaction:
        transaction = routed(envelope, call.warnings)
        call.operation = call.facts["td"] = transaction.name(envelope.body, self._registry)
        placed(transaction, envelope, call.request.path)
        return transaction

    def _keys(self, envelope: soap.Envelope) -> set[str]:
        """Matricules, uniqueIds and MessageID; a document named by its entryUUID adds its uniqueId."""
        keys = set(messages.keys(envelope))
        lot = messages.lot(envelope.body)
        for link in lot.associations if lot else ():
            if entry := self._registry.entry(link.target.lower()):
                keys.add(entry.unique_id)
        return keys


def _told(problem: Problem) -> str:
    return f"{problem.code} : {problem.reason}" + (f" [{problem.location[:80]}]" if problem.location else "")

"""What a transaction of the DMP is given and what it gives back, once its VIHF has been accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from conformance.simulators.dmp import answers
from conformance.simulators.dmp.registry import CLOSED, Caller, Problem, Registry
from conformance.simulators.dmp.rights import Rights
from conformance.simulators.mtom import Package
from conformance.simulators.soap import Envelope
from conformance.simulators.vihf.gate import Vihf


class RefusalError(Exception):
    """A message answered by a SOAP fault: ``code`` of SOAP, ``subcode`` of the DMP or of a standard, French reason."""

    def __init__(self, subcode: str | None, reason: str, code: str = "Sender") -> None:
        super().__init__(reason)
        self.code, self.subcode, self.reason = code, subcode, reason


@dataclass(frozen=True, slots=True)
class Received:
    """An authenticated message. ``warnings`` is filled on the way; ``closed`` is a fault in force."""

    td: str
    envelope: Envelope
    package: Package
    vihf: Vihf
    registry: Registry
    rights: Rights
    closed: bool
    warnings: list[str]

    @property
    def patient(self) -> tuple[str, str]:
        """The matricule and OID of the VIHF, which its gate has made sure of."""
        return self.vihf.patient or ("", "")

    @property
    def caller(self) -> Caller:
        """Who asks for a change, on whose record."""
        return Caller(self.patient[0], self.vihf.structure, self.vihf.name_id)

    @property
    def state(self) -> str | None:
        """The state of that patient's record."""
        return CLOSED if self.closed else self.registry.state(*self.patient)


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, the facts to be recorded with it, and the attachments by Content-ID, None without MTOM."""

    body: etree._Element
    status: str
    problems: Sequence[Problem] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A service's operation: where it lives, what its body is, what it does.

    ``name`` gives the transaction's number, which the action alone does not always tell; ``target`` the patient it
    is about, when the message says so; ``about_patient`` whether its VIHF must name one.
    """

    service: str
    reply: str
    root: str
    name: Callable[[etree._Element, Registry], str]
    target: Callable[[etree._Element], tuple[str, str] | None]
    run: Callable[[Received], Answer]
    about_patient: bool = True


def registry_answer(problems: Sequence[Problem], **facts: str) -> Answer:
    """RegistryResponse: Success, or Failure with every problem."""
    status = "Failure" if problems else "Success"
    return Answer(answers.registry_response(problems), status, problems, facts)


def unusable(received: Received) -> list[Problem]:
    """Why the patient's record cannot be used, if so."""
    if received.state is None:
        return [Problem("XDSUnknownPatientId", "aucun DMP pour ce matricule", received.patient[0])]
    if received.state == CLOSED:
        return [Problem("DMPClosed", "le DMP de ce patient est fermé", received.patient[0])]
    return []

"""What each DMP transaction does once its VIHF has been accepted."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from conformance.simulators import dmp_answers as answers
from conformance.simulators import dmp_cda, dmp_lot
from conformance.simulators import dmp_messages as ebxml
from conformance.simulators.dmp_messages import Lot
from conformance.simulators.dmp_registry import CLOSED, Entry, Problem, Registry
from conformance.simulators.mtom import Package
from conformance.simulators.soap import Envelope
from conformance.simulators.vihf_attributes import CX, HL7
from conformance.simulators.vihf_gate import Vihf

DENIED = "DMPAccessDeniedByRightsService"
_UPDATE = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"
_STATUS = "urn:oasis:names:tc:ebxml-regrep:StatusType:"
_CI_SIS_STATUS = "urn:asip:ci-sis:2010:StatusType:"
_QUERIES = ("urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d", "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4")
_QUERY = "controlActProcess/queryByParameter"
_TEST_PARTS = (
    "id",
    "creationTime",
    "interactionId",
    "processingCode",
    "processingModeCode",
    "acceptAckCode",
    "receiver",
    "sender",
    f"{_QUERY}/queryId",
    f"{_QUERY}/statusCode",
    f"{_QUERY}/parameterList/patientIdentifier/value",
)
# What an organisation's certificate gives access to (PDT-INF-526), TD3.1 being limited to references.
INDIRECT_RIGHTS = frozenset({"TD0.2", "TD1.3a", "TD2.1", "TD3.1", "TD3.3c"})


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
    closed: bool
    warnings: list[str]

    @property
    def patient(self) -> tuple[str, str]:
        """The matricule and OID of the VIHF, which its gate has made sure of."""
        return self.vihf.patient or ("", "")

    @property
    def state(self) -> str | None:
        """The state of that patient's record."""
        return CLOSED if self.closed else self.registry.state(*self.patient)


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, and the facts to be recorded with it."""

    body: etree._Element
    status: str
    problems: Sequence[Problem] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A service's operation: where it lives, what its body is, what it does.

    ``name`` gives the transaction's number, which the action alone does not always tell; ``target`` the patient it
    is about, when the message says so.
    """

    service: str
    reply: str
    root: str
    name: Callable[[etree._Element], str]
    target: Callable[[etree._Element], tuple[str, str] | None]
    run: Callable[[Received], Answer]


def _registry_answer(problems: Sequence[Problem], **facts: str) -> Answer:
    status = "Failure" if problems else "Success"
    return Answer(answers.registry_response(problems), status, problems, facts)


def _unusable(received: Received) -> list[Problem]:
    """Why the patient's record cannot be written, if so."""
    if received.state is None:
        return [Problem("XDSUnknownPatientId", "aucun DMP pour ce matricule", received.patient[0])]
    if received.state == CLOSED:
        return [Problem("DMPClosed", "le DMP de ce patient est fermé", received.patient[0])]
    return []


def _test(received: Received) -> Answer:
    body = received.envelope.body
    if received.td != "TD0.2":
        reason = f"{received.td} n’est pas simulée (reasonCode TEST_EXST attendu)"
        return Answer(answers.existence_refused(body, "NS200", reason), "AE", [Problem("NS200", reason)])
    missing = [
        path for path in _TEST_PARTS if body.find("/".join(f"{{{HL7}}}{name}" for name in path.split("/"))) is None
    ]
    patient = ebxml.patient_of_test(body)
    if missing or patient is None:
        reason = "éléments absents de la requête : " + ", ".join(missing)
        return Answer(answers.existence_refused(body, "SYN100", reason), "AE", [Problem("SYN100", reason)])
    state = received.state
    return Answer(answers.existence(body, patient, state), "OK" if state else "NF", (), {"dmp": state or "absent"})


def _authorise(received: Received) -> Answer:
    body = received.envelope.body
    action = next(("".join(map(str, node.itertext())).strip() for node in body.iter("{*}action")), "")
    if problems := _unusable(received):
        code, context = problems[0].code, problems[0].reason
    elif action not in ("AJOUT", "SUPPRESSION"):
        raise RefusalError(None, "setAuthorization/action : AJOUT ou SUPPRESSION attendu")
    elif received.registry.authorise(received.patient[0], received.vihf.name_id, remove=action == "SUPPRESSION"):
        code, context = "DMPOk", ""
    else:
        code, context = "DMPPatientAccessAlreadyExists", "rien à changer : l’accès est déjà dans cet état"
    refused = [] if code == "DMPOk" else [Problem(code, context)]
    return Answer(answers.authorization_response(body, code, context), code, refused, {"action": action})


def _deposit(received: Received) -> Answer:
    if problems := _unusable(received):
        return _registry_answer(problems)
    lot = ebxml.lot(received.envelope.body)
    if lot is None:
        return _registry_answer([Problem("XDSRepositoryMetadataError", "SubmitObjectsRequest absent ou vide")])
    facts = {"lot": str(len(lot.documents))}
    if problems := list(dmp_lot.structure(lot)):
        return _registry_answer(problems, **facts)
    received.warnings.extend(dmp_lot.structure_warnings(lot))
    found, problems, warnings = dmp_lot.contents(lot, received.package)
    received.warnings.extend(warnings)
    return _registry_answer(problems or _judged(received, lot, found), **facts)


def _judged(received: Received, lot: Lot, found: Mapping[str, bytes]) -> list[Problem]:
    """The steps after the structure, in order; the last one stores."""
    if problems := list(dmp_lot.metadata(lot)):
        return problems
    problems = list(dmp_lot.patients(lot, received.vihf))
    for item in lot.documents:
        problems.extend(dmp_cda.consistency(item, found[item.id]))
    problems.extend(dmp_lot.authors(lot, received.vihf))
    if problems := problems or list(dmp_lot.integrity(lot, found)):
        return problems
    for item in lot.documents:
        old = next((received.registry.entry(name) for name in lot.replaced(item)), None)
        received.warnings.extend(
            dmp_cda.replacement_warnings(lot, item, found[item.id], old.unique_id if old else None)
        )
    entries = [_entry(received, lot, item, found[item.id]) for item in lot.documents]
    return received.registry.submit(lot.package.unique_id, entries, [item.unique_id for item in lot.signatures])


def _entry(received: Received, lot: Lot, item: ebxml.Item, content: bytes) -> Entry:
    given = item.id.lower()
    return Entry(
        unique_id=item.unique_id,
        # A symbolic id is the client's business within its message: the registry gives a lasting one.
        entry_uuid=given if given.startswith("urn:uuid:") else f"urn:uuid:{uuid.uuid4()}",
        matricule=received.patient[0],
        status="Approved",
        type_code=item.codes(ebxml.TYPE)[0].node,
        confidentiality=tuple(code.node for code in item.codes(ebxml.CONFIDENTIALITY)),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        structure=received.vihf.structure,
        author=received.vihf.name_id,
        lot=lot.package.unique_id,
        replaces=next((name.lower() for name in lot.replaced(item)), None),
    )


def _update(received: Received) -> Answer:
    if problems := _unusable(received):
        return _registry_answer(problems)
    lot = ebxml.lot(received.envelope.body)
    if lot is None or len(lot.packages) != 1:
        reason = "un lot de mise à jour porte un RegistryPackage et un seul"
        return _registry_answer([Problem("XDSRegistryMetadataError", reason)])
    if received.td != "TD3.3c":
        reason = f"{received.td} n’est pas simulée : seule la suppression (NewStatus Deleted) l’est"
        return _registry_answer([Problem("XDSMetadataUpdateOperationError", reason)])
    if problems := list(dmp_lot.patients(Lot(lot.packages, (), (), ()), received.vihf)):
        return _registry_answer(problems)
    updates = [link for link in lot.associations if link.kind == _UPDATE]
    for link in updates:
        if link.source != lot.package.id:
            problems.append(Problem("XDSMetadataUpdateError", "la source n’est pas le lot", link.target))
        if link.slot("OriginalStatus") != f"{_STATUS}Approved":
            reason = f"OriginalStatus « {link.slot('OriginalStatus')[:80]} » au lieu de {_STATUS}Approved"
            problems.append(Problem("XDSMetadataUpdateError", reason, link.target))
    if problems:
        return _registry_answer(problems)
    targets = [link.target.lower() for link in updates]
    owner = (received.patient[0], received.vihf.structure, received.vihf.name_id)
    return _registry_answer(received.registry.delete(targets, *owner), lot=str(len(targets)))


def _query(received: Received) -> Answer:
    body = received.envelope.body
    option = body.find(f"{{{ebxml.QUERY}}}ResponseOption")
    wanted = "" if option is None else option.get("returnType", "")
    query = body.find(f"{{{ebxml.RIM}}}AdhocQuery")
    if wanted != "ObjectRef":
        if received.vihf.mode == "INDIRECTE":
            raise RefusalError(DENIED, "en mode INDIRECTE, TD3.1 ne rend que des références (returnType ObjectRef)")
        problems = [Problem("XDSRegistryError", f"returnType « {wanted[:40]} » n’est pas simulé")]
    elif query is None or query.get("id") not in _QUERIES:
        problems = [Problem("XDSUnknownStoredQuery", "seules FindDocuments et GetDocuments sont simulées")]
    else:
        problems = _unusable(received)
    found = [] if problems else _matching(received, ebxml.query_slots(body))
    body_out = answers.query_response((entry.entry_uuid for entry in found), problems)
    return Answer(body_out, "Failure" if problems else "Success", problems, {"references": str(len(found))})


def _matching(received: Received, slots: Mapping[str, Sequence[str]]) -> list[Entry]:
    names = set(slots.get("$XDSDocumentEntryUniqueId", ()))
    statuses = {status.rpartition(":")[2] for status in slots.get("$XDSDocumentEntryStatus", ())}
    return [
        entry
        for entry in received.registry.documents(received.patient[0])
        if (not names or entry.unique_id in names) and (not statuses or entry.status in statuses)
    ]


def _reason(body: etree._Element) -> str:
    node = body.find(f".//{{{HL7}}}controlActProcess/{{{HL7}}}reasonCode")
    code = "" if node is None else node.get("code", "")
    return {"TEST_EXST": "TD0.2", "CNSLT_DATA": "TD1.3a"}.get(code, "requête patients inconnue")


def _update_name(body: etree._Element) -> str:
    lot = ebxml.lot(body)
    states = {link.slot("NewStatus") for link in lot.associations if link.kind == _UPDATE} if lot else set()
    if states == {f"{_CI_SIS_STATUS}Deleted"}:
        return "TD3.3c"
    return "TD3.3d" if states else "TD3.3"


def _lot_patient(body: etree._Element) -> tuple[str, str] | None:
    lot = ebxml.lot(body)
    return lot.packages[0].patient if lot and lot.packages else None


def _query_patient(body: etree._Element) -> tuple[str, str] | None:
    values = ebxml.query_slots(body).get("$XDSDocumentEntryPatientId", ())
    found = CX.fullmatch(next(iter(values), ""))
    return (found[1], found[2]) if found else None


TRANSACTIONS: Mapping[str, Transaction] = {
    "urn:hl7-org:v3:PRPA_IN201307UV02": Transaction(
        "patients", "urn:hl7-org:v3:PRPA_IN201308UV02", "PRPA_IN201307UV02", _reason, ebxml.patient_of_test, _test
    ),
    "urn:si-dmp-habilitations:HabilitationsEndPoint:setAuthorization": Transaction(
        "habilitations",
        "urn:si-dmp-habilitations:HabilitationsEndPoint:setAuthorizationResponse",
        "setAuthorization",
        lambda _: "TD0.3",
        lambda _: None,
        _authorise,
    ),
    "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b": Transaction(
        "repository",
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse",
        "ProvideAndRegisterDocumentSetRequest",
        lambda _: "TD2.1",
        _lot_patient,
        _deposit,
    ),
    "urn:ihe:iti:2007:RegistryStoredQuery": Transaction(
        "registry",
        "urn:ihe:iti:2007:RegistryStoredQueryResponse",
        "AdhocQueryRequest",
        lambda _: "TD3.1",
        _query_patient,
        _query,
    ),
    "urn:ihe:iti:2010:UpdateDocumentSet": Transaction(
        "registry",
        "urn:ihe:iti:2010:UpdateDocumentSet-Response",
        "SubmitObjectsRequest",
        _update_name,
        _lot_patient,
        _update,
    ),
}

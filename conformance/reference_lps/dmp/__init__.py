"""Client of the DMP in indirect authentication: existence test, deposit, replacement and deletion of documents."""

from __future__ import annotations

import urllib.parse
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from conformance.reference_lps import soap
from conformance.reference_lps.documents import outgoing
from conformance.reference_lps.ebxml import Lot, deletion, revision, submission
from conformance.reference_lps.imaging import ORDER, REPORT
from conformance.reference_lps.network import dmp_context
from conformance.reference_lps.signature import sign
from conformance.reference_lps.types import Bench, Deposit, Draft, Patient, Produced
from conformance.reference_lps.vihf import Acting, assertion
from conformance.reference_lps.vocabulary import SOFTWARE, structure_oid, utc_stamp

_HL7 = "urn:hl7-org:v3"
_DEFAULT_NAMESPACE: Any = {None: _HL7}
_XDSB = "urn:ihe:iti:xds-b:2007"
_RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
_SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
_TEST = "urn:hl7-org:v3:PRPA_IN201307UV02"
_DEPOSIT = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
_ACCESS = "urn:si-dmp-habilitations:HabilitationsEndPoint:setAuthorization"
_DUPLICATE = "XDSDuplicateUniqueIdInRegistry"
_BUSY = {
    "XDSRegistryBusy",
    "XDSRepositoryBusy",
    "XDSRegistryNotAvailable",
    "XDSRegistryOutOfResources",
    "XDSRepositoryOutOfResources",
}
ABSENT, CLOSED, ALLOWED, NOT_ALLOWED = "NON_CREE", "FERME", "CREE_AUTORISE", "CREE_NON_AUTORISE"
_UPDATE = "urn:ihe:iti:2010:UpdateDocumentSet"


class DmpClient:
    """Deposits for the structure: mutual TLS with its authentication certificate, VIHF signed by its signing one.

    ``own`` is another certificate to show, such as the RPPS-rang one of a doctor of a practice held in common.
    """

    def __init__(
        self,
        bench: Bench,
        defects: frozenset[str],
        pace: Callable[[], None] | None = None,
        own: str = "org_auth",
    ) -> None:
        self._bench, self._pace, self._own = bench, pace, own
        self._defects = defects
        self._base = str(bench.raw["dmp"]["url"]).rstrip("/")

    def deposit(
        self,
        produced: Produced,
        draft: Draft,
        patient: Patient,
        replaces: str | None,
        lot: Lot | None = None,
        again: bool = False,
    ) -> Deposit:
        """TD0.2 then TD2.1; ``replaces`` is the entryUUID of the deposited version this one takes the place of.

        ``again`` says that ``lot`` was already sent, to no known end: a DMP that holds it has what we wanted.
        """
        patient = outgoing(patient, self._defects)
        if not patient.matricule:
            return Deposit("BLOQUE", "Dépôt impossible\u00a0: l’identité du patient n’est pas qualifiée.")
        if "dmp-masking-ignored" in self._defects:
            draft = replace(
                draft, masked_from_professionals=False, hidden_from_patient=False, hidden_from_guardians=False
            )
        if "dmp-history-dated-today" in self._defects:
            draft = replace(draft, written_at=datetime.now(UTC).isoformat())
        if "dmp-history-without-structure" in self._defects:
            draft = replace(draft, author_left=False)
        bare = {ORDER: "order-number-not-in-metadata", REPORT: "report-bare-metadata"}.get(draft.type_code)
        if bare in self._defects:
            draft = replace(draft, content={})
        if "report-fixed-modality" in self._defects:
            acts = [{**act, "modalite": "CT"} for act in draft.content.get("actes", ())]
            draft = replace(draft, content={**draft.content, "actes": acts})
        if "dmp-replacement-as-new" in self._defects:
            replaces = None

        lot = lot or Lot()

        def send() -> None:
            if "dmp-asks-access-to-deposit" in self._defects:
                self.ask_access(patient, Acting.of(self._bench, None))
            self.existence(patient)
            self._provide(lot, produced, draft, patient, replaces)

        failure = _failure(send)
        if failure is not None and not (again and _DUPLICATE in failure.codes):
            return Deposit("ECHEC", str(failure), transient=failure.transient)
        return Deposit("DEPOSE", "Document déposé dans le DMP.", lot.document_id)

    def delete(self, entry_uuid: str, patient: Patient) -> Deposit:
        """TD0.2 then TD3.3c: the entry passes from Approved to Deleted; nothing is erased in the DMP."""
        patient = outgoing(patient, self._defects)
        if not patient.matricule:
            message = "Suppression impossible\u00a0: l’identité du patient n’est pas qualifiée."
            return Deposit("BLOQUE", message, entry_uuid)

        def send() -> None:
            self.existence(patient)
            body = deletion(Lot(), entry_uuid, patient, self._bench)
            message = soap.envelope(_UPDATE, self._url("registry"), assertion(self._bench, patient, None), body)
            _accept(self.call("registry", soap.plain(message, _UPDATE)))

        failure = _failure(send)
        if failure is not None:
            return Deposit("ECHEC", str(failure), entry_uuid, failure.transient)
        return Deposit("SUPPRIME", "Document supprimé du DMP.", entry_uuid)

    def show(self, entry_uuid: str, produced: Produced, draft: Draft, patient: Patient, acting: Acting) -> Deposit:
        """TD0.2, TD0.3 when needed, then TD3.3b: the entry takes the visibility that ``draft`` has now."""

        def send() -> None:
            if self.status(patient, acting) == NOT_ALLOWED:
                self.ask_access(patient, acting)
            body = revision(Lot(), entry_uuid, 1, produced, draft, patient, self._bench)
            message = soap.envelope(_UPDATE, self._url("registry"), assertion(self._bench, patient, acting), body)
            _accept(self.call("registry", soap.plain(message, _UPDATE)))

        failure = _failure(send)
        if failure is not None:
            return Deposit("ECHEC", str(failure), entry_uuid, failure.transient)
        return Deposit("DEPOSE", "La visibilité du document a changé dans le DMP.", entry_uuid)

    def existence(self, patient: Patient) -> None:
        """TD0.2: raise unless the patient has an open DMP."""
        state = self.status(patient)
        if state == ABSENT:
            raise soap.ExchangeError("Ce patient n’a pas de DMP.")
        if state == CLOSED:
            raise soap.ExchangeError("Le DMP de ce patient est fermé.")

    def status(self, patient: Patient, acting: Acting | None = None) -> str:
        """TD0.2: whether there is a DMP, whether it is open, whether whoever acts may read it."""
        body = _existence_request(patient, self._bench)
        message = soap.envelope(_TEST, self._url("patients"), assertion(self._bench, patient, acting), body)
        answer = self.call("patients", soap.plain(message, _TEST))
        acknowledged = _attribute(answer, "acknowledgement", "typeCode")
        if acknowledged not in ("AA", "CA"):
            code = _attribute(answer, "acknowledgementDetail/{*}code", "code") or "sans code"
            raise soap.ExchangeError(f"Le DMP a refusé le test d’existence\u00a0: {code}.")
        if _attribute(answer, "queryResponseCode", "code") != "OK":
            return ABSENT
        if _attribute(answer, "patient/{*}statusCode", "code") == "terminated":
            return CLOSED
        return ALLOWED if _valid_access(answer) else NOT_ALLOWED

    def ask_access(self, patient: Patient, acting: Acting) -> None:
        """TD0.3: add the authorisation of whoever acts. Raises when the DMP does not give it."""
        body = etree.Element("{urn:si-dmp-habilitations}setAuthorization")
        etree.SubElement(body, "{urn:si-dmp-habilitations}action").text = "AJOUT"
        message = soap.envelope(_ACCESS, self._url("habilitations"), assertion(self._bench, patient, acting), body)
        answer = self.call("habilitations", soap.plain(message, _ACCESS))
        told = (answer.findtext("{*}status") or "").strip()
        if told not in ("DMPOk", "DMPPatientAccessAlreadyExists"):
            raise soap.ExchangeError(f"Le DMP n’a pas accordé l’accès\u00a0: {told or 'sans motif'}.")

    def _provide(self, lot: Lot, produced: Produced, draft: Draft, patient: Patient, replaces: str | None) -> None:
        """TD2.1: the document and the signature of the lot, each in its own MIME part."""
        body = etree.Element(f"{{{_XDSB}}}ProvideAndRegisterDocumentSetRequest", nsmap={"xdsb": _XDSB})
        body.append(submission(lot, produced, draft, patient, self._bench, signed=True, replaces=replaces))
        parts: dict[str, bytes] = {}
        files = {lot.document_id: produced.cda, lot.signature_id: sign(lot, produced, self._bench)}
        for entry_id, content in files.items():
            content_id = f"{uuid.uuid4()}@lps.test"
            holder = etree.SubElement(body, f"{{{_XDSB}}}Document", {"id": entry_id})
            href = "cid:" + urllib.parse.quote(content_id)
            etree.SubElement(holder, f"{{{soap.XOP}}}Include", {"href": href}, nsmap={"xop": soap.XOP})
            parts[content_id] = content
        vihf = assertion(self._bench, patient, None, secret=draft.hidden_from_guardians)
        message = soap.envelope(_DEPOSIT, self._url("repository"), vihf, body)
        _accept(self.call("repository", soap.mtom(message, _DEPOSIT, parts)))

    def url(self, service: str) -> str:
        """Where a service of the DMP is."""
        return self._url(service)

    def call_with_parts(self, service: str, packed: tuple[str, bytes]) -> tuple[etree._Element, dict[str, bytes]]:
        """As ``call``, with the documents that came along."""
        return soap.call_with_parts(self._url(service), dmp_context(self._bench, self._own), *packed)

    def _url(self, service: str) -> str:
        return f"{self._base}/{service}"

    def call(self, service: str, packed: tuple[str, bytes]) -> etree._Element:
        """Post a message to a service; gives the content of the answer, or raises."""
        if self._pace is not None:
            self._pace()
        return soap.call(self._url(service), dmp_context(self._bench, self._own), *packed)


def _failure(send: Callable[[], None]) -> soap.ExchangeError | None:
    """The exchange that failed, None when all went well."""
    try:
        send()
    except soap.ExchangeError as error:
        return error
    except (OSError, ValueError):
        # Reading the certificates and their keys is the only other access to the outside.
        return soap.ExchangeError("Les certificats de la structure ou l’autorité de confiance sont illisibles.")
    return None


def _valid_access(answer: etree._Element) -> bool:
    return any(
        _attribute(line, "keyWordText", "code") == "AUTORISATION" and _attribute(line, "value", "code") == "VALIDE"
        for line in answer.iter(f"{{{_HL7}}}attentionLine")
    )


def _accept(answer: etree._Element) -> None:
    """Raise unless the registry response is a success."""
    if answer.tag != f"{{{_RS}}}RegistryResponse":
        raise soap.ExchangeError("La réponse du DMP n’est pas un compte rendu d’enregistrement.")
    if answer.get("status") == _SUCCESS:
        return
    errors = [
        " ".join(f"{error.get('errorCode', 'sans code')} ({error.get('codeContext', '')})".split())[:300]
        for error in answer.iter(f"{{{_RS}}}RegistryError")
    ]
    codes = tuple(error.get("errorCode", "") for error in answer.iter(f"{{{_RS}}}RegistryError"))
    raise soap.ExchangeError(
        f"Le DMP a refusé la demande\u00a0: {'; '.join(errors) or 'aucun motif donné'}.",
        transient=bool(codes) and set(codes) <= _BUSY,
        codes=codes,
    )


def _attribute(answer: etree._Element, path: str, name: str) -> str | None:
    """Attribute of the first element found under that HL7 v3 path, at any depth."""
    found = answer.find(f".//{{{_HL7}}}{path}")
    return None if found is None else found.get(name)


def _existence_request(patient: Patient, bench: Bench) -> etree._Element:
    """HL7 v3 query by the INS, with the reason code of the existence test."""
    root = etree.Element(f"{{{_HL7}}}PRPA_IN201307UV02", {"ITSVersion": "XML_1.0"}, nsmap=_DEFAULT_NAMESPACE)
    _el(root, "id", root=str(uuid.uuid4()).upper())
    _el(root, "creationTime", value=utc_stamp(datetime.now(UTC)))
    _el(root, "interactionId", root="2.16.840.1.113883.1.6", extension="PRPA_IN201307UV02")
    _el(root, "processingCode", code="D")
    _el(root, "processingModeCode", code="T")
    _el(root, "acceptAckCode", code="AL")
    _device(root, "receiver", "RCV", "1.2.250.1.213.4.1.1.1", "DMP")
    _device(root, "sender", "SND", structure_oid(bench), SOFTWARE)
    process = _el(root, "controlActProcess", classCode="CACT", moodCode="EVN")
    _el(process, "reasonCode", code="TEST_EXST", codeSystem="1.2.250.1.213.1.1.4.11")
    query = _el(process, "queryByParameter")
    _el(query, "queryId", root=str(uuid.uuid4()).upper())
    _el(query, "statusCode", code="new")
    wanted = _el(_el(query, "parameterList"), "patientIdentifier")
    _el(wanted, "value", root=patient.oid or "", extension=patient.matricule or "")
    _el(wanted, "semanticsText").text = "Patient.id"
    return root


def _device(root: etree._Element, tag: str, kind: str, oid: str, name: str) -> None:
    device = _el(_el(root, tag, typeCode=kind), "device", classCode="DEV", determinerCode="INSTANCE")
    _el(device, "id", root=oid)
    _el(device, "softwareName").text = name


def _el(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_HL7}}}{tag}", attributes)

"""Client of the DMP in indirect authentication: existence test, deposit, replacement and deletion of documents."""

from __future__ import annotations

import urllib.parse
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from . import soap
from .documents import outgoing
from .ebxml import Lot, deletion, submission
from .network import dmp_context
from .signature import sign
from .types import Bench, Deposit, Draft, Patient, Produced
from .vihf import assertion
from .vocabulary import SOFTWARE, structure_oid, utc_stamp

_HL7 = "urn:hl7-org:v3"
_DEFAULT_NAMESPACE: Any = {None: _HL7}
_XDSB = "urn:ihe:iti:xds-b:2007"
_RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
_SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
_TEST = "urn:hl7-org:v3:PRPA_IN201307UV02"
_DEPOSIT = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
_UPDATE = "urn:ihe:iti:2010:UpdateDocumentSet"


class DmpClient:
    """Deposits for the structure: mutual TLS with its authentication certificate, VIHF signed by its signing one."""

    def __init__(self, bench: Bench, defects: frozenset[str]) -> None:
        self._bench = bench
        self._defects = defects
        self._base = str(bench.raw["dmp"]["url"]).rstrip("/")

    def deposit(self, produced: Produced, draft: Draft, patient: Patient, replaces: str | None) -> Deposit:
        """TD0.2 then TD2.1; ``replaces`` is the entryUUID of the deposited version this one takes the place of."""
        patient = outgoing(patient, self._defects)
        if not patient.matricule:
            return Deposit("BLOQUE", "Dépôt impossible\u00a0: l’identité du patient n’est pas qualifiée.")
        if "dmp-masking-ignored" in self._defects:
            draft = replace(
                draft, masked_from_professionals=False, hidden_from_patient=False, hidden_from_guardians=False
            )
        if "dmp-replacement-as-new" in self._defects:
            replaces = None
        lot = Lot()

        def send() -> None:
            self._test_existence(patient)
            self._provide(lot, produced, draft, patient, replaces)

        failure = _failure(send)
        if failure is not None:
            return Deposit("ECHEC", failure)
        return Deposit("DEPOSE", "Document déposé dans le DMP.", lot.document_id)

    def delete(self, entry_uuid: str, patient: Patient) -> Deposit:
        """TD0.2 then TD3.3c: the entry passes from Approved to Deleted; nothing is erased in the DMP."""
        patient = outgoing(patient, self._defects)
        if not patient.matricule:
            message = "Suppression impossible\u00a0: l’identité du patient n’est pas qualifiée."
            return Deposit("BLOQUE", message, entry_uuid)

        def send() -> None:
            self._test_existence(patient)
            body = deletion(Lot(), entry_uuid, patient, self._bench)
            message = soap.envelope(_UPDATE, self._url("registry"), assertion(self._bench, patient), body)
            _accept(self._call("registry", soap.plain(message, _UPDATE)))

        failure = _failure(send)
        if failure is not None:
            return Deposit("ECHEC", failure, entry_uuid)
        return Deposit("SUPPRIME", "Document supprimé du DMP.", entry_uuid)

    def _test_existence(self, patient: Patient) -> None:
        """TD0.2: raise unless the patient has an open DMP."""
        body = _existence_request(patient, self._bench)
        message = soap.envelope(_TEST, self._url("patients"), assertion(self._bench, patient), body)
        answer = self._call("patients", soap.plain(message, _TEST))
        acknowledged = _attribute(answer, "acknowledgement", "typeCode")
        if acknowledged not in ("AA", "CA"):
            code = _attribute(answer, "acknowledgementDetail/{*}code", "code") or "sans code"
            raise soap.ExchangeError(f"Le DMP a refusé le test d’existence\u00a0: {code}.")
        if _attribute(answer, "queryResponseCode", "code") != "OK":
            raise soap.ExchangeError("Ce patient n’a pas de DMP.")
        if _attribute(answer, "patient/{*}statusCode", "code") == "terminated":
            raise soap.ExchangeError("Le DMP de ce patient est fermé.")

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
        vihf = assertion(self._bench, patient, secret=draft.hidden_from_guardians)
        message = soap.envelope(_DEPOSIT, self._url("repository"), vihf, body)
        _accept(self._call("repository", soap.mtom(message, _DEPOSIT, parts)))

    def _url(self, service: str) -> str:
        return f"{self._base}/{service}"

    def _call(self, service: str, packed: tuple[str, bytes]) -> etree._Element:
        return soap.call(self._url(service), dmp_context(self._bench), *packed)


def _failure(send: Callable[[], None]) -> str | None:
    """Message of the exchange that failed, None when all went well."""
    try:
        send()
    except soap.ExchangeError as error:
        return str(error)
    except (OSError, ValueError):
        # Reading the certificates and their keys is the only other access to the outside.
        return "Les certificats de la structure ou l’autorité de confiance sont illisibles."
    return None


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
    raise soap.ExchangeError(f"Le DMP a refusé la demande\u00a0: {'; '.join(errors) or 'aucun motif donné'}.")


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

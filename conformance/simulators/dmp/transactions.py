"""The table of the DMP's transactions: which action lives at which service, and what does it."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from conformance.simulators.dmp import messages as ebxml
from conformance.simulators.dmp import patients, updates
from conformance.simulators.dmp.call import Transaction
from conformance.simulators.dmp.deposit import deposit
from conformance.simulators.dmp.queries import query
from conformance.simulators.dmp.registry import Registry
from conformance.simulators.dmp.retrieve import retrieve
from conformance.simulators.vihf.attributes import CX

Patient = tuple[str, str] | None
_HABILITATIONS = "urn:si-dmp-habilitations:HabilitationsEndPoint:"
_RECORDS = "urn:si-dmp-patients:PatientSpecificEndPoint:"


def _nobody(_: etree._Element) -> Patient:
    return None


def _lot_patient(body: etree._Element) -> Patient:
    lot = ebxml.lot(body)
    return lot.packages[0].patient if lot and lot.packages else None


def _query_patient(body: etree._Element) -> Patient:
    slots = ebxml.query_slots(body)
    values = slots.get("$XDSDocumentEntryPatientId") or slots.get("$XDSSubmissionSetPatientId") or ("",)
    found = CX.fullmatch(values[0])
    return (found[1], found[2]) if found else None


def _reason(body: etree._Element, _: Registry) -> str:
    return patients.reason(body)


TRANSACTIONS: Mapping[str, Transaction] = {
    "urn:hl7-org:v3:PRPA_IN201307UV02": Transaction(
        "patients",
        "urn:hl7-org:v3:PRPA_IN201308UV02",
        "PRPA_IN201307UV02",
        _reason,
        ebxml.patient_of_test,
        patients.test_existence,
    ),
    f"{_HABILITATIONS}setAuthorization": Transaction(
        "habilitations",
        f"{_HABILITATIONS}setAuthorizationResponse",
        "setAuthorization",
        lambda *_: "TD0.3",
        _nobody,
        patients.authorise,
    ),
    f"{_HABILITATIONS}listAuthorizationByPatient": Transaction(
        "habilitations",
        f"{_HABILITATIONS}listAuthorizationByPatientResponse",
        "listAuthorizationByPatient",
        lambda *_: "TD1.6",
        _nobody,
        patients.professionals,
    ),
    f"{_RECORDS}patientList": Transaction(
        "patientsSpecific",
        f"{_RECORDS}patientListResponse",
        "patientList",
        lambda *_: "TD0.4",
        _nobody,
        patients.listed,
        about_patient=False,
    ),
    "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b": Transaction(
        "repository",
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse",
        "ProvideAndRegisterDocumentSetRequest",
        lambda *_: "TD2.1",
        _lot_patient,
        deposit,
    ),
    "urn:ihe:iti:2007:RegistryStoredQuery": Transaction(
        "registry",
        "urn:ihe:iti:2007:RegistryStoredQueryResponse",
        "AdhocQueryRequest",
        lambda *_: "TD3.1",
        _query_patient,
        query,
    ),
    "urn:ihe:iti:2007:RetrieveDocumentSet": Transaction(
        "repository",
        "urn:ihe:iti:2007:RetrieveDocumentSetResponse",
        "RetrieveDocumentSetRequest",
        lambda *_: "TD3.2",
        _nobody,
        retrieve,
    ),
    "urn:ihe:iti:2010:UpdateDocumentSet": Transaction(
        "registry",
        "urn:ihe:iti:2010:UpdateDocumentSet-Response",
        "SubmitObjectsRequest",
        updates.name,
        _lot_patient,
        updates.update,
    ),
}

"""The transactions about records and access to them: TD0.2, TD0.3, TD0.4 and TD1.6."""

from __future__ import annotations

import re

from lxml import etree

from conformance.simulators.dmp import answers
from conformance.simulators.dmp import messages as ebxml
from conformance.simulators.dmp.call import Answer, Received, RefusalError, unusable
from conformance.simulators.dmp.registry import Entry, Problem
from conformance.simulators.dmp.rights import DENIED, Grant
from conformance.simulators.vihf.attributes import HL7

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
_DOCTOR = "MEDECIN_TRAITANT"
_MODES = {"ACTIVE": (False,), "INTERDITE": (True,), "TOUTE": (False, True)}


def reason(body: etree._Element) -> str:
    """TD0.2 or TD1.3a: one message, two reasons."""
    node = body.find(f".//{{{HL7}}}controlActProcess/{{{HL7}}}reasonCode")
    code = "" if node is None else node.get("code", "")
    return {"TEST_EXST": "TD0.2", "CNSLT_DATA": "TD1.3a"}.get(code, "requête patients inconnue")


def test_existence(received: Received) -> Answer:
    """TD0.2: whether there is a record, in which state, and whether the caller may read it."""
    body = received.envelope.body
    if received.td != "TD0.2":
        told = f"{received.td} n’est pas simulée (reasonCode TEST_EXST attendu)"
        return Answer(answers.existence_refused(body, "NS200", told), "AE", [Problem("NS200", told)])
    missing = [
        path for path in _TEST_PARTS if body.find("/".join(f"{{{HL7}}}{name}" for name in path.split("/"))) is None
    ]
    patient = ebxml.patient_of_test(body)
    if missing or patient is None:
        told = "éléments absents de la requête : " + ", ".join(missing)
        return Answer(answers.existence_refused(body, "SYN100", told), "AE", [Problem("SYN100", told)])
    state, who = received.state, received.vihf.name_id
    allowed = received.rights.allowed(patient[0], who)
    facts = {"dmp": state or "absent", "autorisation": "VALIDE" if allowed else "aucune"}
    found = answers.existence(body, patient, state, allowed, received.rights.doctor(patient[0], who))
    return Answer(found, "OK" if state else "NF", (), facts)


def authorise(received: Received) -> Answer:
    """TD0.3: the caller's own access, added or taken back."""
    body = received.envelope.body
    action, role = _text(body, "action"), _text(body, "role")
    matricule, who = received.patient[0], received.vihf.name_id
    if action not in ("AJOUT", "SUPPRESSION"):
        raise RefusalError(None, "setAuthorization/action : AJOUT ou SUPPRESSION attendu")
    if role not in ("", _DOCTOR):
        raise RefusalError(None, f"setAuthorization/role : {_DOCTOR} attendu, ou aucun")
    if problems := unusable(received):
        code, context = problems[0].code, problems[0].reason
    elif received.rights.barred(matricule, who):
        code, context = DENIED, "le patient a interdit l’accès à ce professionnel"
    elif (
        received.rights.add(received.patient, who, role == _DOCTOR)
        if action == "AJOUT"
        else received.rights.remove(matricule, who)
    ):
        code, context = "DMPOk", ""
    else:
        code, context = "DMPPatientAccessAlreadyExists", "rien à changer : l’accès est déjà dans cet état"
    refused = [] if code == "DMPOk" else [Problem(code, context)]
    return Answer(answers.status_response(body, "setAuthorization", code, context), code, refused, {"action": action})


def listed(received: Received) -> Answer:
    """TD0.4: the records that the caller may read, since a date of authorisation or of last document."""
    body = received.envelope.body
    start, kind = _text(body, "startDate"), _text(body, "dateType")
    if not re.fullmatch(r"[0-9]{14}", start) or kind not in ("LASTAUTORIZATION", "LASTDOC"):
        raise RefusalError(
            None, "patientList : startDate (AAAAMMJJhhmmss) et dateType (LASTAUTORIZATION, LASTDOC) attendus"
        )
    found = []
    for grant in received.rights.held(received.vihf.name_id):
        documents = received.registry.documents(grant.matricule)
        when = grant.since if kind == "LASTAUTORIZATION" else _last_document(received, grant.matricule, documents)
        if when >= start:
            found.append(_item(grant, _last_document(received, grant.matricule, documents)))
    answer = answers.status_response(body, "patientList", "DMPOk", "", [("patient", item) for item in found])
    return Answer(answer, "DMPOk", (), {"patients": str(len(found))})


def professionals(received: Received) -> Answer:
    """TD1.6: who may, and who may not, read the patient's record."""
    body = received.envelope.body
    mode = _text(body, "mode")
    if mode not in _MODES:
        raise RefusalError(None, f"listAuthorizationByPatient/mode : un de {', '.join(_MODES)} attendu")
    problems = unusable(received)
    grants = [] if problems else received.rights.of(received.patient[0])
    items = [
        ("authorization", {"nationalId": grant.professional, "status": "INTERDITE" if grant.blocked else "ACTIVE"})
        for grant in grants
        if grant.blocked in _MODES[mode]
    ]
    code, context = (problems[0].code, problems[0].reason) if problems else ("DMPOk", "")
    answer = answers.status_response(body, "listAuthorizationByPatient", code, context, items)
    return Answer(answer, code, problems, {"mode_liste": mode})


def _text(body: etree._Element, name: str) -> str:
    return next(("".join(map(str, node.itertext())).strip() for node in body.iter(f"{{*}}{name}")), "")


def _last_document(received: Received, matricule: str, documents: tuple[Entry, ...]) -> str:
    lots = [lot.submitted for lot in received.registry.submissions(matricule)]
    return max(lots, default="") if documents else ""


def _item(grant: Grant, last_document: str) -> dict[str, str]:
    return {
        "nationalId": grant.matricule,
        "nationalIdType": grant.oid,
        "MT": "true" if grant.doctor else "false",
        "lastAccessDate": grant.last,
        "lastAddDate": last_document,
    }

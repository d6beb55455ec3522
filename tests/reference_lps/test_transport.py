"""The message that takes a document to the hospital's platform, and the rules it is judged by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.checks.hl7v2 import open_message, transport
from conformance.model.finding import Severity
from conformance.reference_lps import identity, pam
from conformance.reference_lps.transport import Parcel, message
from conformance.reference_lps.types import Bench, Draft, Produced, Professional

NOBODY = frozenset[str]()
BENCH = Bench(
    Path(),
    {"organisation": {"nom": "Hôpital d’essai", "id_structure": "1999900001"}},
    Professional("899900000001", "8899900000001", "EXEMPLE", "CAMILLE", "10", "SM54", "Dr"),
    {},
    Path(),
)
CDA = b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3"/><code code="11490-0"/></ClinicalDocument>'
DRAFT = Draft("d", "11490-0", "Lettre", "texte", "2026-01-05T09:00:00+01:00", masked_from_professionals=True)
LETTER = Parcel(
    DRAFT,
    Produced("1.2.3", CDA, b"", "lettre.pdf"),
    identity.create(
        "p",
        {
            "date_naissance": "1980-01-02",
            "lieu_naissance": "63113",
            "nom_naissance": "MODELE",
            "premier_prenom": "ALIX",
            "prenoms": "ALIX",
            "sexe": "F",
        },
    ),
    frozenset({"dmp", "mss-professionnel"}),
    ("confrere@autre.mssante.test",),
)


def judged(parcel: Parcel = LETTER, *defects: str, old: str = "", new: str = "") -> list[tuple[str, Severity]]:
    text = message(parcel, pam.Local("1", "D", "1.2"), BENCH, frozenset(defects)).decode()
    opened = open_message("message", text.replace(old, new).encode() if old else text.encode())
    assert not isinstance(opened, tuple)
    return [(finding.rule, finding.severity) for finding in transport.judge(opened)]


def test_a_message_of_a_document_is_sound() -> None:
    assert judged() == []
    assert judged(replace(LETTER, replaced="1.2.2")) == []
    assert judged(replace(LETTER, draft=replace(DRAFT, type_code="11502-2"))) == []


def test_what_the_document_is_for_is_said_by_name() -> None:
    opened = open_message("message", message(LETTER, pam.Local("1", "D", "1.2"), BENCH, NOBODY))
    assert not isinstance(opened, tuple)
    told = transport.said(opened)
    assert {name for name, value in told.items() if value == "Y"} == {"MASQUE_PS", "DESTDMP", "DESTMSSANTEPS"}


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("hl7v2.type", "MDM^T02^MDM_T02", "ADT^A31^ADT_A05"),
        ("hl7v2.segment", "ORC|NW\r", ""),
        ("hl7v2.action", "ORC|NW", "ORC|RO"),
        ("hl7v2.action", "ORC|NW", "ORC|XX"),
        ("hl7v2.type", "OBR|1|||11490-0", "OBR|1|||57833-6"),
        ("hl7v2.txa", "|||||AU", "|||||IN"),
        ("hl7v2.segment", "\rTXA|", "\rNTE|"),
        ("hl7v2.metadonnee", "DESTMSSANTEPAT^DESTMSSANTEPAT^MetaDMPMSS||N", "DESTMSSANTEPAT^X^MetaDMPMSS||?"),
        ("hl7v2.expediteur", "SB^Send by", "XX^Send by"),
        ("hl7v2.destinataire", "RCT^Result", "XX^Result"),
    ],
)
def test_a_message_that_disagrees_with_itself_is_told(rule: str, old: str, new: str) -> None:
    assert (rule, Severity.ERROR) in judged(old=old, new=new)


def test_a_document_hidden_from_the_patient_is_not_for_the_patient() -> None:
    hidden = replace(LETTER, draft=replace(DRAFT, hidden_from_patient=True), asked=frozenset({"mss-patient"}))
    assert judged(hidden) == [("hl7v2.metadonnee", Severity.ERROR)]


def test_what_the_version_alone_may_explain_is_a_warning() -> None:
    assert judged(old="CISIS_CDA_HL7_V2", new="AUTRE") == [("hl7v2.entete", Severity.WARNING)]
    assert judged(old="ACK_LECTURE_MSS^", new="X^") == [("hl7v2.metadonnee", Severity.WARNING)]

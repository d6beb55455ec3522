"""The documents of level 3 that the reference LPS writes are valid on every tier of the agency's pack, and so is level 1."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from wire_kit import DRAFT, PATIENT, Authority, make_bench

from conformance.checks.cda import volet
from conformance.drivers.drafts import GERM, GLUCOSE, SUBCONTRACTOR, TSH
from conformance.model.finding import Severity
from conformance.reference_lps import documents
from conformance.reference_lps.types import Bench, Contact, Draft
from conformance.validation.gate import Document, open_document

NONE: frozenset[str] = frozenset()
ALIX = Contact("899990000211", "MODELE", "Alix", "10", "SM54", "Dr", "alix.modele@autre.mssante.test")
LETTER = replace(DRAFT, type_code="11490-0", title="Lettre", requester=ALIX, recipients=(ALIX,))
EXAMS = [TSH, {**GLUCOSE, "accredite": True, "automatique": True, "sous_traitant": SUBCONTRACTOR}, GERM]
REPORT = replace(
    LETTER,
    type_code="11502-2",
    structured=True,
    content={"examens": EXAMS},
    mentions={"accreditation": "Accréditation d’essai."},
)
SUMMARY = {
    "problemes": [{"code": "I10", "libelle": "Hypertension essentielle (primitive)", "date": "2019-08-11"}],
    "traitements": [{"libelle": "Médicament d’essai", "posologie": "le matin"}],
}
ADDED = {"titre": "Projet de soins", "texte": "Marche quotidienne."}
VACCINE = {"cip": "3400932857241", "lot": "LOT42", "date": "2026-01-02"}
CERTIFICATE = {
    "adresse": {"numero": "3", "voie": "rue des Essais", "code_postal": "20090", "ville": "AJACCIO"},
    "mere": {"nom": "ESSAI", "prenom": "ALIX", "date_naissance": "1992-03-04", "activite": "salariee"},
    "mesures": {"poids": "8400", "taille": "71", "perimetre_cranien": "45"},
    "naissance": {"travail": "spontane", "methode": "voie-basse", "alimentation": "maternelle"},
    "garde": True,
    "accident": True,
    "premature": False,
    "trouble": False,
    "ecrans": "jamais",
}
CHILD = replace(DRAFT, type_code="CERT_DECL", title="Certificat", structured=True)
EXAMINATION = {"examen": "9M", "champs": {"poids": "8,4 kg"}}
ORDER = {"numero": "2026000001", "modalite": "CT", "region": "302551006", "justification": "Toux ancienne."}
IMAGED = {
    "demandes": [{"autorite": "1.2.250.1.213.1.4.10.900.1", "numero": "DA1", "accession": "00000001"}],
    "actes": [{"acte": "ZBQH001", "modalite": "CT", "region": "67734004", "examen": 1}],
}
DRAFTS = {
    "examination": replace(
        DRAFT, type_code="59283-2", title="Compte rendu de l’examen du 9e mois", content=EXAMINATION
    ),
    "empty examination": replace(DRAFT, type_code="59283-2", text="", content={"examen": "3A", "champs": {}}),
    **{kind: replace(CHILD, content={**CERTIFICATE, "certificat": kind}) for kind in ("CS8", "CS9", "CS24")},
    "quiet CS24": replace(CHILD, content={**CERTIFICATE, "certificat": "CS24", "accident": False, "ecrans": "souvent"}),
    "level 1": LETTER,
    "prescription": DRAFT,
    "imaging": replace(LETTER, type_code="18748-4"),
    "numbered imaging": replace(LETTER, type_code="18748-4", content=IMAGED),
    "biology": REPORT,
    "summary": replace(LETTER, type_code="SYNTH", structured=True, content={**SUMMARY, "sections_ajoutees": [ADDED]}),
    "vaccination": replace(LETTER, type_code="87273-9", structured=True, content=VACCINE),
    "imaging order": replace(LETTER, type_code="55115-0", structured=True, content=ORDER),
    "plain imaging order": replace(LETTER, type_code="55115-0", content={"numero": ORDER["numero"]}),
    "corrected biology": replace(REPORT, replaces="2.25.1.1.1"),
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return make_bench(Authority(tmp_path_factory.mktemp("pki")))


@pytest.mark.parametrize("draft", DRAFTS.values(), ids=DRAFTS)
def test_every_document_is_valid_on_every_tier(bench: Bench, ci_sis_pack: Path, draft: Draft) -> None:
    made = documents.produce(draft, PATIENT, bench, NONE)
    document = open_document("document.xml", made.cda)
    assert isinstance(document, Document)
    told = list(volet.told(document, ci_sis_pack))
    assert [one.message for one in told if one.severity is not Severity.INFO] == []
    (tiers,) = [one.message for one in told if one.rule == "cda.tiers"]
    assert "XSD conforme, STRUCT conforme" in tiers
    assert "non conforme" not in tiers
    if draft.structured:
        assert "VOLET conforme" in tiers

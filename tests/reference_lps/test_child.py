"""The child's health record of the reference LPS: what is refused, and the department of a postal code."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.reference_lps.child import certificates, examinations
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body

CONTENT: dict[str, Any] = {
    "certificat": "CS8",
    "adresse": {"numero": "3", "voie": "rue des Essais", "code_postal": "75011", "ville": "PARIS"},
    "mere": {"nom": "ESSAI", "prenom": "ALIX", "date_naissance": "1992-03-04", "activite": "au-foyer"},
    "mesures": {"poids": "3400", "taille": "50.5", "perimetre_cranien": "35"},
    "naissance": {"travail": "spontane", "methode": "voie-basse", "alimentation": "mixte"},
}


def body(content: dict[str, Any]) -> Body:
    return Body(content, content, "Le contenu")


@pytest.mark.parametrize(
    ("code", "department"),
    [
        ("75011", "75"),
        ("01000", "01"),
        ("20090", "2A"),
        ("20200", "2B"),
        ("20620", "2B"),
        ("97110", "971"),
        ("98800", "988"),
    ],
)
def test_the_department_of_a_postal_code(code: str, department: str) -> None:
    assert certificates.department(code) == department


def test_a_certificate_is_read_and_printed() -> None:
    found = certificates.read(body(CONTENT))
    assert found["certificat"] == "CS8"
    assert found["naissance"]["alimentation"] == "mixte"


@pytest.mark.parametrize(
    "wrong",
    [
        {"certificat": "CS12"},
        {"adresse": {**CONTENT["adresse"], "code_postal": "7501"}},
        {"mere": {**CONTENT["mere"], "date_naissance": "4 mars"}},
        {"mesures": {**CONTENT["mesures"], "poids": "lourd"}},
        {"naissance": None},
        {"mesures": "néant"},
    ],
)
def test_what_is_no_certificate_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(RefusalError):
        certificates.read(body({**CONTENT, **wrong}))


def test_a_report_may_be_empty_but_not_of_an_unknown_examination() -> None:
    assert examinations.read(body({"examen": "3A"})) == {"examen": "3A", "champs": {}}
    for wrong in ({"examen": "12A"}, {"examen": "3A", "champs": {"humeur": "bonne"}}, {"champs": {}}):
        with pytest.raises(RefusalError):
            examinations.read(body(wrong))

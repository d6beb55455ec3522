"""What the software took from the directory: a green and a red example of each judgement."""

from __future__ import annotations

import pytest

from conformance.checks import annuaire
from conformance.model.directory import list_one
from conformance.model.evidence import Channel, Exchange, Message
from conformance.model.finding import Severity

WHO = list_one(1, "essai").with_(prenom="Éloi")
SERVED = Exchange(
    Channel.ANNUAIRE, "extraction", Message("GET /", (), b""), None, facts={"lignes": "12"}, number="main-3"
)
REPORT = {"etat": "INTEGRE", "date": "2026-01-05", "fichier": "x.txt", "lues": 12, "integrees": 10, "rejetees": 2}
CARD = {"rpps": WHO.rpps, "nom": WHO.nom, "prenom": "ELOI", "telephone": None, "commune": WHO.commune.upper()}
BOX = {"adresses": [{"adresse": "A@un.mssante.test"}]}


@pytest.mark.parametrize(
    ("green", "red", "words"),
    [
        (annuaire.report(REPORT, SERVED), annuaire.report(REPORT | {"etat": "ECHEC"}, SERVED), "n’est pas intégrée"),
        (annuaire.report(REPORT, SERVED), annuaire.report(REPORT | {"fichier": None}, SERVED), "fichier"),
        (annuaire.report(REPORT, SERVED), annuaire.report(REPORT | {"lues": 10}, SERVED), "décompte"),
        (annuaire.report(REPORT, SERVED), annuaire.report(REPORT | {"rejetees": 0}, SERVED), "décompte"),
        (annuaire.record(CARD, WHO), annuaire.record(CARD | {"prenom": "Ã‰loi"}, WHO), "prénom"),
        (annuaire.record(CARD, WHO), annuaire.record(CARD | {"nom": None}, WHO), "nom d’exercice"),
        (annuaire.record(CARD, WHO), annuaire.record(CARD | {"commune": "Ailleurs"}, WHO), "commune"),
        (
            annuaire.found({"professionnels": [{"rpps": "1"}, CARD]}, WHO),
            annuaire.found({"professionnels": [{"rpps": "1"}]}, WHO),
            "ne se trouve pas",
        ),
        (annuaire.found({"professionnels": [CARD]}, WHO), annuaire.found({}, WHO), "ne se trouve pas"),
        (
            annuaire.addresses(BOX, ["a@un.mssante.test"]),
            annuaire.addresses({"adresses": []}, ["a@un.mssante.test"]),
            "ne ramène pas",
        ),
        (
            annuaire.addresses(BOX, ["a@un.mssante.test"]),
            annuaire.addresses(BOX, ["b@un.mssante.test"]),
            "n’est pas une",
        ),
        (annuaire.addresses({"adresses": []}, []), annuaire.addresses(BOX, []), "n’est pas une adresse MSSanté"),
    ],
)
def test_each_judgement(green, red, words):
    assert list(green) == []
    found = list(red)
    assert words in " ".join(finding.message for finding in found)
    assert all(finding.source and finding.fix and finding.severity is Severity.ERROR for finding in found)


def test_what_no_text_asks_for_is_a_warning():
    assert list(annuaire.failure_told({"etat": "ECHEC"}, [CARD])) == []
    found = list(annuaire.failure_told({"etat": "INTEGRE"}, []))
    assert len(found) == 2 and {finding.severity for finding in found} == {Severity.WARNING}

"""What the software did of biology reports: a green and a red example of each judgement."""

from __future__ import annotations

import pytest

from conformance.checks import lab
from conformance.model.finding import Severity

RESULT = {"code": "2571-8", "valeurs": [{"valeur": "0.62", "unite": "g/L"}, {"valeur": "0.71", "unite": "mmol/L"}]}
OLD = {"unique_id": "1.2", "etat": "REMPLACE", "signaux": [], "resultats": [RESULT], "patient": "p1"}
NEW = {"unique_id": "1.3", "etat": "ACTIF", "signaux": ["CRITIQUE"], "resultats": [], "patient": "p1"}
ALL = {"CRITIQUE", "COMMENTAIRE"}
LIST = "liste des documents non lus"
BOTH = {"2571-8": [("0.62", "g/L"), ("0.71", "mmol/L")]}


@pytest.mark.parametrize(
    ("green", "red", "words"),
    [
        (
            lab.signals([NEW], "1.3", ["CRITIQUE"], ALL, LIST),
            lab.signals([OLD], "1.2", ["CRITIQUE"], ALL, LIST),
            "ne porte pas",
        ),
        (lab.signals([OLD], "1.2", [], ALL, LIST), lab.signals([NEW], "1.3", [], ALL, LIST), "n’appellent pas"),
        (lab.signals([NEW], "1.3", ["CRITIQUE"], ALL, LIST), lab.signals([], "1.3", ["CRITIQUE"], ALL, LIST), LIST),
        (lab.values([OLD], "1.2", BOTH), lab.values([NEW], "1.3", BOTH), "2571-8"),
        (lab.values([OLD], "1.2", BOTH), lab.values([OLD], "1.2", {"2571-8": [("0.62", "mg/L")]}), "unité"),
        (lab.former_kept([OLD, NEW], "1.2", "1.3"), lab.former_kept([NEW], "1.2", "1.3"), "ne garde pas sa trace"),
        (lab.former_kept([OLD, NEW], "1.2", "1.3"), lab.former_kept([OLD], "1.2", "1.3"), "en vigueur"),
        (lab.nowhere([OLD], "1.3"), lab.nowhere([NEW], "1.3"), "personne inconnue"),
    ],
)
def test_each_judgement(green, red, words):
    assert list(green) == []
    found = list(red)
    assert words in " ".join(finding.message for finding in found)
    assert all(finding.source and finding.fix and finding.severity is Severity.ERROR for finding in found)


def test_what_no_text_asks_for_is_a_warning():
    assert list(lab.once([OLD, NEW], "1.2")) == list(lab.told({"alertes": ["x"]}, "Archive")) == []
    found = [*lab.once([OLD, OLD], "1.2"), *lab.told({"alertes": []}, "Archive illisible")]
    assert len(found) == 2 and {finding.severity for finding in found} == {Severity.WARNING}

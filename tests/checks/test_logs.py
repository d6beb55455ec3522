from __future__ import annotations

import random
from typing import Any

import pytest

from conformance.checks import insi, logs
from conformance.model.evidence import Channel, Exchange
from tests.checks.carried import OTHER, SOMEONE, errors, exchange, says
from tests.checks.test_insi_calls import answered

USER, PATIENT = "89990000013", "p-1"


def recovery(code: str = "00", at: str = "2026-03-02T09:00:00.000Z", answer: bytes | None = None) -> Exchange:
    body = answered(code) if answer is None else answer
    return exchange(Channel.INSI, insi.RECOVERY, answer=body, at=at, keys=SOMEONE.keys)


def verification(result: str = "KO") -> Exchange:
    body = f"<R><Resultat>{result}</Resultat></R>".encode()
    return exchange(Channel.INSI, insi.VERIFICATION, answer=body, keys=SOMEONE.keys)


def line(**changes: Any) -> dict[str, Any]:
    """A complete line of the INSi journal."""
    traits = {"nom_naissance": SOMEONE.nom_naissance, "prenoms": SOMEONE.prenoms, "sexe": SOMEONE.sexe}
    return {
        "date": "2026-03-02T10:00:01+01:00",
        "operation": "recuperation_traits",
        "utilisateur": USER,
        "patient": PATIENT,
        "code": "00",
        "matricule": SOMEONE.matricule,
        "oid": SOMEONE.oid,
        "historique": [{"matricule": OTHER.matricule}],
        "traits": traits,
    } | changes


def judged(*lines: dict[str, Any], call: Exchange | None = None) -> list[Any]:
    return list(logs.insi_calls(lines, [call or recovery()], PATIENT, [USER]))


def test_a_complete_journal_has_nothing_to_say() -> None:
    told = line(operation="verification", code="KO")
    found = logs.insi_calls([told, line()], [recovery(), verification()], PATIENT, [USER])
    assert list(found) == []
    assert judged(line(historique=[OTHER.matricule])) == []
    assert judged(line(code="01", matricule=None, traits={}), call=recovery("01")) == []


def test_a_missing_line_is_told() -> None:
    assert says(judged(), "La récupération INSi vue par le banc n’est pas tracée")
    assert says(judged(line(patient="p-2")), "n’est pas tracée")
    assert says(judged(line(date="2026-03-02T12:00:00+01:00")), "n’est pas tracée")
    assert says(judged(line(), call=verification()), "La vérification INSi")


def test_one_line_does_not_tell_two_calls() -> None:
    assert errors(logs.insi_calls([line()], [recovery(), recovery()], PATIENT)) != []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"utilisateur": None}, "ne dit pas qui a agi"),
        ({"utilisateur": "secretaire"}, "n’est pas celui qui a agi"),
        ({"date": None}, "date et d’heure"),
        ({"date": "2026-03-02"}, "n’est pas tracée"),
        ({"code": "01"}, "code tracé"),
        ({"matricule": None}, "matricule rendu par INSi"),
        ({"oid": "1.2.3"}, "OID rendu par INSi"),
        ({"historique": []}, "historique rendu par INSi"),
        ({"traits": {}}, "trait nom_naissance"),
        ({"traits": None}, "trait prenoms"),
        ({"traits": {"nom_naissance": "AUTRE"}}, "trait nom_naissance"),
    ],
)
def test_a_missing_or_wrong_field_is_named(change: dict[str, Any], said: str) -> None:
    assert says(judged(line(**change)), said)


def test_a_failed_call_is_traced_too() -> None:
    failed = recovery(answer=b"<html>")
    assert judged(line(code="ERREUR", matricule=None), call=failed) == []
    assert says(judged(line(code="00"), call=failed), "code tracé")
    assert says(judged(call=failed), "n’est pas tracée")


def test_an_access_is_traced_with_its_user() -> None:
    told = {"date": "2026-03-02T10:00:00+01:00", "utilisateur": USER, "patient": PATIENT, "type": "CONSULTATION"}
    assert list(logs.accesses([told], PATIENT, [USER])) == []
    assert says(logs.accesses([told], "p-2", [USER]), "L’accès à l’INS de l’usager n’est pas tracé")
    assert says(logs.accesses([told | {"date": "2026-03-02"}], PATIENT), "date et d’heure")
    assert says(logs.accesses([told | {"utilisateur": ""}], PATIENT), "ne dit pas qui a agi")


def test_a_modification_is_traced_with_its_type_and_field() -> None:
    told = {
        "date": "2026-03-02T10:00:00Z",
        "utilisateur": USER,
        "patient": PATIENT,
        "type": "MODIFICATION",
        "champ": "sexe",
    }
    assert list(logs.modifications([told], PATIENT, [USER], ["sexe"])) == []
    assert says(logs.modifications([], PATIENT), "modification de l’identité n’est pas tracée")
    assert says(logs.modifications([told], PATIENT, fields=["nom_naissance"]), "champ nom_naissance")
    assert says(logs.modifications([told | {"type": None}], PATIENT), "sans son type")
    assert says(logs.modifications([told | {"utilisateur": None}], PATIENT), "ne dit pas qui a agi")


def test_a_sending_with_the_ins_is_traced_with_its_recipient() -> None:
    told = {
        "date": "2026-03-02T10:00:00Z",
        "utilisateur": USER,
        "patient": PATIENT,
        "destinataire": "A@b.test",
        "avec_ins": True,
    }
    assert list(logs.exchanges([told], PATIENT, ["a@B.test"], [USER])) == []
    assert says(logs.exchanges([told | {"avec_ins": False}], PATIENT), "L’envoi de l’INS n’est pas tracé")
    assert says(logs.exchanges([told], PATIENT, ["c@d.test"]), "à c@d.test n’est pas tracé")
    assert says(logs.exchanges([told | {"destinataire": None}], PATIENT), "sans son destinataire")


def test_the_lines_of_an_answer_are_read_leniently() -> None:
    assert logs.lines_of({"lignes": [{"a": 1}, "x", None]}) == [{"a": 1}]
    assert logs.lines_of(None) == []
    assert logs.lines_of({"lignes": "x"}) == []


def test_absurd_lines_never_crash() -> None:
    draw = random.Random(5)
    values = [None, "", 0, -1, [], {}, "9999-99-99", "0001-01-01T00:00:00", True, ["x", {"matricule": None}]]
    for _ in range(200):
        absurd = {name: draw.choice(values) for name in line()} | {
            "patient": PATIENT,
            "operation": "recuperation_traits",
        }
        judged(absurd)
        list(logs.modifications([absurd], PATIENT, [USER], ["sexe"]))
        list(logs.exchanges([absurd], PATIENT, ["a@b.test"]))

"""The INS: traits of a document, comparisons, leaks, and the software's own record."""

from __future__ import annotations

import base64
import io
import re
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from conformance.checks import ins
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import Identity
from conformance.validation import gate

Open = Callable[[str], gate.Document]
Says = Callable[..., Finding]


def test_the_green_letter_carries_the_whole_identity(letter: str, opened: Open, person: Identity) -> None:
    document = opened(letter)
    carried = ins.identity_of(document)
    assert carried.identity == person
    assert carried.where("matricule").path == "/ClinicalDocument/recordTarget/patientRole/id[1]"
    assert list(ins.traits(document, exact=True)) == []
    assert list(ins.same_identity(carried, person, complete=True)) == []


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r'<family qualifier="BR">[^<]*</family>', "« nom de naissance » manque"),
        (r'<given qualifier="BR">[^<]*</given>', "« premier prénom de naissance » manque"),
        (r"<given>[^<]*</given>", "« liste des prénoms de naissance » manque"),
        (r'<birthTime value="19850609"/>', "« date de naissance » manque"),
        (r'<administrativeGenderCode code="F"', "« sexe » manque"),
        (r"<county>51215</county>", "« code du lieu de naissance » manque"),
    ],
)
def test_with_an_ins_every_strict_trait_is_asked(
    letter: str, opened: Open, says: Says, pattern: str, words: str
) -> None:
    replacement = "<administrativeGenderCode" if "Gender" in pattern else ""
    mutant, count = re.subn(pattern, replacement, letter, count=1)
    assert count == 1
    says(ins.traits(opened(mutant)), "ins.trait.missing", words)


def test_without_an_ins_nothing_is_asked(letter: str, opened: Open, person: Identity) -> None:
    mutant = letter.replace(f'<id root="{person.oid}" extension="{person.matricule}"/>', "")
    assert list(ins.traits(opened(mutant.replace("<county>51215</county>", "")))) == []


def test_a_false_key_warns_and_condemns_when_the_number_is_known(
    letter: str, opened: Open, person: Identity, says: Says
) -> None:
    wrong = person.matricule[:13] + f"{(int(person.matricule[13:]) + 1) % 97:02d}"
    mutant = opened(letter.replace(person.matricule, wrong))
    finding = says(ins.traits(mutant), "ins.matricule.key", "clé du matricule INS est fausse", Severity.WARNING)
    assert finding.expected == f"clé {person.matricule[13:]}"
    says(ins.traits(mutant, exact=True), "ins.matricule.key", "clé du matricule INS est fausse")


@pytest.mark.parametrize("number", ["", "12345", "2 85 06 51 215 999 12", "285065121599A12", "285065121599"])
def test_a_matricule_of_another_shape_is_an_error(
    letter: str, opened: Open, person: Identity, says: Says, number: str
) -> None:
    mutant = letter.replace(f'extension="{person.matricule}"', f'extension="{number}"')
    says(ins.traits(opened(mutant)), "ins.matricule.shape", "n’a pas la forme attendue")


def test_a_corsican_matricule_is_read() -> None:
    where = Location("x")
    assert list(ins.matricule_rules(ins.InsId("297022A02077878", "1.2.250.1.213.1.4.10", where), exact=True)) == []


def test_a_production_oid_is_told_and_its_number_is_not_repeated(
    letter: str, opened: Open, person: Identity, says: Says
) -> None:
    mutant = opened(letter.replace("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8"))
    finding = says(ins.traits(mutant), "ins.production", "OID de production dans une preuve", Severity.WARNING)
    assert "caviarder" in (finding.fix or "")
    other = person.with_(matricule="1" + person.matricule[1:])
    told = "".join(map(str, ins.same_identity(ins.identity_of(mutant), other)))
    assert "matricule INS" in told
    assert person.matricule not in told


def test_an_obsolete_ins_c_is_told(letter: str, opened: Open, says: Says) -> None:
    mutant = opened(letter.replace('<id root="2.25.42"', '<id root="1.2.250.1.213.1.4.2"'))
    says(ins.traits(mutant), "ins.obsolete", "INS-C", Severity.WARNING)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('code="F"', 'code="M"', "ins.consistency.sex"),
        ('birthTime value="1985', 'birthTime value="1986', "ins.consistency.birth"),
        ("51215<", "63220<", "ins.consistency.place"),
        (">MARIE-AUDE ZELIE<", ">ZELIE MARIE-AUDE<", "ins.trait.first-name"),
        (">MARIE-AUDE ZELIE<", ">MARIE-AUDE Zélie<", "ins.trait.alphabet"),
        ("51215<", "LYON<", "ins.trait.place"),
    ],
)
def test_what_is_only_inconsistent_is_a_warning(
    letter: str, opened: Open, says: Says, old: str, new: str, rule: str
) -> None:
    assert old in letter
    says(ins.traits(opened(letter.replace(old, new))), rule, "", Severity.WARNING)


def test_two_people_differ_trait_by_trait(person: Identity, other: Identity) -> None:
    found = list(ins.same_identity(person, other))
    assert {finding.severity for finding in found} == {Severity.ERROR}
    assert len(found) >= 5
    assert "Le trait «\u00a0nom de naissance\u00a0» diffère entre l’identité jugée et l’identité attendue." in [
        finding.message for finding in found
    ]
    assert (found[0].observed, found[0].expected) == (person.nom_naissance, other.nom_naissance)


def test_an_absent_trait_counts_only_when_completeness_is_asked(person: Identity, says: Says) -> None:
    partial = person.with_(lieu_naissance="")
    assert list(ins.same_identity(partial, person)) == []
    says(ins.same_identity(partial, person, complete=True), "ins.same-identity", "est absent de")


def test_a_spelling_is_a_warning(person: Identity, says: Says) -> None:
    small = person.with_(premier_prenom="Marie-Aude")
    says(ins.same_identity(small, person), "ins.same-identity", "la même graphie", Severity.WARNING)


def _zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("IHE_XDM/DOC.XML", content)
    return buffer.getvalue()


def _mail(content: bytes) -> bytes:
    return b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(content)


@pytest.mark.parametrize(
    "hide",
    [
        lambda m: f"<a>{m}</a>".encode(),
        lambda m: f"INS {m[0]} {m[1:3]} {m[3:5]} {m[5:7]} {m[7:10]} {m[10:13]} {m[13:]}".encode(),
        lambda m: f"mailto:{m}@patient.mssante.test".encode(),
        lambda m: f"numéro {m[:13]} seul".encode(),
        lambda m: f"bonjour {m}".encode("utf-16"),
        lambda m: f"bonjour {m}".encode("utf-16-be"),
        lambda m: base64.b64encode(f"<note>le patient {m}</note>".encode()),
        lambda m: b"texte\n" + base64.b64encode(f"<note>le patient {m}</note>".encode()),
        lambda m: f"coup=C3=A9 {m[:7]}=\r\n{m[7:]}".encode(),
        lambda m: _zipped(f"<a>{m}</a>".encode() * 5),
        lambda m: _mail(_zipped(f"<a>{m}</a>".encode() * 5)),
        lambda m: _mail(
            _zipped(b'<text representation="B64">' + base64.b64encode(f"x {m} y{'z' * 30}".encode()) + b"</text>")
        ),
    ],
)
def test_a_matricule_is_found_wherever_it_hides(hide: Callable[[str], bytes], person: Identity, says: Says) -> None:
    finding = says(ins.no_matricule("x", hide(person.matricule), person), "ins.leak", "laisse voir le matricule INS")
    assert person.matricule not in str(finding)


def test_a_leak_in_the_printed_page_of_a_document_is_found(letter: str, person: Identity) -> None:
    without = letter.replace(person.matricule, "").replace(person.oid, "2.25.42")
    found = list(ins.no_matricule("lettre.xml", without.encode(), person))
    parts = [finding.where.part for finding in found if finding.where]
    assert parts == ["base64 › texte du PDF"]


def test_an_oid_of_the_ins_is_found_alone_and_not_within_another(person: Identity, says: Says) -> None:
    content = b'<id root="1.2.250.1.213.1.4.10"/>'
    says(ins.no_matricule("x", content, person), "ins.leak", "un OID de l’INS")
    assert list(ins.no_matricule("x", b'<id root="1.2.250.1.213.1.4.10.7"/> 1.2.250.1.213.1.4.13', person)) == []


def test_the_text_read_by_other_means_is_looked_at(person: Identity, says: Says) -> None:
    found = ins.no_matricule("écran", b"", person, text=f"INS : {person.matricule}")
    says(found, "ins.leak", "le matricule INS")


def test_a_clean_file_leaks_nothing(draw: Callable[..., bytes], person: Identity) -> None:
    page = draw(person, symbol=None, lines=["Nom : X", "Née le 09/06/1985"])
    content = b"<a>" + base64.b64encode(page) + b"</a>"
    assert list(ins.no_matricule("x", content, person)) == []
    assert list(ins.no_matricule("x", content, person.with_(matricule=""))) == []


@pytest.mark.parametrize("filler", [b"A", b"A\n", b"AAAA \t \n", b" \n", b"2 ", b"PK\x03\x04", b"\x00"])
def test_hostile_bytes_do_not_slow_the_search(filler: bytes, person: Identity) -> None:
    start = time.perf_counter()
    list(ins.no_matricule("x", (filler * 400_000)[:400_000] + b"!", person))
    assert time.perf_counter() - start < 5


RECORD: dict[str, Any] = {"id": "p1", "statut": "QUALIFIEE", "alertes": []}


def record(person: Identity, **changes: object) -> dict[str, Any]:
    return RECORD | person.traits | {"matricule": person.matricule, "oid": person.oid} | changes


def test_a_record_that_did_not_move_is_right(person: Identity, says: Says) -> None:
    before = record(person)
    assert list(ins.unchanged(before, record(person, alertes=["vu"]))) == []
    finding = says(
        ins.unchanged(before, record(person, prenoms="AUTRE")),
        "ins.record.unchanged",
        "prénoms de naissance » de l’identité",
    )
    assert finding.where == Location("patient p1", path="/prenoms")
    says(ins.unchanged(before, record(person, statut="VALIDEE")), "ins.record.unchanged", "« statut »")
    assert list(ins.unchanged(before, record(person, statut="VALIDEE"), but=("statut",))) == []


def test_the_status_is_the_expected_one(person: Identity, says: Says) -> None:
    assert list(ins.status_is(record(person), "QUALIFIEE")) == []
    assert list(ins.status_is(record(person), ("VALIDEE", "QUALIFIEE"))) == []
    finding = says(ins.status_is(record(person), "RECUPEREE"), "ins.record.status", "au statut « qualifiée »")
    assert finding.expected == "récupérée"
    says(ins.status_is({}, "RECUPEREE"), "ins.record.status", "absent")


def test_a_record_without_matricule(person: Identity, says: Says) -> None:
    assert list(ins.without_matricule(record(person, matricule=None, oid=None))) == []
    found = list(ins.without_matricule(record(person)))
    says(found, "ins.record.matricule", "porte encore un matricule INS")
    says(found, "ins.record.matricule", "porte encore un OID")


def test_a_record_carries_what_insi_gave(person: Identity, says: Says) -> None:
    assert list(ins.carries(record(person), person)) == []
    finding = says(ins.carries(record(person, sexe="M"), person), "ins.record.traits", "« sexe » n’a pas la valeur")
    assert (finding.expected, finding.observed) == ("F", "M")
    assert len(list(ins.carries({}, person))) == 8


def test_an_alert_is_asked_for(person: Identity, says: Says) -> None:
    alert = "Incohérence : le PREMIER PRENOM n’ouvre pas la liste"
    assert list(ins.alerted([alert], "prénom")) == []
    assert list(ins.alerted(record(person, alertes=[alert]), ("date", "prénom"))) == []
    assert list(ins.alerted({"alertes": [], "patient": {"alertes": [alert]}})) == []
    says(ins.alerted(record(person), "prénom"), "ins.record.alert", "n’a pas alerté")
    says(ins.alerted({"alertes": None, "patient": None}), "ins.record.alert", "n’a pas alerté")
    says(ins.alerted([alert], "date"), "ins.record.alert", "sans les mots attendus", Severity.WARNING)

"""HL7 v2 messages: opening hostile ones, the identity in PID, documents in OBX, the published messages in place."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from conformance.checks import hl7v2, ins
from conformance.model.finding import Finding, Severity
from conformance.model.identity import Identity
from conformance.validation import gate

Says = Callable[..., Finding]
Errors = Callable[[Iterable[Finding]], list[Finding]]


def message(text: str | bytes) -> hl7v2.Message:
    found = hl7v2.open_message("message.hl7", text.encode() if isinstance(text, str) else text)
    assert isinstance(found, hl7v2.Message), found
    return found


def refused(content: bytes) -> Finding:
    found = hl7v2.open_message("message.hl7", content)
    assert not isinstance(found, hl7v2.Message)
    return found[-1]


def test_the_green_admission_has_nothing_to_reproach(admission: str, person: Identity) -> None:
    read = message(admission)
    assert list(hl7v2.judge(read)) == []
    assert read.type == "ADT^A01^ADT_A01"
    carried = hl7v2.identity_of(read)
    assert carried.identity == person
    assert carried.where("lieu_naissance").path == "PID-11[2].9"
    assert carried.where("premier_prenom").path == "PID-5[1].2"
    assert list(ins.same_identity(carried, person, complete=True)) == []


@pytest.mark.parametrize(("before", "after"), [(b"\x0b", b"\x1c\r"), (b"\xef\xbb\xbf", b""), (b"\n", b"\n\n")])
def test_frames_and_text_editors_are_let_through(admission: str, before: bytes, after: bytes) -> None:
    assert list(hl7v2.judge(message(before + admission.replace("\r", "\r\n").encode() + after))) == []


INS = "^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS^^20200101"
ERRORS = [
    (INS, INS.replace("^INS^", "^PI^"), "hl7v2.ins", "type de l’identifiant INS", "PID-3[2].5"),
    (INS, INS.replace("&ISO", ""), "hl7v2.ins", "type de l’autorité", "PID-3[2].4.3"),
    (INS, INS.replace("213.1.4.10", "213.1.4.99"), "hl7v2.ins", "L’OID de l’autorité", "PID-3[2].4.2"),
    (INS, INS.replace("20200101", "2020-01"), "hl7v2.ins", "date d’effet", "PID-3[2].7"),
    ("^^^^L~", "^^^^~", "hl7v2.name", "type de nom n’est pas indiqué", "PID-5[1].7"),
    ("^^^^L~", "^^^^U~", "hl7v2.name", "nom de naissance du patient manque", "PID-5"),
    ("^MARIE-AUDE^", "^^", "hl7v2.trait", "Le premier prénom de naissance manque", "PID-5.2"),
    ("^MARIE-AUDE ZELIE^", "^^", "hl7v2.trait", "La liste des prénoms de naissance manque", "PID-5.3"),
    ("|19850609|", "|1985|", "hl7v2.trait", "date de naissance manque", "PID-7"),
    ("|F|", "|U|", "hl7v2.trait", "n’est ni M ni F", "PID-8"),
    ("BDL^^51215", "BDL^^", "hl7v2.trait", "lieu de naissance manque", "PID-11"),
    ("|VALI", "|PROV", "hl7v2.reliability", "un INS ne se transmet que qualifié", "PID-32"),
    ("|VALI", "", "hl7v2.reliability", "ne dit pas l’identité validée", "PID-32"),
    ("|20260104|", "|hier|", "hl7v2.zfd", "date de l’appel INSi n’est pas une date", "ZFD-6"),
]


@pytest.mark.parametrize(("old", "new", "rule", "words", "path"), ERRORS)
def test_each_rule_on_the_patient_can_fail(
    admission: str, says: Says, old: str, new: str, rule: str, words: str, path: str
) -> None:
    assert old in admission
    finding = says(hl7v2.judge(message(admission.replace(old, new, 1))), rule, words)
    assert finding.where is not None
    assert finding.where.path == path
    assert finding.where.line


WARNINGS = [
    ("ASIP-SANTE-INS-NIR", "INS", "hl7v2.ins", "nom de l’autorité"),
    ("^^^^^D|", "^^^^^S|", "hl7v2.name", "pas l’un des deux attendus"),
    ("PID|1||", "PID|1|X|", "hl7v2.field", "n’est pas utilisé par l’extension française"),
    ("|INSI|20260104", "|INSI|", "hl7v2.zfd", "la date de l’appel manque"),
    ("|INSI|", "|TELEPATHIE|", "hl7v2.zfd", "mode d’obtention"),
    ("|Y|N|", "|Y|X|", "hl7v2.zfd", "ni Y ni N"),
    ("BDL^^51215", "BDL^^63220", "ins.consistency.place", "lieu de naissance"),
]


@pytest.mark.parametrize(("old", "new", "rule", "words"), WARNINGS)
def test_a_doubtful_rule_warns(admission: str, says: Says, old: str, new: str, rule: str, words: str) -> None:
    assert old in admission
    says(hl7v2.judge(message(admission.replace(old, new, 1))), rule, words, Severity.WARNING)


def test_without_an_ins_the_reliability_is_still_told(
    admission: str, person: Identity, says: Says, errors: Errors
) -> None:
    bare = admission.replace(f"~{person.matricule}{INS}", "")
    assert errors(hl7v2.judge(message(bare.replace("|VALI", "|PROV")))) == []
    says(hl7v2.judge(message(bare.replace("|VALI", ""))), "hl7v2.reliability", "n’est pas indiqué")
    says(hl7v2.judge(message(bare.replace("|VALI", "|XX"))), "hl7v2.reliability", "table connue", Severity.WARNING)
    assert list(hl7v2.without_ins(message(bare))) == []


def test_an_ins_that_should_not_leave_is_told(admission: str, says: Says) -> None:
    finding = says(hl7v2.without_ins(message(admission)), "hl7v2.leak", "alors que l’identité n’est pas qualifiée")
    assert finding.where is not None
    assert finding.where.path == "PID-3[2]"


def test_several_numbers_for_one_patient_are_a_warning(admission: str, says: Says) -> None:
    twice = admission.replace("^PI~", f"^PI~299999999999999{INS}~", 1)
    says(hl7v2.judge(message(twice)), "hl7v2.ins", "plusieurs matricules INS", Severity.WARNING)


def test_a_message_needs_a_patient_but_an_acknowledgement_does_not(admission: str, says: Says) -> None:
    lines = [line for line in admission.split("\r") if not line.startswith("PID")]
    says(hl7v2.judge(message("\r".join(lines))), "hl7v2.pid", "ne porte pas de patient")
    assert list(hl7v2.judge(message(r"MSH|^~\&|A|B|C|D|2026||ACK^T10^ACK|1|P|2.6" + "\rMSA|AA|1"))) == []


def test_escapes_are_undone_in_names(admission: str) -> None:
    read = message(admission.replace("|D'ARBELAY-EXEMPLE^", r"|A\T\B\S\C\F\D^"))
    assert hl7v2.identity_of(read).identity.nom_naissance == "A&B^C|D"


def test_an_emptied_field_carries_nothing(admission: str) -> None:
    assert hl7v2.identity_of(message(admission.replace("|F|", '|""|'))).identity.sexe == ""


@pytest.mark.parametrize(
    ("content", "rule", "words"),
    [
        (b"", "hl7v2.empty", "est vide"),
        (b"%PDF-1.4", "hl7v2.header", "ne commence pas par MSH"),
        (b"MSH", "hl7v2.header", "séparateurs annoncés"),
        (b"MSH|^^^^|A", "hl7v2.header", "séparateurs annoncés"),
        (b"MSHABCDEA", "hl7v2.header", "séparateurs annoncés"),
        (rb"MSH|^~\&|A" + b"|" * 600_000, "hl7v2.size", "nombre démesuré de champs"),
    ],
)
def test_what_is_not_a_message_is_refused(content: bytes, rule: str, words: str) -> None:
    finding = refused(content)
    assert (finding.rule, words in finding.message) == (rule, True)


def test_the_charset_is_the_one_announced(admission: str, says: Says) -> None:
    accented = admission.replace("LYON", "ÉVREUX")
    says(hl7v2.judge(message(accented.encode("latin-1"))), "hl7v2.charset", "pas codé dans le jeu de caractères")
    latin = accented.replace("UNICODE UTF-8", "8859/1")
    assert list(hl7v2.judge(message(latin.encode("latin-1")))) == []
    exotic = message(accented.replace("UNICODE UTF-8", "EBCDIC"))
    says(hl7v2.judge(exotic), "hl7v2.charset", "n’est pas reconnu", Severity.WARNING)


def test_the_documents_of_a_message_are_taken_out(admission: str, letter: str, says: Says) -> None:
    data = base64.b64encode(letter.encode()).decode()
    read = message(f"{admission}OBX|1|ED|11490-0^Lettre^LN||^TEXT^XML^Base64^{data}||||||F\r")
    assert list(hl7v2.judge(read)) == []
    (document,) = hl7v2.embedded_documents(read)
    assert (document.content.decode(), document.kind) == (letter, "cda")
    broken = message(f"{admission}OBX|1|ED|11490-0^Lettre^LN||^TEXT^XML^Base64^pas du base64!||||||F\r")
    says(hl7v2.judge(broken), "hl7v2.attachment", "n’est pas du base64 valide")
    assert hl7v2.embedded_documents(broken) == ()
    unpadded = message(f"{admission}OBX|1|ED|X||^TEXT^XML^Base64^PGEvPg||||||F\r")
    says(hl7v2.judge(unpadded), "hl7v2.attachment", "n’est pas complété", Severity.WARNING)
    assert hl7v2.embedded_documents(unpadded)[0].content == b"<a/>"


def test_any_spoiled_message_is_survived(admission: str) -> None:
    draw = random.Random(3)
    for _ in range(400):
        spoiled = list(admission)
        for _ in range(draw.randint(1, 25)):
            spoiled[draw.randrange(len(spoiled))] = draw.choice(["|", "^", "~", "\\", "&", "\r", "", "M", "\x00", "é"])
        found = hl7v2.open_message("x", "".join(spoiled).encode())
        if isinstance(found, hl7v2.Message):
            list(hl7v2.judge(found))
            list(hl7v2.without_ins(found))


def test_the_published_messages_have_no_error(shared_data: Path, errors: Errors) -> None:
    messages = sorted(path for path in (shared_data / "hl7v2").rglob("*") if path.suffix.lower() in (".er7", ".hl7"))
    assert messages
    for path in messages:
        found = hl7v2.open_message(path.name, path.read_bytes())
        assert isinstance(found, hl7v2.Message), path
        assert errors(hl7v2.judge(found)) == [], path


def test_the_published_documents_come_out_of_their_messages(shared_data: Path) -> None:
    folder = shared_data / "hl7v2"
    found = [
        gate.open_document(document.name, document.content)
        for path in sorted(folder.rglob("*.hl7"))
        for document in hl7v2.embedded_documents(message(path.read_bytes()))
    ]
    assert found
    assert all(isinstance(document, gate.Document) for document in found)

"""Matricules that may be somebody’s, in every kind of piece; shown masked, with their place."""

from __future__ import annotations

import base64
import io
import time
import zipfile
from email.message import EmailMessage

import pytest

from conformance.checks.evidence.privacy import masked, real_looking
from conformance.model.identity import INS_NIR, INS_TEST, invent, nir_key
from tests.checks.pieces import NOBODY, pdf

CORSICAN = "1851320004123"[:5] + "2A" + "004123" + nir_key("185132A004123")
GROUPS = f"{NOBODY[0]} {NOBODY[1:3]} {NOBODY[3:5]} {NOBODY[5:7]} {NOBODY[7:10]} {NOBODY[10:13]} {NOBODY[13:]}"


def found(content: bytes | str, name: str = "a/b") -> list[str]:
    data = content.encode() if isinstance(content, str) else content
    return [str(one.where) for one in real_looking(name, data)]


@pytest.mark.parametrize(
    "text",
    [
        f"INS : {NOBODY}",
        f"matricule {GROUPS}",
        f"Matricule\u00a0: {GROUPS.replace(' ', chr(0x202F))}",
        f"numéro de sécurité sociale {GROUPS.replace(' ', '.')}",
        f"{NOBODY} (NIR)",
        f"ins_matricule={NOBODY}",
        f"INS-NIR {CORSICAN}",
        f"PID|1||{NOBODY}^^^ASIP-SANTE&{INS_NIR}&ISO",
        f'<id root="{INS_NIR}" extension="{NOBODY}"/>',
        f"<p>Matricule <b>{NOBODY[:7]}</b><i>{NOBODY[7:]}</i></p>",
    ],
)
def test_a_real_looking_matricule_is_told(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"commande {NOBODY}",
        f"INS : {NOBODY[:14]}{(int(NOBODY[14]) + 1) % 10}",
        f"INS : 9{NOBODY}",
        f'<id root="{INS_TEST}" extension="{NOBODY}"/>',
        f"INS : {NOBODY} ({INS_TEST})",
        f"INS : {invent(3, 'piece').matricule}",
        f"INS\n{'x' * 120}\n{NOBODY}",
        f"inscription {NOBODY}",
        f"<id root='{INS_NIR}0' extension='{NOBODY}'/>",
        "INS 2026-01-05 10:15:00",
    ],
)
def test_what_is_not_one_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_it_is_shown_masked_and_nowhere_in_clear() -> None:
    (told,) = real_looking("a/b.log", f"ligne 1\nINS : {NOBODY}\n".encode())
    assert told.message == "La pièce montre un matricule qui ressemble à celui d’une personne réelle."
    assert told.observed == masked(NOBODY) == f"2{'•' * 12}{NOBODY[-2:]}"
    assert str(told.where) == "a/b.log, ligne 2"
    assert NOBODY not in repr(told)
    assert told.severity.value == "WARNING"


def test_in_a_page_of_a_pdf() -> None:
    assert found(pdf(f"Matricule INS : {GROUPS}", pages=2)) == ["a/b, page 1", "a/b, page 2"]


def test_in_a_mail_its_subject_and_its_coded_parts() -> None:
    mail = EmailMessage()
    mail["From"] = "camille.exemple@operateur.mssante.test"
    mail["Subject"] = f"Dossier, INS {NOBODY}, été"
    mail.set_content(f"Matricule {NOBODY}", cte="base64")
    mail.add_attachment(pdf(f"INS {NOBODY}"), maintype="application", subtype="pdf", filename="lettre.pdf")
    places = found(mail.as_bytes())
    assert places[0].startswith("a/b, ligne ")  # the subject, as it is coded
    assert [place.partition(" › ")[2] for place in places[1:]] == [
        "Subject, ligne 1",
        "text/plain, ligne 1",
        "lettre.pdf, page 1",
    ]


def test_in_an_archive_and_in_the_base64_of_a_document() -> None:
    inside = base64.encodebytes(pdf(f"INS {NOBODY}")).decode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("DOC/lettre.xml", f"<ClinicalDocument><text>{inside}</text></ClinicalDocument>")
    assert found(target.getvalue()) == ["a/b › DOC/lettre.xml › base64, page 1"]


def test_in_utf16_and_in_windows_1252() -> None:
    text = f"Identité, matricule {NOBODY}"
    assert len(found(text.encode("utf-16"))) == 1
    assert len(found(text.encode("cp1252"))) == 1


def test_many_are_capped_and_a_hostile_file_is_quick() -> None:
    many = "\n".join(f"INS {stem}{nir_key(stem)}" for stem in (f"28513512{rank:05d}" for rank in range(200)))
    assert len(found(many)) == 50
    start = time.monotonic()
    assert found("1 " * 500_000) == []
    assert found("<" * 500_000) == []
    assert found("A" * 1_000_000) == []
    assert found(b"From: a@b.test\n" + b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * 50_000) == []
    assert time.monotonic() - start < 10

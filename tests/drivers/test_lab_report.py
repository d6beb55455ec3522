"""The reports of the invented laboratory: what a third-party reader finds in the mail, and the schema of the CDA."""

from __future__ import annotations

import email
import email.policy
import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from conformance.checks import pdf, xdm
from conformance.checks.pdf import name as pdf_name
from conformance.drivers import printed
from conformance.drivers.lab_report import LabResult, Order, mail, report
from conformance.model.finding import Severity
from conformance.model.identity import invent

WHO = invent(1, "labo")
RESULT = LabResult(
    "2571-8", "Trigly <&> cérides", "0.62", "g/L", "HH", "0.50", "1.50", ("0.71", "mmol/L"), "Vu & <relu>."
)
PACK = Path(os.environ.get("SEGUR_CI_SIS_PACK") or Path(__file__).parents[3] / "shared" / "data" / "ci-sis")


def archive(source: bytes) -> zipfile.ZipFile:
    message = email.message_from_bytes(source, policy=email.policy.default)
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "IHE_XDM.ZIP"
    return zipfile.ZipFile(io.BytesIO(attached.get_content()))


def test_the_archive_describes_each_document() -> None:
    first = report("un", WHO, RESULT)
    second = report("deux", WHO, RESULT, replaces=first)
    opened = archive(mail(first, second))
    assert opened.testzip() is None
    read = xdm.read(opened.fp.getvalue())  # type: ignore[union-attr]
    assert isinstance(read, xdm.Archive) and not read.problems
    assert [content for _, content in xdm.documents(read)] == [first.cda, second.cda]
    metadata = opened.read("IHE_XDM/SUBSET01/METADATA.XML").decode()
    assert (
        hashlib.sha1(first.cda).hexdigest() in metadata and second.unique_id in metadata and WHO.matricule in metadata
    )


def test_reports_are_the_same_at_each_play_and_never_for_two_people() -> None:
    assert mail(report("un", WHO, RESULT)) == mail(report("un", WHO, RESULT))
    assert report("un", WHO, RESULT).unique_id != report("un", invent(1, "labo", 1), RESULT).unique_id
    assert report("un", WHO, RESULT).unique_id != report("deux", WHO, RESULT).unique_id


def test_the_pdf_beside_the_archive_is_archivable_and_well_named() -> None:
    one = report("un", WHO, RESULT)
    source = mail(one, to="labo@operateur.mssante.test", pdf=printed.pdf("CR d'examens biologiques", one.unique_id))
    message = email.message_from_bytes(source, policy=email.policy.default)
    _, attached = message.iter_attachments()
    assert message["To"] == "labo@operateur.mssante.test"
    assert list(pdf_name.file_name(attached.get_filename() or "", WHO, "20260105", "CR d'examens biologiques")) == []
    found = list(pdf.archivable("cr.pdf", attached.get_content()))
    assert [finding for finding in found if finding.severity is Severity.ERROR] == []


def test_the_report_obeys_the_schema_of_cda() -> None:
    schema = PACK / "infrastructure" / "cda" / "CDA_extended.xsd"
    if not schema.is_file():
        pytest.skip("le schéma CDA de l’Agence n’est pas là (SEGUR_CI_SIS_PACK)")
    first = report("un", WHO, RESULT)
    judge = etree.XMLSchema(etree.parse(schema))
    asked = Order("1.2.3", "A & <B>")
    for one in (first, report("deux", WHO, LabResult("1", "x", "1", "1"), replaces=first, order=asked)):
        judge.assertValid(etree.fromstring(one.cda))

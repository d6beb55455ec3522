"""Certificates of a child's health: the service they leave for, and what the mail carries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.checks import certificates
from conformance.checks.mail import read
from conformance.model.evidence import Channel, Exchange, Message
from conformance.model.finding import Finding
from conformance.validation import gate

Open = Callable[[str], gate.Document]
Says = Callable[..., Finding]
HERE, THERE, ELSEWHERE = "pmi-75@pmi.mssante.test", "pmi-2a@pmi.mssante.test", "pmi-69@pmi.mssante.test"
DIRECTORY = (HERE, THERE, ELSEWHERE)
BARE = b"From: a@b.test\r\nTo: pmi-75@pmi.mssante.test\r\nSubject: x\r\n\r\ntexte\r\n"


def to(*addresses: str) -> Exchange:
    return Exchange(Channel.MSS, "SMTP DATA", Message("MAIL", (), b""), None, frozenset(addresses), number="main-1")


def test_each_service_gets_what_is_due_to_it_and_no_more(says: Says) -> None:
    both = [to(HERE), to(THERE)]
    assert list(certificates.posted(both, [HERE, THERE], DIRECTORY)) == []
    assert list(certificates.posted([to(HERE), to(HERE)], [HERE, HERE], DIRECTORY)) == []
    unsent = says(certificates.posted([to(HERE)], [HERE, THERE], DIRECTORY), "cse.pmi", "PMI")
    assert THERE in str(unsent.expected)
    says(certificates.posted([*both, to(ELSEWHERE)], [HERE, THERE], DIRECTORY), "cse.pmi", "elle seule")
    says(certificates.posted([to(HERE), to(HERE)], [HERE], DIRECTORY), "cse.pmi", "elle seule")
    says(certificates.posted([], [HERE], DIRECTORY), "cse.pmi", "PMI")


def test_a_mail_without_an_archive_is_told(says: Says) -> None:
    says(certificates.attached(read(BARE, "courriel")), "cse.pmi.archive", "IHE_XDM")


def test_another_document_or_several_are_told(opened: Open, says: Says) -> None:
    one = opened(
        f'<ClinicalDocument xmlns="urn:hl7-org:v3"><templateId root="{certificates.TEMPLATES["CS9"]}"/></ClinicalDocument>'
    )
    assert list(certificates.holds([one], "CS9")) == []
    says(certificates.holds([one], "CS24"), "cse.certificate", "CS24")
    says(certificates.holds([one, one], "CS9"), "cse.certificate.count", "lui seul")
    says(certificates.holds([], "CS9"), "cse.certificate.count", "lui seul")


@pytest.mark.parametrize("kind", ["CS8_2024.01", "CS9_2025.01", "CS24_2024.01", "CS24_2025.01"])
def test_the_agency_s_samples_are_what_they_say(ci_sis_pack: Path, kind: str) -> None:
    path = ci_sis_pack / "ExemplesCDA" / f"CSE-{kind}.xml"
    document = gate.open_document(path.name, path.read_bytes())
    assert isinstance(document, gate.Document)
    assert list(certificates.holds([document], kind.partition("_")[0])) == []

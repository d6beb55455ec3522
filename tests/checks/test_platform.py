"""A report that crosses the hospital's platform: a green and a red example of each judgement."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from conformance.checks import platform
from conformance.checks.xds.deposit import Deposit
from conformance.drivers.lab_report import LabResult, mail, report
from conformance.drivers.platform_flow import outcome
from conformance.model.evidence import Channel, Exchange, Message
from conformance.model.identity import invent
from conformance.simulators.pam_sender import Sending

RESULT = LabResult("2571-8", "Triglycérides", "0.62", "g/L")
REPORT = report("un", invent(1, "plateforme"), RESULT)
RESTRICTIONS = ("MASQUE_PS", "INVISIBLE_PATIENT")


def seen(
    body: bytes, channel: Channel = Channel.MSS, start: str = "MAIL FROM:<a@b.test> RCPT TO:<c@d.test>"
) -> Exchange:
    return Exchange(channel, "SMTP DATA", Message(start, (), body), None, number="main-4")


def deposited(content: bytes) -> Deposit:
    return Deposit(None, None, {"d": content})  # type: ignore[arg-type]


def handed(cda: bytes, **said: str) -> Exchange:
    lines = [
        "MSH|^~\\&|A|B|C|D|20260105090000||MDM^T02^MDM_T02|1|P|2.5|||||FRA|UNICODE UTF-8",
        "PID|1||1^^^A&1.2&ISO^PI||NOM^PRENOM",
        f"OBX|1|ED|18748-4^CR^LN||^TEXT^XML^Base64^{base64.b64encode(cda).decode()}||||||F",
        *(f"OBX|2|CWE|{name}^{name}^MetaDMPMSS||{value}||||||F" for name, value in said.items()),
    ]
    return seen("\r".join([*lines, ""]).encode(), Channel.HL7, "MLLP")


KEPT = {"canal": "MSS", "succes": False, "message": "550", "destinataire": "c@d.test"}


def told(channel: str, done: bool) -> Exchange:
    about = Sending(invent(1, "plateforme"), "IPP1")
    return seen(outcome(channel, "M1", about, done=done, error="DMPClosed^fermé^DMP_ERROR_CODE"), Channel.HL7, "MLLP")


@pytest.mark.parametrize(
    ("green", "red", "words"),
    [
        (platform.deposited_as_is(deposited(b"x"), b"x"), platform.deposited_as_is(deposited(b"x\n"), b"x"), "déposé"),
        (
            platform.all_handed_over([handed(b"<a/>"), handed(b"<b/>")], {"a": b"<a/>", "b": b"<b/>"}),
            platform.all_handed_over([handed(b"<a/>")], {"a": b"<a/>", "b": b"<b/>"}),
            "n’est pas remis",
        ),
        (
            platform.outcome_kept([KEPT], "MSS", done=False, box="c@d.test"),
            platform.outcome_kept([KEPT], "MSS", done=True, box="c@d.test"),
            "ne garde pas",
        ),
        (
            platform.outcome_kept([KEPT], "MSS", done=False),
            platform.outcome_kept([KEPT], "MSS", done=False, box="x@d.test"),
            "ne garde pas",
        ),
        (platform.refusal_told(0, [1]), platform.refusal_told(1, [1]), "signalé à personne"),
        (
            platform.outcome_told([told("DMP", True)], "M1", "ACK_RECEPTION_DMP", done=True),
            platform.outcome_told([told("DMP", False)], "M1", "ACK_RECEPTION_DMP", done=True),
            "ne rend pas compte",
        ),
        (
            platform.outcome_told([told("DMP", False)], "M1", "ACK_RECEPTION_DMP", done=False),
            platform.outcome_told([told("DMP", False)], "M2", "ACK_RECEPTION_DMP", done=False),
            "ne rend pas compte",
        ),
        (platform.filed([{"unique_id": "1"}], "1"), platform.filed([{"unique_id": "2"}], "1"), "pas rangé"),
        (platform.not_filed([{"unique_id": "2"}], "1"), platform.not_filed([{"unique_id": "1"}], "1"), "autre usager"),
        (
            platform.in_results(replace(handed(b"<a/>"), operation="ORU^R01")),
            platform.in_results(replace(handed(b"<a/>"), operation="MDM^T02")),
            "message de résultats",
        ),
        (
            platform.left_by_itself([handed(b"<a/>")], "11490-0"),
            platform.left_by_itself([], "11490-0"),
            "de lui-même",
        ),
        (
            platform.not_handed_over([handed(b"<a/>")], b"<b/>"),
            platform.not_handed_over([handed(b"<a/>")], b"<a/>"),
            "n’a pas choisi",
        ),
        (
            platform.not_mailed([], "c@d.test"),
            platform.not_mailed([seen(b"From: a@b.test\r\n\r\nx")], "c@d.test"),
            "restriction",
        ),
        (
            platform.handed_over(handed(b"<a/>", MASQUE_PS="Y"), b"<a/>", {"MASQUE_PS"}, RESTRICTIONS),
            platform.handed_over(handed(b"<a/>", MASQUE_PS="N"), b"<a/>", {"MASQUE_PS"}, RESTRICTIONS),
            "MASQUE_PS",
        ),
        (
            platform.handed_over(handed(b"<a/>"), b"<a/>", set(), RESTRICTIONS),
            platform.handed_over(handed(b"<a/>"), b"<b/>", set(), RESTRICTIONS),
            "ne porte pas le document",
        ),
        (
            platform.handed_over(handed(b"<a/>", MASQUE_PS="N"), b"<a/>", set(), RESTRICTIONS),
            platform.handed_over(handed(b"<a/>", INVISIBLE_PATIENT="Y"), b"<a/>", set(), RESTRICTIONS),
            "INVISIBLE_PATIENT",
        ),
    ],
)
def test_each_judgement(green, red, words):
    assert list(green) == []
    found = list(red)
    assert words in " ".join(finding.message for finding in found)
    assert all(finding.source and finding.fix for finding in found)


def test_a_mail_carries_the_document_and_its_pdf():
    carried = list(platform.mailed_as_is(seen(mail(REPORT)), REPORT.cda, b"%PDF"))
    assert [finding.message for finding in carried] == ["Le courriel ne porte pas le PDF/A-1 remis par HL7 v2."]
    missing = list(platform.mailed_as_is(seen(b"From: a@b.test\r\n\r\nx"), REPORT.cda, b"%PDF"))
    assert len(missing) == 2 and "CDA" in missing[0].message


def test_a_message_that_cannot_be_read_is_a_finding():
    assert list(platform.handed_over(seen(b"\x00", Channel.HL7, "MLLP"), b"", set(), RESTRICTIONS))

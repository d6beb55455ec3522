"""The reference LPS as a platform: what it reads of a message, what it refuses, and that nothing stops it."""

from __future__ import annotations

import base64

import pytest
from lxml import etree

from conformance.reference_lps.desk import platform

NOBODY = frozenset[str]()
CDA = (
    b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3"/><code code="18748-4"/><title>CR</title>'
    b'<effectiveTime value="20260105090000+0100"/><component><nonXMLBody><text>JVBERg==</text></nonXMLBody></component>'
    b"</ClinicalDocument>"
)


def message(document: bytes | str | None, *more: str) -> bytes:
    lines = ["MSH|^~\\&|A|B|C|D|20260105||MDM^T02|1|P|2.5"]
    if document is not None:
        text = base64.b64encode(document).decode() if isinstance(document, bytes) else document
        lines.append(f"OBX|1|ED|18748-4^CR^LN||^TEXT^XML^Base64^{text}||||||F")
    return "\r".join([*lines, *more, ""]).encode()


def choice(name: str, value: str) -> str:
    return f"OBX|2|CWE|{name}^{name}^MetaDMPMSS||{value}^^expandedYes-NoIndicator||||||F"


def test_a_message_is_read() -> None:
    rct = "PRT||UC||RCT^^participation|8018^MODELE||||||||||^NET^X.400^medecin@autre.mssante.test"
    copy = "PRT||UC||SB^^participation|8018^MODELE||||||||||^NET^X.400^autre@autre.mssante.test"
    found = platform.read(message(CDA, choice("MASQUE_PS", "Y"), choice("DESTDMP", "N"), rct, copy))
    assert found is not None
    assert (found.cda, found.said) == (CDA, {"MASQUE_PS"})
    assert found.recipients == ("medecin@autre.mssante.test",)


@pytest.mark.parametrize(
    "wrong", [message(None), message("pas du base64 !"), b"", b"\xff\x00|||", message(None, "OBX|1|ED")]
)
def test_a_message_without_a_document_hands_nothing_over(wrong: bytes) -> None:
    assert platform.read(wrong) is None


def test_the_document_keeps_its_bytes_and_its_restrictions() -> None:
    handed = platform.Handed(CDA, frozenset({"INVISIBLE_PATIENT"}), ())
    produced, draft = platform._made(handed, NOBODY)
    assert (produced.cda, produced.pdf, produced.unique_id) == (CDA, b"%PDF", "1.2.3")
    assert (draft.type_code, draft.hidden_from_patient, draft.masked_from_professionals) == ("18748-4", True, False)
    assert (draft.structured, draft.written_at) == (False, "2026-01-05T09:00:00+01:00")


@pytest.mark.parametrize(
    "cda", [b"<a", b"<a/>", CDA.replace(b"20260105090000+0100", b"hier"), CDA.replace(b'root="1.2.3"', b"")]
)
def test_what_is_not_a_document_is_refused(cda: bytes) -> None:
    with pytest.raises((ValueError, etree.XMLSyntaxError)):
        platform._made(platform.Handed(cda, frozenset(), ()), NOBODY)

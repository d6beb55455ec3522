"""The simulated DMP judging lots."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.simulators.dmp_client_kit import Client, errors, stored
from tests.simulators.dmp_lots_kit import (
    Deposit,
    cda,
    slot,
)
from tests.simulators.dmp_messages_kit import OTHER, WHO, cx

# The lot


def without(pattern: str, replacement: str = "") -> Callable[[str], str]:
    def edit(message: str) -> str:
        changed = re.sub(pattern, replacement, message, count=1, flags=re.DOTALL)
        assert changed != message, pattern
        return changed

    return edit


def in_document(pattern: str, replacement: str = "") -> Callable[[str], str]:
    """Change the first match after the ExtrinsicObject of the document begins."""

    def edit(message: str) -> str:
        head, mark, tail = message.partition("<r:ExtrinsicObject")
        return head + without(pattern, replacement)(mark + tail)

    return edit


def classification(scheme: str) -> str:
    return rf'<r:Classification id="[^"]+" classificationScheme="urn:uuid:{scheme}".*?</r:Classification>'


SHA1 = "0" * 40
META, MISSING = "XDSRegistryMetadataError", "XDSMissingDocument"
LOTS: list[tuple[str, dict[str, Any], str]] = [
    ("no package", {"edit": without(r"<r:RegistryPackage.*</r:RegistryPackage>")}, META),
    (
        "not a submission set",
        {"edit": without('classificationNode="urn:uuid:a54d6aa5', 'classificationNode="urn:uuid:00000000')},
        META,
    ),
    (
        "no document member",
        {"edit": without(r'<r:Association[^>]*targetObject="Document01">.*?</r:Association>')},
        META,
    ),
    ("member not original", {"edit": without("<r:Value>Original", "<r:Value>Reference")}, META),
    ("unknown association", {"edit": without("AssociationType:signs", "AssociationType:APND")}, META),
    ("association from nowhere", {"edit": without('sourceObject="Signature01"', 'sourceObject="ailleurs"')}, META),
    (
        "no metadata at all",
        {"edit": without("<l:SubmitObjectsRequest.*</l:SubmitObjectsRequest>")},
        "XDSRepositoryMetadataError",
    ),
    (
        "document without object",
        {"edit": without('<b:Document id="Document01"', '<b:Document id="Document99"')},
        f"{MISSING},XDSMissingDocumentMetadata",
    ),
    (
        "two documents of the same id",
        {"edit": without('<b:Document id="Signature01"', '<b:Document id="Document01"')},
        f"XDSRepositoryMetadataError,{MISSING}",
    ),
    ("cid that leads nowhere", {"edit": without("cid:doc%201@x", "cid:ailleurs@x")}, MISSING),
    ("attachment not sent", {"parts": lambda parts: {"sig@x": parts["sig@x"]}}, MISSING),
    ("one part for two documents", {"edit": without("cid:sig@x", "cid:doc%201@x")}, "XDSRepositoryMetadataError"),
    ("no submission time", {"edit": without("submissionTime", "autre")}, META),
    ("no source", {"edit": without("554ac39e-e3fe", "00000000-e3fe")}, META),
    ("no title", {"edit": in_document('<r:Name><r:LocalizedString value="Consultation"/></r:Name>')}, META),
    ("no legal authenticator", {"edit": in_document("legalAuthenticator", "autre")}, META),
    ("creation time in local form", {"edit": in_document("20240102030405", "2024-01-02")}, META),
    ("no type code", {"edit": in_document(classification("f0306f51-975f-434e-a61c-c59651d33983"))}, META),
    ("no class code", {"edit": in_document(classification("41a5887f-8865-4c09-adf7-e362475b143a"))}, META),
    ("no N confidentiality", {"edit": in_document(classification("f4f85eac-e6cb-4883-b524-f2705394840f"))}, META),
    ("unknown mask", {"masks": ("INVISIBLE_REP_LEGAUX",)}, META),
    ("code without its system", {"edit": in_document("2.16.840.1.113883.6.1<", "<")}, META),
    ("no author", {"edit": in_document(classification("93606bcf-9494-43ec-9b4e-a7748d1a838d"))}, META),
    ("author of another structure", {"structure": "autre"}, META),
    (
        "patient of another in metadata",
        {"edit": in_document(re.escape(cx(WHO)) + '"/>', cx(OTHER) + '"/>')},
        "XDSPatientIdDoesNotMatch,XDSPatientIdDoesNotMatch",
    ),
    (
        "patient of another in the document",
        {"unique_id": "1.2.250.9", "content": cda(OTHER, "1.2.250.9")},
        "XDSPatientIdDoesNotMatch",
    ),
    ("other document", {"content": cda(WHO, "1.2.3")}, META),
    ("other type", {"unique_id": "1.2.250.9", "content": cda(WHO, "1.2.250.9", "18748-4")}, META),
    ("not a CDA", {"content": b"<a/>"}, "InvalidDocumentContent"),
    ("not XML", {"content": b"%PDF-1.4"}, "InvalidDocumentContent"),
    ("wrong hash", {"slots": slot("hash", SHA1)}, "XDSNonIdenticalHash"),
    ("wrong size", {"slots": slot("size", "12")}, "XDSNonIdenticalSize"),
    (
        "wrong hash and size",
        {"slots": slot("size", "x") + slot("hash", SHA1)},
        "XDSNonIdenticalHash,XDSNonIdenticalSize",
    ),
    (
        "uniqueId twice in the message",
        {"unique_id": "1.2.250.7", "lot_id": "1.2.250.7"},
        "XDSRegistryDuplicateUniqueIdInMessage",
    ),
]


@pytest.mark.parametrize(("changes", "codes"), [case[1:] for case in LOTS], ids=[case[0] for case in LOTS])
def test_refused_lots(client: Client, changes: dict[str, Any], codes: str) -> None:
    assert ",".join(errors(client.deposit(Deposit(**changes)))) == codes
    last = client.last()
    assert last.facts["status"] == "Failure" and last.facts["code"] == ",".join(dict.fromkeys(codes.split(",")))
    assert last.facts["refused"].startswith(codes.split(",", maxsplit=1)[0]) and WHO.matricule in last.keys
    assert client.dmp.documents(WHO.matricule) == ()


def test_right_hash_and_size(client: Client) -> None:
    deposit = Deposit()
    digest = hashlib.sha1(deposit.document(), usedforsecurity=False).hexdigest().upper()
    deposit.slots = slot("hash", digest) + slot("size", str(len(deposit.document())))
    assert errors(client.deposit(deposit)) == []


def test_a_document_sent_again(client: Client) -> None:
    deposit = Deposit()
    stored(client, deposit)
    assert errors(client.deposit(Deposit(unique_id=deposit.unique_id))) == ["XDSDuplicateUniqueIdInRegistry"]
    assert errors(client.deposit(Deposit(lot_id=deposit.lot_id))) == ["XDSDuplicateUniqueIdInRegistry"]


def test_tolerated_lots(client: Client) -> None:
    assert errors(client.deposit(Deposit(signature=False))) == []
    assert "signature" in client.last().facts["warning"]
    assert (
        errors(client.deposit(Deposit(edit=without('<b:Document id="Document01"', '<b:Document id="document01"'))))
        == []
    )
    assert "casse" in client.last().facts["warning"]
    deposit = Deposit()
    inline = base64.b64encode(deposit.document()).decode()
    deposit.edit = without(r'(<b:Document id="Document01">).*?(</b:Document>)', rf"\g<1>{inline}\g<2>")
    deposit.parts = lambda parts: {"sig@x": parts["sig@x"]}
    assert errors(client.deposit(deposit)) == []
    assert "base64" in client.last().facts["warning"]
    assert client.dmp.documents(WHO.matricule)[-1].sha256 == hashlib.sha256(deposit.document()).hexdigest()

"""A report in one version or in two: green and red examples."""

from __future__ import annotations

from conformance.checks.cda import versions
from conformance.validation.gate import Document, open_document


def document(unique_id: str) -> Document:
    content = f'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="{unique_id}"/></ClinicalDocument>'
    opened = open_document("cr.xml", content.encode())
    assert isinstance(opened, Document)
    return opened


def test_the_setting_decides_of_the_number_of_versions() -> None:
    for shown, wanted in (({}, False), ({"exemplaire_patient": None}, False), ({"exemplaire_patient": "1"}, True)):
        assert list(versions.copied(shown, wanted=wanted)) == []
        (found,) = versions.copied(shown, wanted=not wanted)
        assert "nombre de versions" in found.message


def test_two_versions_are_two_documents() -> None:
    assert list(versions.differ(document("1.2"), document("1.3"))) == []
    (found,) = versions.differ(document("1.2"), document("1.2"))
    assert "un seul et même" in found.message

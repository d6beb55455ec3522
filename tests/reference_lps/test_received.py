"""Reports received by the reference LPS: filed with their patient, signalled, never twice; what is not sound is told."""

from __future__ import annotations

import base64
import io
import zipfile
from email.message import EmailMessage
from typing import Any

import pytest

from tests.reference_lps.lps_kit import MATRICULE, OID, OTHER, Pilot, Service, qualified

HL7 = 'xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"


def report(number: str = "1.2.3", matricule: str = MATRICULE, body: str = "", replaced: str = "") -> str:
    related = (
        f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{replaced}"/></parentDocument></relatedDocument>'
    )
    return (
        f'<ClinicalDocument {HL7}><id root="{number}"/><code code="11502-2"/><recordTarget><patientRole>'
        f'<id root="1.2.3.4" extension="local"/><id root="{OID}" extension="{matricule}"/></patientRole></recordTarget>'
        f"{related if replaced else ''}<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"
    )


def result(code: str, value: str, low: str = "1", high: str = "9", more: str = "") -> str:
    return (
        '<observation><templateId root="1.3.6.1.4.1.19376.1.3.1.6"/><code code="K"/>'
        f'<value xsi:type="PQ" value="{value}" unit="mmol/L"/><interpretationCode code="{code}"/>{more}<referenceRange>'
        f'<observationRange><value xsi:type="IVL_PQ"><low value="{low}"/><high value="{high}"/></value></observationRange>'
        "</referenceRange></observation>"
    )


def zipped(*documents: str, uris: tuple[str, ...] = ()) -> bytes:
    names = uris or tuple(f"DOC{rank}.XML" for rank in range(len(documents)))
    slots = "".join(
        f'<ExtrinsicObject><Slot name="URI"><ValueList><Value>{name}</Value></ValueList></Slot></ExtrinsicObject>'
        for name in names
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("IHE_XDM/SUBSET01/METADATA.XML", f'<a xmlns="{RIM}">{slots}</a>')
        for rank, content in enumerate(documents):
            archive.writestr(f"IHE_XDM/SUBSET01/DOC{rank}.XML", content)
    return buffer.getvalue()


def received(pilot: Pilot, archive: bytes | None) -> dict[str, Any]:
    message = EmailMessage()
    message["From"] = "labo@un.mssante.test"
    message.set_content("Bonjour")
    if archive is not None:
        message.add_attachment(archive, maintype="application", subtype="zip", filename="IHE_XDM.ZIP")
    answer: dict[str, Any] = pilot.post("/courriels-recus", {"source": base64.b64encode(message.as_bytes()).decode()})
    return answer


@pytest.mark.parametrize(
    ("body", "signals"),
    [
        (result("N", "5"), []),
        (result("HH", "5"), ["CRITIQUE", "INTERPRETATION"]),
        (result("H", "9.1"), ["HORS_INTERVALLE", "INTERPRETATION"]),
        (result("", "0.99"), ["HORS_INTERVALLE"]),
        (result("N", "9"), []),
        (result("N", "NaN"), []),
        (result("N", "positif"), []),
        (result("AA", "5") + result("", "10"), ["CRITIQUE", "HORS_INTERVALLE", "INTERPRETATION"]),
    ],
)
def test_signals_are_in_both_lists(pilot: Pilot, insi: Service, body: str, signals: list[str]) -> None:
    patient = qualified(pilot, insi)
    (filed,) = received(pilot, zipped(report(body=body)))["documents"]
    assert (filed["patient"], filed["signaux"]) == (patient, signals)
    assert pilot.get("/documents-recus")["documents"] == [filed]
    assert pilot.get(f"/patients/{patient}/documents-recus")["documents"] == [filed]


def test_a_report_is_filed_once_and_its_former_version_kept(pilot: Pilot, insi: Service) -> None:
    patient = qualified(pilot, insi)
    for _ in range(2):
        received(pilot, zipped(report("1.2.3"), report("1.2.4", replaced="1.2.3")))
    listed = pilot.get(f"/patients/{patient}/documents-recus")["documents"]
    assert [(one["unique_id"], one["etat"]) for one in listed] == [("1.2.3", "REMPLACE"), ("1.2.4", "ACTIF")]


def test_another_patients_report_goes_nowhere(pilot: Pilot, insi: Service) -> None:
    patient = qualified(pilot, insi)
    told = received(pilot, zipped(report("1.2.3", matricule=OTHER), report("1.2.4")))
    assert [one["unique_id"] for one in told["documents"]] == ["1.2.4"] and "ne connaît pas" in told["alertes"][0]
    assert [one["unique_id"] for one in pilot.get(f"/patients/{patient}/documents-recus")["documents"]] == ["1.2.4"]
    assert pilot.get("/travaux")["lignes"][-1]["type"] == "DOCUMENT_NON_INTEGRE"


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (None, "ne porte pas d’archive"),
        (b"", "illisible"),
        (zipped(report())[:80], "illisible"),
        (zipped(), "ne décrit aucun document"),
        (zipped(report(), uris=("../../../etc/passwd",)), "ne décrit aucun document"),
        (zipped("<a"), "XML lisible"),
        (zipped("<a/>"), "n’est pas un CDA"),
        (zipped('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'), "CDA"),
    ],
    ids=["no-archive", "empty", "cut", "no-document", "path-out", "broken", "not-cda", "entity"],
)
def test_what_cannot_be_filed_is_told_and_worked_on(pilot: Pilot, archive: bytes | None, words: str) -> None:
    told = received(pilot, archive)
    assert told["documents"] == [] and words in told["alertes"][0]
    assert pilot.get("/travaux")["lignes"][-1]["type"] == "DOCUMENT_NON_INTEGRE"
    assert pilot.get("/documents-recus")["documents"] == []

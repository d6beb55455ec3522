"""Green examples, written by the project: one person, one letter (CDA of level 1), one printed page, one admission."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from conformance.model.finding import Finding, Severity
from conformance.model.identity import Identity, invent, nir_key
from conformance.validation import gate

DATE = "20260105101500+0100"


@pytest.fixture(scope="session")
def person() -> Identity:
    """An invented patient, with an apostrophe and a hyphen in his names."""
    stem = "2850651215999"
    return Identity(
        nom_naissance="D'ARBELAY-EXEMPLE",
        prenoms="MARIE-AUDE ZELIE",
        premier_prenom="MARIE-AUDE",
        nom_utilise="TURMELIN",
        prenom_utilise="ZELIE",
        date_naissance="1985-06-09",
        sexe="F",
        lieu_naissance="51215",
        matricule=stem + nir_key(stem),
    )


@pytest.fixture(scope="session")
def other() -> Identity:
    """Somebody else."""
    return invent(7, "other")


@pytest.fixture(scope="session")
def printed(person: Identity) -> bytes:
    """The printed letter, PDF/A-1b, identity in clear and datamatrix."""
    return print_page(person)


@pytest.fixture(scope="session")
def draw() -> Callable[..., bytes]:
    """Print another page: ``draw(person, payload=…, lines=…, standard=…)``."""
    return print_page


@pytest.fixture(scope="session")
def letter(person: Identity, printed: bytes) -> str:
    """The letter as a CDA document."""
    return write_cda(person, printed)


@pytest.fixture
def opened() -> Callable[[str | bytes], gate.Document]:
    """Open a document that must pass the gate."""

    def open_it(content: str | bytes) -> gate.Document:
        document = gate.open_document("lettre.xml", content.encode() if isinstance(content, str) else content)
        assert isinstance(document, gate.Document), document
        return document

    return open_it


@pytest.fixture
def errors() -> Callable[[Iterable[Finding]], list[Finding]]:
    """The findings that condemn."""
    return lambda findings: [finding for finding in findings if finding.severity is Severity.ERROR]


@pytest.fixture
def says() -> Callable[..., Finding]:
    """The one finding of a rule whose message holds the words; fails with all of them when there is none."""

    def find(findings: Iterable[Finding], rule: str, words: str, severity: Severity = Severity.ERROR) -> Finding:
        found = list(findings)
        wanted = words.replace("\u00a0", " ")
        for finding in found:
            if finding.rule == rule and wanted in finding.message.replace("\u00a0", " "):
                assert finding.severity is severity, finding
                return finding
        raise AssertionError("\n".join(map(str, found)) or "no finding")

    return find


def payload(person: Identity, **changes: str) -> str:
    """The content of the datamatrix of a person, fields by name S1 to S7."""
    day = "-".join(reversed(person.date_naissance.split("-")))
    fields = {
        "S1": person.matricule,
        "S2": person.oid,
        "S3": person.prenoms + "\x1d",
        "S4": person.nom_naissance + "\x1d",
        "S5": person.sexe,
        "S6": day,
        "S7": person.lieu_naissance,
    } | changes
    return "IS01" + "0" * 22 + "".join(name + value for name, value in fields.items())


def clear_lines(person: Identity) -> list[str]:
    """The identity as a page prints it."""
    number = person.matricule
    spaced = " ".join((number[0], number[1:3], number[3:5], number[5:7], number[7:10], number[10:13], number[13:]))
    return [
        f"Nom de naissance : {person.nom_naissance}",
        f"Premier prénom : {person.premier_prenom}",
        "Née le " + "/".join(reversed(person.date_naissance.split("-"))),
        f"Sexe : {person.sexe}",
        f"INS : {spaced} (NIR)",
    ]


def print_page(
    person: Identity,
    *,
    symbol: str | None = "",
    lines: list[str] | None = None,
    standard: str | None = "a-1b",
    before: str = "",
) -> bytes:
    """A page with some lines and a datamatrix: ``symbol`` is its content, None for no datamatrix at all."""
    import typst
    from ppf.datamatrix import DataMatrix

    rows: list[list[int]] = [] if symbol is None else DataMatrix(symbol or payload(person)).matrix
    dark = [(x, y) for y, row in enumerate(rows) for x, bit in enumerate(row) if bit]
    values = {"lines": clear_lines(person) if lines is None else lines, "dark": dark, "side": len(rows)}
    source = (
        "#let d = json(bytes(sys.inputs.data))\n"
        '#set document(title: "Lettre", date: datetime(year: 2026, month: 1, day: 5))\n'
        f'#set text(lang: "fr", hyphenate: false)\n{before}\n'
        "#for line in d.lines { line + linebreak() }\n"
        "#let m = 0.8mm\n"
        "#box(width: d.side * m, height: d.side * m, {\n"
        "for (x, y) in d.dark { place(top + left, dx: x * m, dy: y * m, rect(width: m, height: m, fill: black)) } })\n"
    )
    options: dict[str, Any] = {} if standard is None else {"pdf_standards": standard}
    made = typst.compile(
        source.encode(), format="pdf", ignore_system_fonts=True, sys_inputs={"data": json.dumps(values)}, **options
    )
    assert isinstance(made, bytes)
    return made


def write_cda(person: Identity, pdf: bytes) -> str:
    """A CI-SIS document of level 1."""
    organisation = '<id root="1.2.250.1.71.4.2.2" extension="499900000000001"/><name>Cabinet des Tilleuls</name>'
    who = (
        '<id root="1.2.250.1.71.4.2.1" extension="889990000015"/>'
        "<assignedPerson><name><given>Camille</given><family>EXEMPLE</family></name></assignedPerson>"
    )
    birth = person.date_naissance.replace("-", "")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <realmCode code="FR"/>
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.2.8.2.1"/>
  <templateId root="1.2.250.1.213.1.1.1.1"/>
  <templateId root="1.3.6.1.4.1.19376.1.2.20"/>
  <id root="2.25.1234567890.1"/>
  <code code="11490-0" displayName="Lettre de liaison" codeSystem="2.16.840.1.113883.6.1"/>
  <title>Lettre de liaison</title>
  <effectiveTime value="{DATE}"/>
  <confidentialityCode code="N" displayName="Normal" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="fr-FR"/>
  <setId root="2.25.1234567890"/>
  <versionNumber value="1"/>
  <recordTarget><patientRole>
    <id root="{person.oid}" extension="{person.matricule}"/>
    <id root="2.25.42" extension="000123"/>
    <patient>
      <name><family qualifier="BR">{person.nom_naissance}</family><given>{person.prenoms}</given>
        <given qualifier="BR">{person.premier_prenom}</given><family qualifier="CL">{person.nom_utilise}</family>
        <given qualifier="CL">{person.prenom_utilise}</given></name>
      <administrativeGenderCode code="{person.sexe}" codeSystem="2.16.840.1.113883.5.1"/>
      <birthTime value="{birth}"/>
      <birthplace><place><addr><county>{person.lieu_naissance}</county></addr></place></birthplace>
    </patient>
  </patientRole></recordTarget>
  <author><time value="{DATE}"/><assignedAuthor>{who}
    <representedOrganization>{organisation}</representedOrganization></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization>{organisation}
    </representedCustodianOrganization></assignedCustodian></custodian>
  <legalAuthenticator><time value="{DATE}"/><signatureCode code="S"/>
    <assignedEntity>{who}</assignedEntity></legalAuthenticator>
  <documentationOf><serviceEvent><effectiveTime><low value="{DATE}"/></effectiveTime>
    <performer typeCode="PRF"><assignedEntity>{who}<representedOrganization>{organisation}
      <standardIndustryClassCode code="AMBULATOIRE" displayName="Ambulatoire" codeSystem="1.2.250.1.213.1.1.4.9"/>
    </representedOrganization></assignedEntity></performer></serviceEvent></documentationOf>
  <componentOf><encompassingEncounter><effectiveTime><low value="{DATE}"/></effectiveTime>
    <location><healthCareFacility>
      <code code="SA07" displayName="Cabinet individuel" codeSystem="1.2.250.1.71.4.2.4"/>
    </healthCareFacility></location></encompassingEncounter></componentOf>
  <component><nonXMLBody><text mediaType="application/pdf" representation="B64">{base64.b64encode(pdf).decode()}</text>
  </nonXMLBody></component>
</ClinicalDocument>
"""


@pytest.fixture(scope="session")
def admission(person: Identity) -> str:
    """An admission message of the French PAM, identity qualified."""
    birth = person.date_naissance.replace("-", "")
    pid = (
        f"PID|1||000003^^^CAB&2.25.42&ISO^PI~{person.matricule}^^^ASIP-SANTE-INS-NIR&{person.oid}&ISO^INS^^20200101||"
        f"{person.nom_naissance}^{person.premier_prenom}^{person.prenoms}^^^^L~TURMELIN^ZELIE^^^^^D||{birth}|F|||"
        f"1 rue du Test^^LYON^^69000^FRA^H~^^^^^^BDL^^{person.lieu_naissance}" + "|" * 21 + "VALI"
    )
    return "\r".join(  # noqa: FLY002
        (
            r"MSH|^~\&|GAM|CAB|DPI|CAB|20260105101500||ADT^A01^ADT_A01|1|D|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR",
            "EVN||20260105101500",
            pid,
            "PV1|1|O",
            "ZFD|||Y|N|INSI|20260104||",
            "",
        )
    )

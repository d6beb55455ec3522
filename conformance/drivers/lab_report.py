"""Biology reports that a laboratory sends: CDA R2 level 3, invented, in an IHE_XDM archive attached to a mail.

The entries are those of the CI-SIS volet « compte rendu d’examens biologiques » (templates 1.2.250.1.213.1.1.3.21, .78 and .80): value
and UCUM unit, second unit as ``translation``, interpretation code, reference range, comment. The whole is not claimed to pass the
volet's Schematron: what is tried is what a software does of the results.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from xml.sax.saxutils import escape, quoteattr

from conformance.model.identity import Identity

REPORT = "11502-2"
_LOINC = "2.16.840.1.113883.6.1"
_ROOT = "1.2.250.1.213.1.4.10.901"
_SENDER = "laboratoire@labo.mssante.test"
_RECIPIENT = "camille.exemple@operateur.mssante.test"
_WHEN = "20260105090000+0100"


@dataclass(frozen=True, slots=True)
class LabResult:
    """One result: ``second`` is the value and unit of its other expression, ``low`` and ``high`` the reference range."""

    code: str
    label: str
    value: str
    unit: str
    interpretation: str | None = None
    low: str | None = None
    high: str | None = None
    second: tuple[str, str] | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The number of a request, in the domain (OID) of whoever made it."""

    oid: str
    number: str


@dataclass(frozen=True, slots=True)
class LabReport:
    """One report about one patient; ``replaces`` is the unique id of the version it takes the place of, ``order`` the request
    that it answers.
    """

    unique_id: str
    patient: Identity
    results: tuple[LabResult, ...]
    replaces: str | None = None
    order: Order | None = None

    @property
    def cda(self) -> bytes:
        """The document, in UTF-8."""
        return _document(self).encode()


def report(
    label: str, patient: Identity, *results: LabResult, replaces: LabReport | None = None, order: Order | None = None
) -> LabReport:
    """A report whose identifier is drawn from ``label`` and the patient: the same at each play of a seed."""
    number = int(hashlib.sha256(f"{label}/{patient.matricule}".encode()).hexdigest()[:15], 16)
    return LabReport(f"{_ROOT}.{number}", patient, results, replaces.unique_id if replaces else None, order)


def mail(*reports: LabReport, subject: str | None = None, to: str = _RECIPIENT, pdf: bytes | None = None) -> bytes:
    """The mail of a laboratory with its archive of reports, and the printed form of the first beside it."""
    first = reports[0].patient
    message = EmailMessage()
    message["From"] = f"Laboratoire_des_Essais <{_SENDER}>"
    message["To"] = to
    born = "/".join(reversed(first.date_naissance.split("-")))
    what = "CR d'examens biologiques" if len(reports) == 1 else f"{len(reports)} documents"
    title = f"XDM/1.0/DDM+{what} {first.nom_naissance} {first.premier_prenom} {born}"
    message["Subject"] = subject or title
    message["Date"] = "Mon, 05 Jan 2026 09:00:00 +0100"
    name = "-".join(one.unique_id.rpartition(".")[2] for one in reports)
    message["Message-ID"] = f"<{name}@labo.mssante.test>"
    message["X-MSS-CODECDA"] = ",".join(REPORT for _ in reports)
    message["X-MSS-INS"] = "O"
    message.set_content("Bonjour,\n\nVeuillez trouver en pièce jointe des résultats de biologie.\n")
    message.add_attachment(archive(reports), maintype="application", subtype="zip", filename="IHE_XDM.ZIP")
    if pdf is not None:
        name = f"20260105_CR d'examens biologiques_{first.nom_naissance}_{first.premier_prenom}.pdf"
        message.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
    message.set_boundary(f"labo-{reports[0].unique_id}")
    return message.as_bytes()


def archive(reports: Sequence[LabReport]) -> bytes:
    """The IHE_XDM archive: index, readme, metadata, one document a report."""
    names = [f"DOC{rank:05d}.XML" for rank, _ in enumerate(reports, start=1)]
    files = {
        "INDEX.HTM": b"<html><head><title>Documents</title></head><body><p>Laboratoire des Essais</p></body></html>",
        "README.TXT": "Émetteur : Laboratoire des Essais\r\n".replace(" :", "\u00a0:").encode(),
        "IHE_XDM/SUBSET01/METADATA.XML": _metadata(reports, names).encode(),
        **{f"IHE_XDM/SUBSET01/{name}": one.cda for name, one in zip(names, reports, strict=True)},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 9, 0, 0)), content)
    return buffer.getvalue()


def unstructured(one: LabReport, type_code: str, title: str, pdf: bytes) -> bytes:
    """A level 1 document of any type about the same patient, around a PDF; its results are left out."""
    text = f'<nonXMLBody><text mediaType="application/pdf" representation="B64">{base64.b64encode(pdf).decode()}</text></nonXMLBody>'
    templates = '<templateId root="1.3.6.1.4.1.19376.1.2.20"/>'
    return _cda(one, type_code, title, templates, text).encode()


def _document(one: LabReport) -> str:
    rows = "".join(
        f"<tr><td>{escape(r.label)}</td><td>{escape(r.value)} {escape(r.unit)}</td></tr>" for r in one.results
    )
    entries = "".join(_observation(result) for result in one.results)
    templates = (
        '<templateId root="1.3.6.1.4.1.19376.1.3.3"/><templateId root="1.2.250.1.213.1.1.1.55" extension="2021.01"/>'
    )
    body = f"""<structuredBody><component><section><code code="18719-5" displayName="Biochimie" codeSystem="{_LOINC}"/>
<title>Biochimie</title><text><table><tbody>{rows}</tbody></table></text>
<entry typeCode="DRIV"><templateId root="1.3.6.1.4.1.19376.1.3.1"/><templateId root="1.2.250.1.213.1.1.3.21"/>
<act classCode="ACT" moodCode="EVN"><code code="18719-5" codeSystem="{_LOINC}"/><statusCode code="completed"/>
<entryRelationship typeCode="COMP"><organizer classCode="BATTERY" moodCode="EVN">
<templateId root="1.3.6.1.4.1.19376.1.3.1.4"/><templateId root="1.2.250.1.213.1.1.3.78"/>
<statusCode code="completed"/>{entries}</organizer></entryRelationship></act></entry>
</section></component></structuredBody>"""
    return _cda(one, REPORT, "CR d'examens biologiques", templates, body)


def _cda(one: LabReport, type_code: str, title: str, templates: str, body: str) -> str:
    """The header of a document, around its body."""
    who = one.patient
    related = (
        f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{one.replaces}"/></parentDocument></relatedDocument>'
        if one.replaces
        else ""
    )
    ordered = (
        f"<inFulfillmentOf><order><id root={quoteattr(one.order.oid)} extension={quoteattr(one.order.number)}/></order>"
        "</inFulfillmentOf>"
        if one.order
        else ""
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<realmCode code="FR"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.2.8.2.1"/><templateId root="1.2.250.1.213.1.1.1.1"/>
{templates}
<id root="{one.unique_id}"/>
<code code="{type_code}" displayName="{title}" codeSystem="{_LOINC}"/>
<title>{title}</title><effectiveTime value="{_WHEN}"/>
<confidentialityCode code="N" displayName="Normal" codeSystem="2.16.840.1.113883.5.25"/>
<languageCode code="fr-FR"/><setId root="{one.unique_id}.1"/><versionNumber value="{2 if one.replaces else 1}"/>
<recordTarget><patientRole><id root="{who.oid}" extension="{who.matricule}"/><addr nullFlavor="NASK"/>
<telecom nullFlavor="NASK"/><patient classCode="PSN">{_name(who)}
<administrativeGenderCode code="{who.sexe}" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime value="{who.date_naissance.replace("-", "")}"/><birthplace><place><addr><county>{who.lieu_naissance}</county></addr>
</place></birthplace></patient></patientRole></recordTarget>
<author><time value="{_WHEN}"/><assignedAuthor><id root="1.2.250.1.71.4.2.1" extension="889990000021"/>
<addr nullFlavor="NASK"/><telecom value="mailto:{_SENDER}"/>
<assignedPerson><name><given>Dominique</given><family>BIOLOGISTE</family></name></assignedPerson></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization>
<id root="1.2.250.1.71.4.2.2" extension="489990000021001"/><name>Laboratoire des Essais</name>
</representedCustodianOrganization></assignedCustodian></custodian>{ordered}{related}
<component>{body}</component></ClinicalDocument>"""


def _name(who: Identity) -> str:
    return (
        f'<name><family qualifier="BR">{escape(who.nom_naissance)}</family><given>{escape(who.prenoms)}</given>'
        f'<given qualifier="BR">{escape(who.premier_prenom)}</given></name>'
    )


def _observation(one: LabResult) -> str:
    second = "<translation value={} code={}/>".format(*map(quoteattr, one.second)) if one.second else ""
    judged = (
        f'<interpretationCode code="{one.interpretation}" codeSystem="2.16.840.1.113883.5.83"/>'
        if one.interpretation
        else ""
    )
    said = (
        '<entryRelationship typeCode="SUBJ" inversionInd="true"><act classCode="ACT" moodCode="EVN">'
        f'<templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.2"/><code code="48767-8" codeSystem="{_LOINC}"/>'
        f"<text>{escape(one.comment)}</text></act></entryRelationship>"
        if one.comment
        else ""
    )
    return (
        '<component><observation classCode="OBS" moodCode="EVN"><templateId root="1.3.6.1.4.1.19376.1.3.1.6"/>'
        f'<templateId root="1.2.250.1.213.1.1.3.80"/><code code="{one.code}" displayName={quoteattr(one.label)} '
        f'codeSystem="{_LOINC}"/><statusCode code="completed"/><effectiveTime value="{_WHEN}"/>'
        f'<value xsi:type="PQ" value="{one.value}" unit="{one.unit}">{second}</value>{judged}{said}{_range(one)}'
        "</observation></component>"
    )


def _range(one: LabResult) -> str:
    if one.low is None and one.high is None:
        return ""
    bounds = "".join(
        f'<{side} value="{value}" unit="{one.unit}"/>'
        for side, value in (("low", one.low), ("high", one.high))
        if value
    )
    return (
        f'<referenceRange typeCode="REFV"><observationRange><value xsi:type="IVL_PQ">{bounds}</value>'
        '<interpretationCode code="N" codeSystem="2.16.840.1.113883.5.83"/></observationRange></referenceRange>'
    )


def _metadata(reports: Sequence[LabReport], names: Sequence[str]) -> str:
    """What a receiver files the documents by: their unique id, type, patient, hash and size."""
    entries = "".join(
        _entry(rank, name, one) for rank, (name, one) in enumerate(zip(names, reports, strict=True), start=1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
 xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><RegistryObjectList>{entries}</RegistryObjectList>
</lcm:SubmitObjectsRequest>"""


def _entry(rank: int, name: str, one: LabReport) -> str:
    who, content = one.patient, one.cda
    cx = f"{who.matricule}^^^&amp;{who.oid}&amp;ISO^NH"
    slots = {
        "creationTime": _WHEN[:14],
        "hash": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "languageCode": "fr-FR",
        "size": str(len(content)),
        "sourcePatientId": cx,
        "URI": name,
    }
    told = "".join(
        f'<Slot name="{key}"><ValueList><Value>{value}</Value></ValueList></Slot>' for key, value in slots.items()
    )
    identifiers = (
        ("58a6f841-87b3-4a3e-92fd-a8ffeff98427", "patientId", cx),
        ("2e82c1f6-a085-4c72-9da3-8640a32e42ab", "uniqueId", one.unique_id),
    )
    external = "".join(
        f'<ExternalIdentifier id="x{rank}{kind}" registryObject="d{rank}" identificationScheme="urn:uuid:{scheme}" '
        f'value="{value}"><Name><LocalizedString value="XDSDocumentEntry.{kind}"/></Name></ExternalIdentifier>'
        for scheme, kind, value in identifiers
    )
    return (
        f'<ExtrinsicObject id="d{rank}" mimeType="text/xml" objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1" '
        f'status="urn:oasis:names:tc:ebxml-regrep:StatusType:Approved">{told}'
        f'<Classification id="t{rank}" classifiedObject="d{rank}" nodeRepresentation="{REPORT}" '
        'classificationScheme="urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"><Slot name="codingScheme"><ValueList>'
        f"<Value>{_LOINC}</Value></ValueList></Slot></Classification>{external}</ExtrinsicObject>"
    )

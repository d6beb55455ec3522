"""What travels, written by hand for the tests: a CDA, its metadata, the archive, the mail. Invented people only."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from email.message import EmailMessage

from conformance.model.evidence import Channel, Exchange, Message, Tls
from conformance.model.identity import Identity, invent

SOMEONE = invent(7, "carried")
OTHER = invent(7, "carried", 1)
PDF = b"%PDF-1.4\n% un corps de document invent\xc3\xa9\n%%EOF\n"
AUTHOR, STRUCTURE = "889990000013", "489990000013001"
PSC_BOX = "camille.exemple@operateur.mssante.test"
CONTACT = "secretariat@operateur.mssante.test"
ENTRY, LOT = "urn:uuid:11111111-1111-4111-8111-111111111111", "urn:uuid:22222222-2222-4222-8222-222222222222"
FORMER = "urn:uuid:33333333-3333-4333-8333-333333333333"
UNIQUE = "2.25.1234567890.1"
RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"


def cx(who: Identity) -> str:
    return f"{who.matricule}^^^&{who.oid}&ISO^NH"


def cda(who: Identity = SOMEONE, pdf: bytes = PDF, unique: str = UNIQUE) -> bytes:
    """A level 1 document, only what the metadata are compared with."""
    person = (
        f'<id root="1.2.250.1.71.4.2.1" extension="{AUTHOR}"/>'
        "<assignedPerson><name><given>Camille</given><family>EXEMPLE</family></name></assignedPerson>"
    )
    place = f'<representedOrganization><id root="1.2.250.1.71.4.2.2" extension="{STRUCTURE}"/>'
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <templateId root="1.3.6.1.4.1.19376.1.2.20"/>
  <id root="{unique}"/>
  <code code="11488-4" codeSystem="2.16.840.1.113883.6.1" displayName="CR de consultation"/>
  <title>Lettre de suivi</title>
  <effectiveTime value="20260302101500+0100"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="Normal"/>
  <languageCode code="fr-FR"/>
  <recordTarget><patientRole>
    <id root="{who.oid}" extension="{who.matricule}"/><id root="2.25.99" extension="P-1"/>
    <patient><name><family qualifier="BR">{who.nom_naissance}</family><given>{who.prenoms}</given></name>
      <administrativeGenderCode code="{who.sexe}"/><birthTime value="{who.date_naissance.replace("-", "")}"/></patient>
  </patientRole></recordTarget>
  <author><assignedAuthor>{person}{place}</representedOrganization></assignedAuthor></author>
  <legalAuthenticator><assignedEntity>{person}</assignedEntity></legalAuthenticator>
  <documentationOf><serviceEvent><effectiveTime><low value="20260302090000+0100"/></effectiveTime>
    <performer><assignedEntity>{place}
      <standardIndustryClassCode code="AMBULATOIRE" codeSystem="1.2.250.1.213.1.1.4.9" displayName="Ambulatoire"/>
    </representedOrganization></assignedEntity></performer></serviceEvent></documentationOf>
  <componentOf><encompassingEncounter><location><healthCareFacility>
    <code code="SA07" codeSystem="1.2.250.1.71.4.2.4" displayName="Cabinet individuel"/>
  </healthCareFacility></location></encompassingEncounter></componentOf>
  <component><nonXMLBody><text mediaType="application/pdf" representation="B64">{base64.b64encode(pdf).decode()}</text>
  </nonXMLBody></component>
</ClinicalDocument>""".encode()


def _slot(name: str, *values: str) -> str:
    inner = "".join(f"<rim:Value>{value.replace('&', '&amp;')}</rim:Value>" for value in values)
    return f'<rim:Slot name="{name}"><rim:ValueList>{inner}</rim:ValueList></rim:Slot>'


def _code(scheme: str, code: str, system: str, label: str) -> str:
    return (
        f'<rim:Classification id="c" classificationScheme="urn:uuid:{scheme}" classifiedObject="o" '
        f'nodeRepresentation="{code}">{_slot("codingScheme", system)}'
        f'<rim:Name><rim:LocalizedString value="{label}"/></rim:Name></rim:Classification>'
    )


def _author(scheme: str) -> str:
    person = f"{AUTHOR}^EXEMPLE^Camille^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"
    place = f"Cabinet des Tilleuls^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^{STRUCTURE}"
    slots = _slot("authorPerson", person) + _slot("authorInstitution", place)
    return f'<rim:Classification id="a" classificationScheme="urn:uuid:{scheme}" classifiedObject="o">{slots}</rim:Classification>'


def _identifier(scheme: str, value: str) -> str:
    value = value.replace("&", "&amp;")
    return (
        f'<rim:ExternalIdentifier id="e" registryObject="o" identificationScheme="urn:uuid:{scheme}" value="{value}"/>'
    )


def association(kind: str, source: str, target: str, **slots: str) -> str:
    inner = "".join(_slot(name, value) for name, value in slots.items())
    return f'<rim:Association id="x" associationType="{kind}" sourceObject="{source}" targetObject="{target}">{inner}</rim:Association>'


def metadata(
    who: Identity = SOMEONE, document: bytes | None = None, levels: tuple[str, ...] = (), more: str = ""
) -> bytes:
    """A submission set of one document, as METADATA.XML or inside a deposit."""
    content = cda(who) if document is None else document
    restrictions = "".join(
        _code("f4f85eac-e6cb-4883-b524-f2705394840f", v, "1.2.250.1.213.1.1.4.13", v) for v in levels
    )
    born = who.date_naissance.replace("-", "")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" xmlns:rim="{RIM}"><rim:RegistryObjectList>
<rim:RegistryPackage id="{LOT}">
{_slot("submissionTime", "20260302091600")}
{_author("a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d")}
{_code("aa543740-bdda-424e-8c96-df4873be8500", "07", "1.2.250.1.213.2.2", "Consultation")}
{_identifier("6b5aea1a-874d-4603-a4bc-96a0a7b38446", cx(who))}
{_identifier("554ac39e-e3fe-47fe-b233-965d2a147832", "2.25.77")}
{_identifier("96fdda7c-d067-4183-912e-bf5ee74998a8", "2.25.78")}
</rim:RegistryPackage>
<rim:Classification id="n" classifiedObject="{LOT}" classificationNode="urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"/>
<rim:ExtrinsicObject id="{ENTRY}" mimeType="text/xml" objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">
{_slot("creationTime", "20260302091500")}{_slot("languageCode", "fr-FR")}
{_slot("legalAuthenticator", f"{AUTHOR}^EXEMPLE^Camille^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS")}
{_slot("serviceStartTime", "20260302080000")}{_slot("sourcePatientId", "P-1^^^&2.25.99&ISO^PI")}
{_slot("sourcePatientInfo", f"PID-5|{who.nom_naissance}^{who.premier_prenom}^^^^^L", f"PID-7|{born}", f"PID-8|{who.sexe}")}
{_slot("hash", hashlib.sha1(content).hexdigest())}{_slot("size", str(len(content)))}{_slot("URI", "DOC00001.XML")}
<rim:Name><rim:LocalizedString value="Lettre de suivi"/></rim:Name>
{_author("93606bcf-9494-43ec-9b4e-a7748d1a838d")}
{_code("41a5887f-8865-4c09-adf7-e362475b143a", "10", "1.2.250.1.213.1.1.4.1", "Compte rendu")}
{_code("f0306f51-975f-434e-a61c-c59651d33983", "11488-4", "2.16.840.1.113883.6.1", "CR de consultation")}
{_code("a09d5840-386c-46f2-b5ad-9c3699a4309d", "urn:ihe:iti:xds-sd:pdf:2008", "1.3.6.1.4.1.19376.1.2.3", "PDF")}
{_code("f4f85eac-e6cb-4883-b524-f2705394840f", "N", "2.16.840.1.113883.5.25", "Normal")}{restrictions}
{_code("f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1", "SA07", "1.2.250.1.71.4.2.4", "Cabinet individuel")}
{_code("cccf5598-8b07-4b77-a05e-ae952c785ead", "AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire")}
{_identifier("58a6f841-87b3-4a3e-92fd-a8ffeff98427", cx(who))}
{_identifier("2e82c1f6-a085-4c72-9da3-8640a32e42ab", UNIQUE)}
</rim:ExtrinsicObject>
{association("urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember", LOT, ENTRY, SubmissionSetStatus="Original")}
{more}</rim:RegistryObjectList></lcm:SubmitObjectsRequest>""".encode()


def archive(members: dict[str, bytes] | None = None, **changes: bytes) -> bytes:
    """The zip; ``changes`` replace METADATA or DOCUMENT, ``members`` the whole content."""
    document = changes.get("document", cda())
    content = members or {
        "INDEX.HTM": b"<html></html>",
        "README.TXT": b"lisez-moi",
        "IHE_XDM/SUBSET01/METADATA.XML": changes.get("metadata", metadata(document=document)),
        "IHE_XDM/SUBSET01/DOC00001.XML": document,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in content.items():
            zipped.writestr(name, data)
    return buffer.getvalue()


def pdf_name(who: Identity = SOMEONE) -> str:
    return f"20260302_CR de consultation_{who.nom_naissance}_{who.premier_prenom}.pdf"


def message(who: Identity = SOMEONE, text: str | None = None) -> EmailMessage:
    """A conforming mail of one document to its patient, sent from the applicative box."""
    mail = EmailMessage()
    born = "/".join(reversed(who.date_naissance.split("-")))
    mail["From"] = f'"Dr_Camille_EXEMPLE_Cabinet des Tilleuls" <{PSC_BOX}>'
    mail["To"] = f"{who.matricule}@patient.mssante.fr"
    mail["Subject"] = f"XDM/1.0/DDM+CR de consultation {who.nom_naissance} {who.premier_prenom} {born}"
    mail["Message-ID"] = "<abc-1@operateur.mssante.test>"
    mail["Reply-To"] = CONTACT
    mail["Return-Receipt-To"] = PSC_BOX
    mail["X-MSS-NIL"] = "ESSAI-1"
    mail["X-MSS-CODECDA"] = "11488-4"
    mail["X-MSS-INS"] = "O"
    said = text or (
        "Bonjour,\n\nVoici votre compte rendu. Il annule et remplace la version précédente.\n\n"
        f"Ce message a été généré automatiquement, merci de ne pas y répondre. Pour nous joindre : {CONTACT}\n"
    )
    mail.set_content(said, charset="utf-8")
    mail.add_alternative("<p>" + said.replace("\n\n", "</p><p>") + "</p>", subtype="html", charset="utf-8")
    mail.add_attachment(archive(), maintype="application", subtype="zip", filename="IHE_XDM.ZIP")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename=pdf_name(who))
    return mail


def exchange(channel: Channel, operation: str, body: bytes = b"", **more: object) -> Exchange:
    """An exchange, by its parts: start, headers, answer (bytes or None), facts, tls, at, number."""
    headers = more.get("headers", ())
    answer = more.get("answer", b"")
    return Exchange(
        channel=channel,
        operation=operation,
        request=Message(str(more.get("start", "POST /")), headers, body),  # type: ignore[arg-type]
        response=None if answer is None else Message("HTTP 200", (), answer),  # type: ignore[arg-type]
        facts=more.get("facts", {}),  # type: ignore[arg-type]
        tls=more.get("tls"),  # type: ignore[arg-type]
        at=str(more.get("at", "2026-03-02T09:00:00.000Z")),
        number=str(more.get("number", "main-1")),
        keys=more.get("keys", frozenset()),  # type: ignore[arg-type]
    )


TLS = Tls("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384")


def says(findings: object, text: str) -> bool:
    """Whether an error says that."""
    return any(text in f.message and f.severity.value == "ERROR" for f in findings)  # type: ignore[attr-defined]


def warns(findings: object, text: str) -> bool:
    """Whether a warning says that, and no error."""
    told = list(findings)  # type: ignore[call-overload]
    return any(text in f.message and f.severity.value == "WARNING" for f in told) and not errors(told)


def errors(findings: object) -> list[str]:
    """The messages of the errors."""
    return [f.message for f in findings if f.severity.value == "ERROR"]  # type: ignore[attr-defined]

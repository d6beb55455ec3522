"""The HL7 v2 message that takes a document to the hospital's platform, with what the platform is to do of it.

Source: CI-SIS, transport d’un document CDA en HL7 v2, version 2.1 (segments ORC, OBR, TXA, OBX, PRT; table MetaDMPMSS).
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from lxml import etree

from . import audit, pam
from .types import Bench, Draft, Patient, Produced

DESTINATIONS = {"dmp": "DESTDMP", "mss-professionnel": "DESTMSSANTEPS", "mss-patient": "DESTMSSANTEPAT"}
"""What the user may ask of the platform, and how a message says it."""
MASKED, HIDDEN, UNGUARDED = "MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX"
_CHOICES = (MASKED, HIDDEN, UNGUARDED, "CONNEXION_SECRETE", "MODIF_CONF_CODE", *DESTINATIONS.values())
_RECEIPTS = ("ACK_RECEPTION", "ACK_LECTURE_MSS")
FROM_MAIL = "CISIS_CDA_HL7_LPS"
"""MSH-21 of a message whose document came by MSSanté."""
_LABORATORY = "11502-2"
_PROFILE = "2.1^CISIS_CDA_HL7_V2"
_PERSON, _PLACE = "ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO", "ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO"


@dataclass(frozen=True)
class Parcel:
    """A document, whom it is about, what is asked of the platform and the boxes of the professionals it is for."""

    draft: Draft
    produced: Produced
    patient: Patient
    asked: frozenset[str]
    boxes: tuple[str, ...] = ()
    replaced: str | None = None
    """The unique id of the version that the platform already has, and that this one replaces."""

    @property
    def kind(self) -> str:
        """ORU^R01 for a laboratory report; else MDM^T02, or MDM^T10 for a replacement."""
        if self.draft.type_code == _LABORATORY:
            return "ORU^R01^ORU_R01"
        return f"MDM^{'T10' if self.replaced else 'T02'}^MDM_T02"


def message(parcel: Parcel, local: pam.Local, bench: Bench, defects: frozenset[str]) -> bytes:
    """The message of a document."""
    version = "2.5" if parcel.kind.startswith("ORU") else "2.6"
    segments = _segments(parcel, bench, defects)
    return pam.flow(parcel.kind, parcel.patient, local, defects, *segments, version=version, profile=_PROFILE)


def from_mail(cda: bytes, patient: Patient, local: pam.Local, defects: frozenset[str]) -> bytes:
    """The MDM of a document that came by mail, as the record of the hospital wants it: one document a message."""
    root = etree.fromstring(cda, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    own, code = root.find("{urn:hl7-org:v3}id"), root.find("{urn:hl7-org:v3}code")
    if own is None or code is None:
        raise ValueError("id, code")
    title = f"{code.get('code', '')}^{pam.escaped(code.get('displayName', ''))}^LN"
    content = base64.b64encode(rewritten(cda, defects)).decode()
    described = f"TXA|1|{code.get('code', '')}|TEXT|{'|' * 8}{own.get('extension') or own.get('root')}|||||AU"
    document = f"OBX|1|ED|{title}||^text^XML^Base64^{content}||||||F"
    segments = ("PV1|1|N", "ORC|NW", f"OBR|1|||{title}", described, document)
    profile = f"1.1^{FROM_MAIL}"
    return pam.flow("MDM^T02^MDM_T02", patient, local, defects, *segments, version="2.6", profile=profile)


def _segments(parcel: Parcel, bench: Bench, defects: frozenset[str]) -> Iterator[str]:
    draft, laboratory = parcel.draft, parcel.kind.startswith("ORU")
    title = f"{draft.type_code}^{pam.escaped(draft.title)}^{'LN' if draft.type_code[:1].isdigit() else 'TRE_A05'}"
    yield f"PV1|1|O{'|' * 17}{parcel.produced.unique_id[-12:]}"
    if "hl7-document-without-order" not in defects:
        yield f"ORC|{'RO' if parcel.replaced else 'NW'}"
    yield f"OBR|1|||{title}"
    if not laboratory:
        yield _described(parcel)
    content = base64.b64encode(rewritten(parcel.produced.cda, defects)).decode()
    kind = "TEXT" if laboratory else "text"
    yield f"OBX|1|ED|{title}||^{kind}^XML^Base64^{content}||||||{'C' if parcel.replaced else 'F'}"
    yield from _people(parcel, bench, defects)
    said = _said(parcel, defects)
    for rank, (name, value) in enumerate(said, start=2):
        coded = f"{name}^{name}^MetaDMPMSS||{value}^^expandedYes-NoIndicator"
        yield f"OBX|{rank}|{'CE' if laboratory else 'CWE'}|{coded}||||||F"
    if laboratory and "oru-without-coded-results" not in defects:
        yield from _results(draft, len(said) + 2)


def _described(parcel: Parcel) -> str:
    """TXA: type, presentation, unique id and that of the former version, completion."""
    fields = {1: "1", 2: parcel.draft.type_code, 3: "TEXT", 4: audit.now()[:19].translate({45: "", 58: "", 84: ""})}
    fields |= {12: parcel.produced.unique_id, 13: parcel.replaced or "", 17: "AU"}
    return "|".join(["TXA", *(fields.get(number, "") for number in range(1, 18))])


def _people(parcel: Parcel, bench: Bench, defects: frozenset[str]) -> Iterator[str]:
    """PRT: who asks, for the VIHF that the platform will write; then one segment a box to write to."""
    who, place = bench.professional, bench.raw["organisation"]
    if "hl7-document-without-sender" not in defects:
        person = f"{who.id_national}^{who.nom}^{who.prenom}^^^^^^{_PERSON}^D^^^IDNPS"
        organisation = f"{pam.escaped(place['nom'])}^^^^^{_PLACE}^IDNST^^^{place['id_structure']}"
        yield f"PRT||UC||SB^Send by^participation|{person}|||{organisation}"
    for box in () if "mss-platform-without-recipient" in defects else parcel.boxes:
        yield f"PRT||UC||RCT^Result Copies To^participation{'|' * 11}^^X.400^{box}"


def _said(parcel: Parcel, defects: frozenset[str]) -> list[tuple[str, str]]:
    """What a message says of a document, in the order of the table: name, and Y or N."""
    draft = parcel.draft
    chosen = {MASKED: draft.masked_from_professionals, HIDDEN: draft.hidden_from_patient}
    chosen[UNGUARDED] = draft.hidden_from_guardians
    yes = {name for name, kept in chosen.items() if kept and "intra-restriction-lost" not in defects}
    yes |= {DESTINATIONS[one] for one in parcel.asked if "platform-asked-nothing" not in defects}
    return [(name, "Y" if name in yes else "N") for name in (*_CHOICES, *_RECEIPTS)]


def rewritten(cda: bytes, defects: frozenset[str]) -> bytes:
    """The document as it is handed over: the same bytes."""
    return cda + b"\n" if "intra-document-rewritten" in defects else cda


def _results(draft: Draft, first: int) -> Iterator[str]:
    """The results, coded in LOINC and UCUM: those of the report, or two invented ones."""
    yield "OBR|2|||26436-6^Examens de biologie^LN"
    rows = [(one["code"], one["libelle"], one["valeur"], one["unite"]) for one in _measured(draft)]
    invented = [("718-7", "Hémoglobine", "13.8", "g/dL"), ("2345-7", "Glucose", "0.92", "g/L")]
    for rank, (code, name, value, unit) in enumerate(rows or invented, start=first):
        yield f"OBX|{rank}|NM|{code}^{pam.escaped(name)}^LN||{value}|{unit}^{unit}^UCUM||N|||F"


def _measured(draft: Draft) -> Collection[dict[str, str]]:
    return [one for one in draft.content.get("examens", ()) if one.get("unite")]

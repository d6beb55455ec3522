"""Codes, labels and small spellings that the CDA header, the XDS metadata, the PDF and the mails must share."""

from __future__ import annotations

import re
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from .types import Bench, Patient

SOFTWARE = "LPS de référence"
SOFTWARE_VERSION = "1.0"
EDITOR = "Banc de conformité Ségur"
PRODUCT_REFERENCE = "DEMO-0001"
HOMOLOGATION = "LPSREF-DMP-0001"

LOINC = "2.16.840.1.113883.6.1"
SNOMED = "2.16.840.1.113883.6.96"
ANS = "1.2.250.1.213.1.1.4.322"
COMPLEMENTARY_TYPES = "1.2.250.1.213.1.1.4.12"
DOCUMENT_CLASSES = "1.2.250.1.213.1.1.4.1"
CONFIDENTIALITY = "2.16.840.1.113883.5.25"
CONFIDENTIALITY_FR = "1.2.250.1.213.1.1.4.13"
SPECIALTIES = "1.2.250.1.213.1.1.4.5"
SECTORS = "1.2.250.1.71.4.2.4"
PRACTICE_SETTINGS = "1.2.250.1.213.1.1.4.9"
ACTIVITY_TYPES = "1.2.250.1.213.2.2"
PROFESSIONALS = "1.2.250.1.71.4.2.1"
STRUCTURES = "1.2.250.1.71.4.2.2"

_CLASS_LABELS = {
    "10": "Compte rendu",
    "11": "Synthèse",
    "31": "Imagerie médicale",
    "42": "Prescription",
    "52": "Certificat, déclaration",
}
# code: (label of JDV_J07, code of its class by ASS_X04)
_TYPES = {
    "11488-4": ("CR ou fiche de consultation ou de visite", "10"),
    "11490-0": ("Lettre de liaison à la sortie d'un établissement de soins", "10"),
    "11502-2": ("CR d'examens biologiques", "10"),
    "18748-4": ("CR d'imagerie médicale", "31"),
    "18761-7": ("Note de transfert", "11"),
    "34112-3": ("CR hospitalier (séjour)", "10"),
    "55115-0": ("Demande d'actes d'imagerie", "42"),
    "57833-6": ("Prescription de produits de santé", "42"),
    "59283-2": ("CR d'examen de l'enfant", "10"),
    "60591-5": ("Synthèse médicale", "11"),
    "87273-9": ("Note de vaccination", "52"),
    "96349-6": ("Lettre d'adressage", "11"),
    "CERT_DECL": ("Certificat, déclaration", "52"),
    "PRESC-BIO": ("Prescription d'actes de biologie médicale", "42"),
    "PRESC-KINE": ("Prescription d'actes de kinésithérapie", "42"),
    "SYNTH": ("Synthèse", "11"),
}
_PROFESSIONS = {
    "10": "Médecin",
    "21": "Pharmacien",
    "40": "Chirurgien-Dentiste",
    "50": "Sage-Femme",
    "60": "Infirmier",
    "70": "Masseur-Kinésithérapeute",
    "80": "Pédicure-Podologue",
}
_SKILLS = {
    "SM03": "Biologie médicale (SM)",
    "SM26": "Qualifié en Médecine Générale (SM)",
    "SM44": "Radio-diagnostic (SM)",
    "SM54": "Médecine générale (SM)",
}
_SECTORS = {"SA05": "Centre de santé", "SA07": "Cabinet individuel", "SA08": "Cabinet de groupe"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Coded:
    """A code, the OID of its system and the label displayed with it."""

    code: str
    system: str
    label: str


def document_type(code: str) -> Coded:
    """Type of document (JDV_J07); an unlisted code is taken for LOINC and labelled « Document »."""
    label = _TYPES.get(code, ("Document", "10"))[0]
    return Coded(code, LOINC if re.fullmatch(r"\d+-\d", code) else COMPLEMENTARY_TYPES, label)


def document_class(code: str) -> Coded:
    """Class of the document, deduced from its type (ASS_X04)."""
    found = _TYPES.get(code, ("", "10"))[1]
    return Coded(found, DOCUMENT_CLASSES, _CLASS_LABELS[found])


def profession(bench: Bench) -> Coded:
    """Profession of the author as a VIHF role (TRE_G15)."""
    code = bench.professional.profession
    return Coded(code, "1.2.250.1.71.1.2.7", _PROFESSIONS.get(code, "Professionnel de santé"))


def skill(bench: Bench) -> Coded:
    """Know-how of the author as a second VIHF role."""
    code = bench.professional.specialite
    return Coded(code, "1.2.250.1.71.4.2.5", _SKILLS.get(code, code))


def specialty(bench: Bench) -> Coded:
    """Profession and know-how in one code (JDV_J01), as the CDA author and the authorSpecialty slot carry it."""
    return specialty_of(bench.professional.profession, bench.professional.specialite)


def specialty_of(profession: str, skill: str) -> Coded:
    """Profession and know-how of anybody, in one code (JDV_J01)."""
    job = _PROFESSIONS.get(profession, "Professionnel de santé")
    if not skill:
        return Coded(f"G15_{profession}", SPECIALTIES, job)
    return Coded(f"G15_{profession}/{skill}", SPECIALTIES, f"{job} - {_SKILLS.get(skill, skill)}")


def sector(bench: Bench) -> Coded:
    """Sector of activity of the structure (JDV_J02)."""
    code = str(bench.raw["organisation"]["secteur"])
    return Coded(code, SECTORS, _SECTORS.get(code, "Structure de soins"))


def structure_oid(bench: Bench) -> str:
    """OID under which the structure issues its own identifiers (patients, submissions); stable for one structure."""
    name = f"{STRUCTURES}.{bench.raw['organisation']['id_structure']}"
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, name).int}"


def new_oid() -> str:
    """A fresh OID under the UUID arc (ITU-T X.667)."""
    return f"2.25.{uuid.uuid4().int}"


def moment(written: str) -> datetime:
    """Aware date of an ISO 8601 text; without a zone, the clock of the machine is meant."""
    parsed = datetime.fromisoformat(written)
    return parsed if parsed.tzinfo else parsed.astimezone()


def utc_stamp(instant: datetime) -> str:
    """XDS time: ``yyyyMMddHHmmss`` in UTC."""
    return instant.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def clean(text: str) -> str:
    """The text without the characters that XML 1.0 refuses; every line end becomes a line feed."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """The text on one line, safe in a mail header or a metadata value."""
    return " ".join(clean(text).split())


def unaccented(text: str) -> str:
    """The text without diacritics, ligatures spelled out."""
    spelled = text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE").replace("’", "'")
    return "".join(c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c))


def capitals(text: str) -> str:
    """Upper case without accent, as a family name is spelled in a subject, a file name or the datamatrix."""
    return unaccented(one_line(text)).upper()


def french_date(iso: str) -> str:
    """``YYYY-MM-DD`` as ``JJ/MM/AAAA``; anything else is given back as it is."""
    return "/".join(reversed(iso.split("-"))) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", iso) else iso


def next_day(iso: str) -> str:
    """The day after, for the defects that write a wrong birth date; an impossible date gives 1900-01-01."""
    try:
        return (date.fromisoformat(iso) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return "1900-01-01"


def author_label(bench: Bench) -> str:
    """« Dr Camille EXEMPLE »."""
    who = bench.professional
    return one_line(f"{who.titre} {who.prenom} {who.nom}")


def hl7(text: str) -> str:
    """The text as one HL7 v2 component: its separators are not data here."""
    return re.sub(r"[\\^&|~]", " ", one_line(text))


def local_cx(patient: Patient, bench: Bench) -> str:
    """Identifier given by the structure, in the CX form of HL7 v2.5."""
    return f"{hl7(patient.id)}^^^&{structure_oid(bench)}&ISO^PI"


def patient_cx(patient: Patient, bench: Bench) -> str:
    """INS of the patient in the CX form of XDS and of the VIHF; the local identifier when the identity carries none."""
    return f"{patient.matricule}^^^&{patient.oid}&ISO^NH" if patient.matricule else local_cx(patient, bench)

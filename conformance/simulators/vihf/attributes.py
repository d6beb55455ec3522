"""The content of a VIHF: subject, authentication and attributes, with what is missing or odd in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from conformance.simulators.soap import SAML

HL7 = "urn:hl7-org:v3"
ROLE = "urn:oasis:names:tc:xacml:2.0:subject:role"
RESOURCE = "urn:oasis:names:tc:xacml:2.0:resource:resource-id"
SUBJECT = "urn:oasis:names:tc:xspa:1.0:subject:subject-id"
PURPOSE = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"
SECRET = "urn:oasis:names:tc:xspa:1.0:resource:patient:hl7:confidentiality-code"
MODES = ("DIRECTE", "INDIRECTE", "INDIRECTE_RENFORCEE")
# One version is seen in every sample, the other in one official table: the second is accepted and reported.
VERSIONS, DOUBTFUL_VERSIONS = ("3.0",), ("4.0",)
PURPOSE_SYSTEM = "1.2.250.1.213.1.1.4.248"
_REQUIRED = (
    "VIHF_Version",
    "Authentification_Mode",
    "Identifiant_Structure",
    "Secteur_Activite",
    ROLE,
    RESOURCE,
    "Ressource_URN",
    PURPOSE,
    "LPS_Nom",
    "LPS_Version",
    "LPS_ID_HOMOLOGATION_DMP",
)
_ROLE_SYSTEMS = {
    "1.2.250.1.71.1.2.7",
    "1.2.250.1.71.1.2.8",
    "1.2.250.1.71.4.2.5",
    "1.2.250.1.71.4.2.6",
    "1.2.250.1.213.1.1.4.6",
}
_TWO_ROLES = {("10", "1.2.250.1.71.1.2.7"), ("21", "1.2.250.1.71.1.2.7")}
_SPELLINGS = {
    "Authentification_mode",
    "Authentification_Mode",
    *_REQUIRED,
    SUBJECT,
    SECRET,
    "Confidentiality_code",
    "LPS_ID",
}
_SECTOR = re.compile(r"[A-Z0-9]+\^1\.2\.250\.1\.71\.4\.2\.4")
CX = re.compile(r"([0-9]{6}[0-9AB][0-9]{8})\^\^\^&([0-9]+(?:\.[0-9]+)+)&ISO\^NH(?:\^.*)?")


class Attributes:
    """The attributes of a verified assertion. Names are compared without case: both spellings are in official samples."""

    def __init__(self, assertion: etree._Element) -> None:
        self._assertion = assertion
        self._values: dict[str, list[etree._Element]] = {}
        self._names: list[str] = []
        for node in assertion.iter(f"{{{SAML}}}Attribute"):
            name = node.get("Name") or ""
            self._names.append(name)
            self._values.setdefault(name.lower(), []).extend(node.findall(f"{{{SAML}}}AttributeValue"))

    def text(self, name: str) -> str:
        """The first value of an attribute, empty when absent."""
        found = self._values.get(name.lower(), [])
        return "".join(map(str, found[0].itertext())).strip() if found else ""

    @property
    def name_id(self) -> str:
        """The user: PS_IdNat, or the person answerable for an automate."""
        node = self._assertion.find(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
        return "" if node is None else (node.text or "").strip()

    @property
    def patient(self) -> tuple[str, str] | None:
        """Matricule and OID of the record aimed at."""
        found = CX.fullmatch(self.text(RESOURCE))
        return (found[1], found[2]) if found else None

    def problems(self, about_patient: bool = True) -> Iterator[str]:
        """Everything that makes the VIHF unacceptable; ``about_patient``: whether it must name one."""
        yield from self._subject()
        lower = [name.lower() for name in self._names]
        yield from (f"attribut {name} répété" for name in sorted({n for n in lower if lower.count(n) > 1}))
        free = () if about_patient else (RESOURCE,)
        missing = [name for name in _REQUIRED if name not in free and not self._values.get(name.lower())]
        if self.text("Authentification_Mode") in MODES[1:] and not self.text(SUBJECT):
            missing.append(SUBJECT)
        if missing:
            yield "attributs obligatoires absents : " + ", ".join(missing)
            return
        yield from self._values_out_of_range()
        yield from self._roles()

    def _subject(self) -> Iterator[str]:
        if not self.name_id:
            yield "Subject/NameID absent"
        statement = self._assertion.find(f"{{{SAML}}}AuthnStatement")
        path = f"{{{SAML}}}AuthnContext/{{{SAML}}}AuthnContextClassRef"
        if statement is None or not statement.get("AuthnInstant") or not (statement.findtext(path) or "").strip():
            yield "AuthnStatement, AuthnInstant ou AuthnContextClassRef absent"

    def _values_out_of_range(self) -> Iterator[str]:
        version, mode = self.text("VIHF_Version"), self.text("Authentification_Mode")
        if version not in VERSIONS + DOUBTFUL_VERSIONS:
            yield f"VIHF_Version « {version[:40]} » au lieu de {VERSIONS[0]}"
        if mode not in MODES:
            yield f"Authentification_Mode « {mode[:40]} » inconnu"
        if not _SECTOR.fullmatch(self.text("Secteur_Activite")):
            yield "Secteur_Activite : forme attendue code^1.2.250.1.71.4.2.4"
        if self.text("Ressource_URN") != "urn:dmp":
            yield "Ressource_URN différent de urn:dmp"
        if self._values.get(RESOURCE.lower()) and self.patient is None:
            yield "resource-id : forme attendue <matricule>^^^&<OID INS>&ISO^NH"
        purpose = self._coded(PURPOSE)
        if len(purpose) != 1 or not purpose[0].get("code"):
            yield "purposeofuse sans élément PurposeOfUse codé"
        for name in ("Identifiant_Structure", "LPS_Nom", "LPS_Version", "LPS_ID_HOMOLOGATION_DMP"):
            if not self.text(name):
                yield f"attribut {name} vide"

    def _coded(self, name: str) -> list[etree._Element]:
        return [child for value in self._values.get(name.lower(), []) for child in value if isinstance(child.tag, str)]

    def _roles(self) -> Iterator[str]:
        values, roles = self._values[ROLE.lower()], self._coded(ROLE)
        if not 1 <= len(values) <= 2 or len(roles) != len(values):
            yield "un ou deux rôles attendus, chacun dans un élément Role de urn:hl7-org:v3"
        for role in roles:
            absent = [name for name in ("code", "codeSystem", "displayName") if not role.get(name)]
            if role.tag != f"{{{HL7}}}Role" or absent:
                yield f"rôle mal formé ({', '.join(absent) or 'espace de noms'})"

    def warnings(self) -> Iterator[str]:
        """What is accepted but would deserve to be put right, or what the sources disagree about."""
        if self.text("VIHF_Version") in DOUBTFUL_VERSIONS:
            yield f"VIHF_Version {self.text('VIHF_Version')} : les échantillons portent {VERSIONS[0]}"
        odd = [
            name for name in self._names if name not in _SPELLINGS and name.lower() in {s.lower() for s in _SPELLINGS}
        ]
        if odd:
            yield "noms d’attributs d’une casse inhabituelle : " + ", ".join(odd)
        if "confidentiality_code" in self._values:
            yield f"Confidentiality_code est un autre nom de {SECRET}"
        purpose = self._coded(PURPOSE)[0]
        if purpose.get("code") != "normal" or purpose.get("codeSystem") != PURPOSE_SYSTEM:
            yield f"mode d’accès {purpose.get('code')} ({purpose.get('codeSystem')}) : seul normal est documenté"
        roles = [(role.get("code"), role.get("codeSystem")) for role in self._coded(ROLE)]
        if unknown := [str(system) for _, system in roles if system not in _ROLE_SYSTEMS]:
            yield "nomenclature de rôle inconnue : " + ", ".join(unknown)
        if len(roles) == 1 and roles[0] in _TWO_ROLES:
            yield "second rôle (savoir-faire ou section) attendu pour un médecin ou un pharmacien"
        if self._assertion.find(f".//{{{SAML}}}AudienceRestriction") is not None:
            yield "AudienceRestriction ne doit pas être renseigné"

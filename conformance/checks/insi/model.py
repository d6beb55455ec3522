"""The calls to INSi as values: what was asked and by whom, what was answered.

Read from the bytes, by local name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from conformance.model.evidence import Exchange
from conformance.model.finding import Finding
from conformance.validation.gate import Document, open_xml

RECOVERY = "rechercherInsAvecTraitsIdentite"
CARD = "rechercherInsAvecCarteVitale"
VERIFICATION = "verifierInsAvecTraitsIdentite"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
TRAITS = {
    "NomNaissance": "nom_naissance",
    "ListePrenom": "prenoms",
    "DateNaissance": "date_naissance",
    "Sexe": "sexe",
    "LieuNaissance": "lieu_naissance",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What INSi answered.

    ``code`` is 00, 01 or 02; OK or KO for a verification; ERREUR when no usable answer came. ``traits`` bears
    the names of the Pilote LPS API, only those that INSi returned; each line of ``history`` has ``matricule``,
    ``oid`` and, when returned, ``date_debut`` and ``date_fin``.
    """

    code: str
    label: str = ""
    matricule: str = ""
    oid: str = ""
    traits: Mapping[str, str] = field(default_factory=dict)
    history: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: SOAP namespace, addressing, software, traits by element name, mode CPX, ORG or PSC."""

    document: Document
    soap: str
    action: str
    message_id: str
    idam: str
    idam_rank: str
    software: str
    operation: str
    body: etree._Element | None
    first_names: tuple[str, ...]
    traits: Mapping[str, str]
    mode: str


def answer(call: Exchange) -> Answer:
    """The answer of a call, read from its bytes.

    What cannot be read is an ERREUR, as it is for the software.
    """
    if call.response is None:
        return Answer("ERREUR", "aucune réponse")
    opened = open_xml("réponse INSi", call.response.body)
    if not isinstance(opened, Document):
        return Answer("ERREUR", call.response.start)
    root = opened.root
    if (fault := first(root, "Fault")) is not None:
        error = first(fault, "Erreur")
        return Answer("ERREUR", "erreur technique" if error is None else error.get("code", "erreur technique"))
    if (verdict := text(root, "Resultat").upper()) in ("OK", "KO"):
        return Answer(verdict, text(root, "LibelleCR"))
    code = text(root, "CodeCR")
    if code not in ("00", "01", "02"):
        return Answer("ERREUR", "réponse sans code connu")
    active, known = first(root, "INSACTIF"), first(root, "TIQ")
    return Answer(
        code=code,
        label=text(root, "LibelleCR"),
        matricule=_matricule(active),
        oid=text(active, "OID"),
        traits={name: text(known, tag) for tag, name in TRAITS.items() if first(known, tag) is not None},
        history=tuple(_past(node) for node in named(root, "INSHISTO")),
    )


def request(call: Exchange) -> Request | tuple[Finding, ...]:
    """The request of a call; the findings say why it cannot be read."""
    opened = open_xml(str(call), call.request.body)
    if not isinstance(opened, Document):
        return opened
    root = opened.root
    asked = first(root, "RECSANSVITALE")
    checked = first(root, "IndividuVerifie")
    traits = asked if asked is not None else first(checked, "TraitsIdentiteIndividu")
    by_card = text(root, "Action").endswith(f":{CARD}")
    idam = first(root, "IDAM")
    software = first(root, "LPS")
    tag = etree.QName(root)
    return Request(
        document=opened,
        soap=tag.namespace or "" if tag.localname == "Envelope" else "",
        action=text(root, "Action"),
        message_id=text(root, "MessageID"),
        idam="" if idam is None else (idam.text or "").strip(),
        idam_rank="" if idam is None else idam.get("R", ""),
        software=text(software, "Nom"),
        operation=CARD if by_card else RECOVERY if asked is not None else VERIFICATION if checked is not None else "",
        body=asked if asked is not None else checked,
        first_names=tuple(node.text or "" for node in named(traits, "Prenom")),
        traits={local(node): node.text or "" for node in (traits if traits is not None else ()) if local(node)},
        mode=_mode(root),
    )


def _mode(root: etree._Element) -> str:
    """CPX: signed assertion; PSC: unsigned one qualified PSC; ORG: none."""
    assertion = root.find(f".//{{{SAML}}}Assertion")
    if assertion is None:
        return "ORG"
    name = assertion.find(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
    qualified = name is not None and name.get("NameQualifier") == "PSC"
    signed = assertion.find(f"{{{DS}}}Signature") is not None
    return "PSC" if qualified and not signed else "CPX" if signed and not qualified else "?"


def local(node: etree._Element) -> str:
    """The local name of an element, empty for a comment or an instruction."""
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def named(root: etree._Element | None, name: str) -> Iterator[etree._Element]:
    """The descendants of that local name, whatever their namespace: its versions differ."""
    return iter(()) if root is None else root.iter(f"{{*}}{name}")


def first(root: etree._Element | None, name: str) -> etree._Element | None:
    """The first of :func:`named`; None when there is none."""
    return next(named(root, name), None)


def text(root: etree._Element | None, name: str) -> str:
    """The text of :func:`first`, empty when absent."""
    node = first(root, name)
    return "" if node is None else (node.text or "").strip()


def _matricule(node: etree._Element | None) -> str:
    return text(node, "NumIdentifiant") + text(node, "Cle")


def _past(node: etree._Element) -> dict[str, str]:
    dates = {"date_debut": text(node, "DateDeb"), "date_fin": text(node, "DateFin")}
    line = {"matricule": _matricule(node), "oid": text(node, "OID")}
    return line | {name: value for name, value in dates.items() if value}

"""The XML that the INSi service answers: result of a recovery, verdict of a verification, technical fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from conformance.model.identity import INS_TEST, Identity
from conformance.simulators import soap

RESULT_NS = "http://www.cnamts.fr/INSiResultat"
VERIFICATION_NS = "http://www.cnamts.fr/INSiLot2/REPUnitaire"
CODES = {"00": "OK", "01": "Aucune identite trouvee", "02": "Plusieurs identites trouvees"}
TRAITS = ("NomNaissance", "Prenom", "ListePrenom", "Sexe", "DateNaissance", "LieuNaissance")
NUMBER = ("NumIdentifiant", "Cle", "TypeMatricule")
RETURNED = (*NUMBER, "OID", *TRAITS)

Values = Mapping[str, str | None]


def values_of(who: Identity, returned: Values) -> dict[str, str | None]:
    """What the service knows of a person, by element name, once ``returned`` has changed its part."""
    own: dict[str, str | None] = {
        "NumIdentifiant": who.matricule[:13],
        "Cle": who.matricule[13:],
        "OID": who.oid,
        "NomNaissance": who.nom_naissance,
        "ListePrenom": who.prenoms,
        "Sexe": who.sexe,
        "DateNaissance": who.date_naissance,
        "LieuNaissance": who.lieu_naissance,
    }
    own.update(returned)
    return own


def result(code: str, values: Values | None, history: Sequence[Mapping[str, str]]) -> etree._Element:
    """The RESULTAT element; only code 00 with ``values`` carries an INDIVIDU."""
    root = _root(RESULT_NS, "RESULTAT")
    report = _add(root, "CR")
    _add(report, "CodeCR", code)
    _add(report, "LibelleCR", CODES[code])
    if values is None or code != "00":
        return root
    individual = _add(root, "INDIVIDU")
    _ins(individual, "INSACTIF", values)
    for former in history:
        number = former.get("matricule", "")
        past = {"NumIdentifiant": number[:13], "Cle": number[13:], "OID": INS_TEST}
        past.update(former, OID=former.get("oid", INS_TEST))
        _ins(individual, "INSHISTO", past)
    traits = _add(individual, "TIQ")
    for name in TRAITS:
        if (value := values.get(name)) is not None:
            _add(traits, name, value)
    return root


def verdict(ok: bool) -> etree._Element:
    """The RESULTATVERIF element of a unit verification."""
    root = _root(VERIFICATION_NS, "RESULTATVERIF")
    _add(root, "Resultat", "OK" if ok else "KO")
    return root


def technical_fault(relates_to: str | None) -> bytes:
    """The fault that the service gives for a technical error, and for traits it cannot read."""
    attributes = {"severite": "fatal", "code": "insi_102"}
    detail = etree.Element("{urn:siram}Erreur", attributes, nsmap={"siram": "urn:siram"})
    detail.text = "Erreur technique"
    return soap.fault("Receiver", "Erreur technique du service.", "siram_40", detail, relates_to)


def _ins(parent: etree._Element, name: str, values: Values) -> None:
    node = _add(parent, name)
    number = _add(node, "IdIndividu")
    for part in (*NUMBER, "OID", "DateDeb", "DateFin"):
        if (value := values.get(part)) is not None:
            _add(number if part in NUMBER else node, part, value)


def _root(namespace: str, name: str) -> etree._Element:
    prefixes: dict[str | None, str] = {None: namespace}
    return etree.Element(f"{{{namespace}}}{name}", nsmap=prefixes)  # type: ignore[arg-type]  # stubs: no default prefix


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    node = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    node.text = text
    return node

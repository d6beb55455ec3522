"""The SOAP 1.2 messages of the INSi téléservice: what is asked, and what the answer says.

Written from the observed names of guide SEL-MP-043; answers are read by local name, so that the namespaces of
another version of the service do not stop the LPS.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from conformance.reference_lps.identity import Found
from conformance.reference_lps.traits import UNKNOWN_PLACE, is_matricule
from conformance.reference_lps.types import Bench, Patient

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
BAM = "urn:siram:bam:ctxbam"
LPS = "urn:siram:lps:ctxlps"
RECOVERY_NS = "http://www.cnamts.fr/INSiRecSans"
VERIFICATION_NS = "http://www.cnamts.fr/INSiVerifUnitaire"
LOT_NS = "http://www.cnamts.fr/INSiLot2/REPMasse"
ACTION = "urn:ServiceIdentiteCertifiee:1.0.0:"
SOFTWARE = "urn:lps:LPS-REFERENCE:1.0"
_AUTHORISATION = "LPSREF0000000001"


class AnswerError(ValueError):
    """INSi answered something that cannot be used; the message is the French sentence for the user."""


def recovery_body(patient: Patient) -> etree._Element:
    """Ask who bears these traits (RECSANSVITALE)."""
    root = etree.Element(f"{{{RECOVERY_NS}}}RECSANSVITALE", nsmap=_default(RECOVERY_NS))
    _add(root, "NomNaissance", patient.nom_naissance)
    for first_name in patient.prenoms.split():
        _add(root, "Prenom", first_name)
    _add(root, "Sexe", patient.sexe)
    _add(root, "DateNaissance", patient.date_naissance)
    if patient.lieu_naissance != UNKNOWN_PLACE:
        _add(root, "LieuNaissance", patient.lieu_naissance)
    return root


def verification_body(patient: Patient) -> etree._Element:
    """Ask whether this INS is the one of a person with these traits (IndividuVerifie)."""
    root = etree.Element(f"{{{VERIFICATION_NS}}}IndividuVerifie", nsmap=_default(VERIFICATION_NS))
    _describe(root, patient)
    return root


def lot_body(patients: Sequence[Patient]) -> etree._Element:
    """Deposit identities to be verified together (DEPOTLOT); each bears its rank."""
    root = etree.Element(f"{{{LOT_NS}}}DEPOTLOT", nsmap=_default(LOT_NS))
    for rank, patient in enumerate(patients, start=1):
        one = _add(root, "IndividuVerifie")
        one.set("Rang", str(rank))
        _describe(one, patient)
    return root


def collection_body(number: str) -> etree._Element:
    """Ask for the answers of a lot (COLLECTELOT)."""
    root = etree.Element(f"{{{LOT_NS}}}COLLECTELOT", nsmap=_default(LOT_NS))
    _add(root, "IdLot", number)
    return root


def read_receipt(answer: bytes) -> str:
    """The number under which a lot was taken."""
    number = _text(_parse(answer), "IdLot")
    if not number:
        raise AnswerError("INSi n’a pas donné de numéro de lot.")
    return number


def read_collection(answer: bytes) -> dict[int, str] | None:
    """The result of each rank, OK or KO; None while the lot is being prepared."""
    root = _parse(answer)
    if _text(root, "Etat") != "TERMINE":
        return None
    found = {one.get("Rang", ""): _text(one, "Resultat") for one in _named(root, "ReponseIndividu")}
    return {int(rank): result for rank, result in found.items() if rank.isdigit() and result in ("OK", "KO")}


def _describe(root: etree._Element, patient: Patient) -> None:
    supplied = _add(root, "INSFourni")
    number = _add(supplied, "IdIndividu")
    _add(number, "NumIdentifiant", (patient.matricule or "")[:13])
    _add(number, "Cle", (patient.matricule or "")[13:])
    _add(supplied, "OID", patient.oid or "")
    traits = _add(root, "TraitsIdentiteIndividu")
    _add(traits, "NomNaissance", patient.nom_naissance)
    _add(traits, "Prenom", patient.premier_prenom)
    _add(traits, "ListePrenom", patient.prenoms)
    _add(traits, "Sexe", patient.sexe)
    _add(traits, "DateNaissance", patient.date_naissance)
    if patient.lieu_naissance != UNKNOWN_PLACE:
        _add(traits, "LieuNaissance", patient.lieu_naissance)


def envelope(operation: str, body: etree._Element, bench: Bench, assertion: etree._Element | None) -> bytes:
    """The whole message; ``assertion`` is the card's, signed, or None when the structure itself calls."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    header = etree.SubElement(root, f"{{{SOAP}}}Header")
    _contexts(header, bench)
    etree.SubElement(header, f"{{{WSA}}}Action", nsmap={"wsa": WSA}).text = ACTION + operation
    etree.SubElement(header, f"{{{WSA}}}MessageID", nsmap={"wsa": WSA}).text = f"uuid:{uuid.uuid4()}"
    if assertion is not None:
        etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE}).append(assertion)
    etree.SubElement(root, f"{{{SOAP}}}Body").append(body)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read_recovery(answer: bytes) -> tuple[str, str, Found | None]:
    """Code, label and, for code 00, the person."""
    root = _parse(answer)
    code, label = _text(root, "CodeCR"), _text(root, "LibelleCR")
    if code not in {"00", "01", "02"}:
        raise AnswerError("INSi a répondu sans code de retour connu.")
    return code, label, _found(root) if code == "00" else None


def read_verification(answer: bytes) -> tuple[str, str]:
    """OK or KO, and the label when there is one."""
    root = _parse(answer)
    results = [(element.text or "").strip().upper() for element in _named(root, "Resultat")]
    known = [result for result in results if result in {"OK", "KO"}]
    if len(known) != 1:
        raise AnswerError("INSi a répondu sans résultat de vérification lisible.")
    return known[0], _text(root, "LibelleCR") or known[0]


def _parse(answer: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(answer, parser)
    except etree.XMLSyntaxError:
        raise AnswerError("INSi a répondu autre chose que du XML lisible.") from None
    tree: Any = root.getroottree()
    if tree.docinfo.doctype:
        raise AnswerError("INSi a répondu un XML qui porte un DOCTYPE : il est refusé.")
    if next(_named(root, "Fault"), None) is not None:
        codes = [error.get("code") for error in _named(root, "Erreur")]
        code = next((str(code)[:40] for code in codes if code), "sans code")
        raise AnswerError(f"INSi a répondu une erreur technique ({code}).")
    return root


def _found(root: etree._Element) -> Found:
    active = next(_named(root, "INSACTIF"), None)
    known = next(_named(root, "TIQ"), None)
    if active is None:
        raise AnswerError("INSi a répondu le code 00 sans INS active.")
    matricule, oid = _matricule(active), _text(active, "OID")
    if not is_matricule(matricule) or not oid:
        raise AnswerError("INSi a répondu un matricule ou un OID invalide.")
    traits = (
        {}
        if known is None
        else {
            "nom_naissance": _text(known, "NomNaissance"),
            "prenoms": _text(known, "ListePrenom"),
            "date_naissance": _text(known, "DateNaissance"),
            "sexe": _text(known, "Sexe"),
        }
    )
    if known is not None and (place := _text(known, "LieuNaissance")):
        traits["lieu_naissance"] = place
    return Found(matricule, oid, traits, tuple(_history(past) for past in _named(root, "INSHISTO")))


def _history(past: etree._Element) -> dict[str, str]:
    line = {"matricule": _matricule(past), "oid": _text(past, "OID")}
    dates = {"date_debut": _text(past, "DateDeb"), "date_fin": _text(past, "DateFin")}
    return line | {name: value for name, value in dates.items() if value}


def _matricule(holder: etree._Element) -> str:
    return _text(holder, "NumIdentifiant") + _text(holder, "Cle")


def _contexts(header: etree._Element, bench: Bench) -> None:
    issuer = bench.professional.id_national
    bam = etree.SubElement(header, f"{{{BAM}}}ContexteBAM", nsmap={"ctxbam": BAM}, Version="01_02")
    _context(bam, issuer)
    _add(bam, "COUVERTURE")
    names = {"ctxlps": LPS}
    lps = etree.SubElement(header, f"{{{LPS}}}ContexteLPS", nsmap=names, Nature="CTXLPS", Version="01_00")
    _context(lps, issuer)
    software = _add(lps, "LPS")
    _add(software, "IDAM", _AUTHORISATION).set("R", "4")
    _add(software, "Version", SOFTWARE.rpartition(":")[2])
    _add(software, "Instance", str(uuid.uuid4()))
    _add(software, "Nom", SOFTWARE)


def _context(parent: etree._Element, issuer: str) -> None:
    _add(parent, "Id", str(uuid.uuid4()))
    _add(parent, "Temps", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(parent, "Emetteur", issuer)


def _default(namespace: str) -> dict[str, str]:
    # The stubs of lxml do not know that None is the prefix of a default namespace.
    prefixes: dict[Any, str] = {None: namespace}
    return prefixes


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    child.text = text
    return child


def _named(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return (element for element in root.iter("{*}" + name))


def _text(root: etree._Element, name: str) -> str:
    element = next(_named(root, name), None)
    return "" if element is None else (element.text or "").strip()

"""A message that takes a document to the hospital's platform: its segments agree, and say all that the platform needs.

Source: CI-SIS, transport d’un document CDA en HL7 v2, version 2.1. The requirements name version 2.0, which is not at hand: what
only the version could explain is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from conformance.checks.hl7v2.message import Message, Segment, component, embedded_documents
from conformance.checks.saying import Voice
from conformance.model.finding import Finding, Location, Severity

RESTRICTIONS = ("MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX")
DESTINATIONS = ("DESTDMP", "DESTMSSANTEPS", "DESTMSSANTEPAT")
_OTHERS = ("CONNEXION_SECRETE", "MODIF_CONF_CODE", "ACK_RECEPTION", "ACK_LECTURE_MSS")
_ACTIONS = {"NW": ("F", "T02"), "RO": ("C", "T10"), "CA": ("D", "T04")}
"""ORC-1, and what OBX-11 and the event of an MDM must then be."""
_V3 = "{urn:hl7-org:v3}"
_say = Voice("hl7v2", "CI-SIS, transport d’un document CDA en HL7 v2")


def judge(message: Message) -> Iterator[Finding]:
    """Everything asked of the message of a document, its patient apart."""
    yield from _header(message)
    yield from _order(message)
    yield from _document(message)
    yield from _choices(message)
    yield from _people(message)


def said(message: Message) -> dict[str, str]:
    """What the message says of its document by name: ``Y`` or ``N``."""
    return {component(obx.field(3), 1): component(obx.field(5), 1) for obx in message.all("OBX")}


def _header(message: Message) -> Iterator[Finding]:
    header = message.first("MSH")
    if header is None:
        return
    flow, event = component(message.type, 1), component(message.type, 2)
    if (flow, event) not in {("ORU", "R01"), ("OUL", "R22"), *(("MDM", one) for _, one in _ACTIONS.values())}:
        expected = "ORU^R01, OUL^R22, MDM^T02, MDM^T10 ou MDM^T04"
        place = message.where(header, "MSH-9")
        yield _say(
            "type", "Ce type de message ne porte pas de document.", place, expected, message.type, "Choisir ORU ou MDM."
        )
    version = "2.6" if flow == "MDM" else "2.5"
    for number, wanted in ((12, version), (17, "FRA"), (21, "CISIS_CDA_HL7_V2")):
        if wanted not in header.field(number):
            yield _say(
                "entete",
                f"MSH-{number} n’est pas ce que le volet demande.",
                message.where(header, f"MSH-{number}"),
                wanted,
                header.field(number) or "absent",
                "Écrire dans MSH la version du standard, FRA et le profil du volet.",
                Severity.WARNING,
            )


def _order(message: Message) -> Iterator[Finding]:
    """ORC-1, OBX-11 and the event say the same action; a message that disagrees with itself is rejected by the platform."""
    carrier = _carrier(message)
    order = message.first("ORC")
    if order is None:
        yield _absent(message, "ORC", "l’action à faire du document (ORC-1)")
        return
    action, event = component(order.field(1), 1), component(message.type, 2)
    if action not in _ACTIONS:
        place = message.where(order, "ORC-1")
        yield _say(
            "action",
            "L’action demandée n’est pas connue.",
            place,
            "NW, RO ou CA",
            action or "absente",
            "Corriger ORC-1.",
        )
        return
    status, wanted = _ACTIONS[action]
    observed = carrier.field(11) if carrier else ""
    if (carrier and observed != status) or (message.type.startswith("MDM") and event != wanted):
        yield _say(
            "action",
            "Le message ne dit pas partout la même action à faire du document.",
            message.where(order, "ORC-1"),
            f"ORC-1 {action}, OBX-11 {status}, événement {wanted} pour un MDM",
            f"ORC-1 {action}, OBX-11 {observed or 'absent'}, {message.type}",
            "Accorder ORC-1, OBX-11 et l’événement.",
        )


def _document(message: Message) -> Iterator[Finding]:
    """One document in an ED, named the same in OBR-4, OBX-3, TXA and in its own header."""
    carrier, request, described = _carrier(message), message.first("OBR"), message.first("TXA")
    if carrier is None or request is None:
        yield _absent(message, "OBX de type ED" if carrier is None else "OBR", "le document et son type")
        return
    if component(carrier.field(3), 1) != component(request.field(4), 1):
        place = message.where(carrier, "OBX-3")
        yield _say(
            "type",
            "OBX-3 et OBR-4 ne nomment pas le même type.",
            place,
            request.field(4),
            carrier.field(3),
            "Les accorder.",
        )
    if not message.type.startswith("MDM"):
        return
    if described is None:
        yield _absent(message, "TXA", "les métadonnées d’un document porté par MDM")
        return
    unique_id, type_code = _named(message)
    for number, wanted in ((2, type_code), (12, unique_id), (17, "AU")):
        if wanted and component(described.field(number), 1) != wanted:
            yield _say(
                "txa",
                f"TXA-{number} n’est pas ce que dit le document.",
                message.where(described, f"TXA-{number}"),
                wanted,
                described.field(number) or "absent",
                "Reprendre dans TXA le type, l’identifiant unique et l’achèvement du document.",
            )
    if component(message.type, 2) == "T10" and not described.field(13):
        place = message.where(described, "TXA-13")
        yield _say(
            "txa",
            "Le remplacement ne dit pas ce qu’il remplace.",
            place,
            "l’identifiant remplacé",
            "absent",
            "Remplir TXA-13.",
        )


def _choices(message: Message) -> Iterator[Finding]:
    """Each restriction and each destination is said, by Y or N, and they do not contradict one another."""
    found = said(message)
    for name in (*RESTRICTIONS, *DESTINATIONS, *_OTHERS):
        if found.get(name) not in ("Y", "N"):
            yield _say(
                "metadonnee",
                f"La métadonnée {name} n’est pas dite.",
                Location(message.name, path="OBX-5"),
                "Y ou N",
                found.get(name) or "absente",
                "Écrire chaque métadonnée dans un OBX du système MetaDMPMSS.",
                Severity.WARNING if name in _OTHERS else Severity.ERROR,
            )
    if found.get("INVISIBLE_PATIENT") == "Y" and found.get("DESTMSSANTEPAT") == "Y":
        yield _say(
            "metadonnee",
            "Le document invisible au patient lui est pourtant destiné.",
            Location(message.name, path="OBX-5"),
            "INVISIBLE_PATIENT ou DESTMSSANTEPAT, pas les deux",
            "Y et Y",
            "Ne pas demander d’envoi au patient d’un document qu’il ne doit pas voir.",
        )


def _people(message: Message) -> Iterator[Finding]:
    """PRT says who asks when the DMP is to be fed, and one box at least when mail is asked for."""
    found = said(message)
    roles = [(component(prt.field(4), 1), prt) for prt in message.all("PRT")]
    senders = [prt for role, prt in roles if role == "SB"]
    if found.get("DESTDMP") == "Y" and not any(prt.field(8) and (prt.field(5) or prt.field(10)) for prt in senders):
        fix = "Dire dans un PRT de rôle SB l’expéditeur et sa structure : la plateforme en fait le VIHF."
        place = Location(message.name, path="PRT-5")
        told = "aucun PRT SB" if not senders else "un PRT SB sans personne ou sans structure"
        yield _say(
            "expediteur", "Le message ne dit pas qui demande le dépôt au DMP.", place, "un PRT SB complet", told, fix
        )
    if found.get("DESTMSSANTEPS") == "Y" and not any(
        role == "RCT" and "@" in component(prt.field(15), 4) for role, prt in roles
    ):
        fix = "Donner en PRT-15.4 l’adresse de chaque destinataire (rôle RCT)."
        place = Location(message.name, path="PRT-15")
        yield _say(
            "destinataire",
            "L’envoi par MSSanté n’a pas de destinataire.",
            place,
            "un PRT RCT avec adresse",
            "aucun",
            fix,
        )


def _carrier(message: Message) -> Segment | None:
    return next((one for one in message.all("OBX") if one.field(2) == "ED"), None)


def _named(message: Message) -> tuple[str, str]:
    """The unique id and the type of the CDA inside, empty when there is none to read."""
    for one in embedded_documents(message)[:1]:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(one.content, parser)
        except etree.XMLSyntaxError:
            return "", ""
        own, code = root.find(f"{_V3}id"), root.find(f"{_V3}code")
        if own is not None and code is not None:
            return str(own.get("extension") or own.get("root", "")), str(code.get("code", ""))
    return "", ""


def _absent(message: Message, segment: str, what: str) -> Finding:
    return _say(
        "segment",
        f"Le segment {segment} manque : il porte {what}.",
        Location(message.name),
        f"un segment {segment}",
        "absent",
        f"Émettre le segment {segment}.",
    )

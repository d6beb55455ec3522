"""An INSi request, read and held against the rules of the service: context, addressing, mode, traits.

Source: SOAP request and rules of the INSi téléservice as implemented by its clients (guide SEL-MP-043 v05).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from lxml import etree

from conformance.model.identity import nir_key, trait_key
from conformance.simulators.http import Request
from conformance.simulators.insi.assertion import IdentityError, user_of
from conformance.simulators.pki import Pki
from conformance.simulators.soap import Envelope, SoapError, parse

RECOVERY, VERIFICATION = "rechercherInsAvecTraitsIdentite", "verifierInsAvecTraitsIdentite"
SERVICE = "urn:ServiceIdentiteCertifiee:1.0.0"
DEPOSIT, COLLECT = "deposerLotVerification", "collecterLotVerification"
"""Verification in bulk. The guide's own names were not found: these, and the elements of the lots, are an assumption."""
CARD = "rechercherInsAvecCarteVitale"
"""Recovery by carte Vitale. Only its name is known: the elements of the request were not read, and are not judged."""
RECOVERY_NS = "http://www.cnamts.fr/INSiRecSans"
MAX_BODY = 1024 * 1024
MAX_LOT_BODY = 16 * 1024 * 1024
MAX_LOT = 5000
TRAITS = ("NomNaissance", "Prenom", "ListePrenom", "Sexe", "DateNaissance", "LieuNaissance")
_LPS = "{urn:siram:lps:ctxlps}"
_NAME = re.compile(r"[A-Z'][A-Z' -]*")
_NUMBER = re.compile(r"[1-8][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{6}(?:[0-9]{2})?")
_UUID = re.compile(r"(urn:)?uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PATTERNS = {"Sexe": r"[FM]", "DateNaissance": r"\d{4}-\d{2}-\d{2}", "LieuNaissance": r"[0-9AB]{5}"}


class Refusal(Exception):  # noqa: N818  (a word of the protocol, not a fault of ours)
    """Why the service refuses a call; ``technical`` is true for what the real one answers by ``siram_40``."""

    def __init__(self, reason: str, code: str = "Sender", technical: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = "Receiver" if technical else code
        self.technical = technical


@dataclass(slots=True)
class Call:
    """What could be read of a request, even when it is refused."""

    operation: str = "?"
    message_id: str | None = None
    first_names: tuple[str, ...] = ()
    traits: dict[str, str] = field(default_factory=dict)
    matricule: str = ""
    oid: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    lot: str = ""
    members: dict[str, Call] = field(default_factory=dict)
    """The identities of a lot, by the rank that the software gave them."""

    @property
    def keys(self) -> frozenset[str]:
        """What attributes the call to a person: the traits' key and the matricule sent, those of a lot's members too."""
        keys = {self.matricule} if self.matricule else set()
        for member in self.members.values():
            keys |= member.keys
        if self.traits.get("NomNaissance"):
            keys.add(trait_key(self.traits["NomNaissance"][:200], self.traits.get("DateNaissance", "")[:10]))
        return frozenset(keys)


def read(request: Request, pki: Pki) -> Call:
    """Read a request; the first rule it breaks is in ``refusal``."""
    call = Call()
    try:
        envelope = _envelope(request)
        call.message_id = envelope.message_id
        _body(envelope, call)
        _addressing(envelope, call)
        _software(envelope.header, call)
        user_of(envelope, request.certificate, pki, call.facts)
        _traits(call)
    except SoapError as error:
        call.refusal = Refusal(error.reason, error.code)
    except IdentityError as error:
        call.refusal = Refusal(str(error))
    except Refusal as refusal:
        call.refusal = refusal
    return call


def _envelope(request: Request) -> Envelope:
    if len(request.body) > MAX_LOT_BODY:
        raise Refusal("La requête dépasse seize mébioctets.")
    envelope = parse(request.body)
    if len(request.body) > MAX_BODY and _local(envelope.body) != "DEPOTLOT":
        raise Refusal("La requête dépasse un mébioctet.")
    if envelope.version != "1.2":
        raise Refusal("Le service INSi attend SOAP 1.2.", "VersionMismatch")
    return envelope


def _body(envelope: Envelope, call: Call) -> None:
    """Read what is asked and about whom, before any rule, so that even a refused call is attributed."""
    body = envelope.body
    root = etree.QName(body)
    person = next((node for node in body.iter() if _local(node) == "IndividuVerifie"), None)
    if (envelope.action or "").endswith(f":{CARD}"):
        call.operation = CARD
        _read_card(body, call)
    elif root.localname == "DEPOTLOT":
        call.operation = DEPOSIT
        _read_lot(body, call)
    elif root.localname == "COLLECTELOT":
        call.operation = COLLECT
        call.lot = next((node.text or "" for node in body.iter() if _local(node) == "IdLot"), "").strip()
    elif root.localname == "RECSANSVITALE":
        call.operation = RECOVERY
        _read_traits(body, call)
        if root.namespace != RECOVERY_NS:
            raise Refusal(f"RECSANSVITALE n’est pas dans l’espace de noms {RECOVERY_NS}.")
        names = Counter(_local(node) for node in body)
        repeated = {name for name, count in names.items() if count > 1 and name != "Prenom"}
        extra = repeated | set(names) - {*TRAITS, ""}
        if extra or "ListePrenom" in names:
            name = min(extra, default="ListePrenom")
            raise Refusal(f"Élément inattendu ou répété dans la recherche : {name}.")
    elif person is not None:
        call.operation = VERIFICATION
        _read_individual(person, call)
    else:
        raise Refusal(f"Opération inconnue : {root.localname}.")


def _read_card(body: etree._Element, call: Call) -> None:
    """The number that stands in the request, whatever the element that bears it, is taken as the card's holder's."""
    call.facts["hypothese"] = "éléments de l’appel par carte Vitale non lus : seul le numéro est cherché"
    texts = ("".join((node.text or "").split()) for node in body.iter() if isinstance(node.tag, str))
    number = next((text for text in texts if _NUMBER.fullmatch(text)), "")
    if not number:
        raise Refusal("L’appel par carte Vitale ne porte aucun numéro de 13 ou 15 caractères.")
    call.matricule = number if len(number) == 15 else number + nir_key(number)


def _read_individual(person: etree._Element, call: Call) -> None:
    values = {_local(node): (node.text or "").strip() for node in person.iter() if not len(node)}
    call.matricule = values.get("NumIdentifiant", "") + values.get("Cle", "")
    call.oid = values.get("OID", "")
    traits = next((node for node in person.iter() if _local(node) == "TraitsIdentiteIndividu"), None)
    if traits is not None:
        _read_traits(traits, call)


def _read_lot(body: etree._Element, call: Call) -> None:
    for person in (node for node in body if _local(node) == "IndividuVerifie"):
        rank = person.get("Rang", "")
        if not rank or rank in call.members:
            raise Refusal("Chaque identité d’un lot porte un Rang, et le sien.")
        call.members[rank] = Call(VERIFICATION)
        _read_individual(person, call.members[rank])
        if len(call.members) > MAX_LOT:
            raise Refusal(f"Un lot compte {MAX_LOT} identités au plus.")
    if not call.members:
        raise Refusal("Le lot est vide.")


def _read_traits(node: etree._Element, call: Call) -> None:
    values = [(_local(child), child.text or "") for child in node]
    call.first_names = tuple(value for name, value in values if name == "Prenom")
    call.traits = {name: value for name, value in values if name in TRAITS}


def _local(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _addressing(envelope: Envelope, call: Call) -> None:
    action = envelope.action or ""
    # The URN of the verification is known by its last part only.
    exact = action == f"{SERVICE}:{RECOVERY}"
    if not (exact if call.operation == RECOVERY else action.endswith(f":{call.operation}")):
        raise Refusal(f"wsa:Action « {action[:200]} » ne correspond pas au corps ({call.operation}).")
    if not _UUID.fullmatch(envelope.message_id or ""):
        raise Refusal("wsa:MessageID doit être de la forme uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.")
    call.facts["message_id"] = envelope.message_id or ""


def _software(header: etree._Element, call: Call) -> None:
    path = f"{{urn:siram:lps:ctxlps}}ContexteLPS/{_LPS}LPS"
    software = header.find(path)
    if software is None:
        raise Refusal("L’en-tête ContexteLPS/LPS est absent.")
    number = software.find(f"{_LPS}IDAM")
    if number is None or number.get("R") != "4" or not (number.text or "").strip():
        raise Refusal('Le numéro d’autorisation (IDAM, R="4") est absent ou vide.')
    call.facts["idam"] = (number.text or "").strip()[:200]
    call.facts["lps"] = (software.findtext(f"{_LPS}Nom") or "").strip()[:200]


def _traits(call: Call) -> None:
    """A lot is refused as a whole when it names an unknown lot; its members answer for themselves."""
    if call.operation not in (RECOVERY, VERIFICATION):
        return
    required = ["NomNaissance", "Sexe", "DateNaissance"] + (["Prenom"] if call.operation == RECOVERY else [])
    if missing := [name for name in required if not call.traits.get(name)]:
        raise Refusal(f"Trait absent ou vide : {missing[0]}.")
    if call.operation == VERIFICATION and (not re.fullmatch(r"[0-9AB]{15}", call.matricule) or not call.oid):
        raise Refusal("La vérification exige NumIdentifiant (13), Cle (2) et OID.")
    lists = [call.traits["ListePrenom"]] if call.traits.get("ListePrenom") else []
    for value in (*call.first_names, *lists):
        if not _NAME.fullmatch(value) or value.endswith(("-", "'")) or "--" in value:
            raise Refusal("Prénom : caractère ou forme que le service n’admet pas.", technical=True)
    name = call.traits["NomNaissance"]
    if not _NAME.fullmatch(name):
        raise Refusal("Nom de naissance : caractère ou forme que le service n’admet pas.", technical=True)
    for trait, pattern in _PATTERNS.items():
        if call.traits.get(trait) and not re.fullmatch(pattern, call.traits[trait]):
            raise Refusal(f"{trait} : valeur que le service n’admet pas.", technical=True)

"""A report that crosses the hospital's platform: the same bytes at the other end, with the restrictions it came with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from conformance.checks import mail, xdm
from conformance.checks.hl7v2 import message as hl7v2_message
from conformance.checks.saying import Voice
from conformance.checks.xds.deposit import Deposit
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location

_say = Voice("plateforme", "CI-SIS, transport d’un document CDA en HL7 v2")
_UNCHANGED = "Transmettre le document reçu octet pour octet : sa signature et son empreinte en dépendent."


def deposited_as_is(deposit: Deposit, cda: bytes) -> Iterator[Finding]:
    """The DMP received the very document that was handed over."""
    if cda not in deposit.documents.values():
        sizes = ", ".join(f"{len(content)} octets" for content in deposit.documents.values())
        yield _say(
            "document",
            "Le document déposé au DMP n’est pas celui qui a été remis par HL7 v2.",
            Location("dépôt TD2.1"),
            f"les {len(cda)} octets remis",
            sizes or "aucun document",
            _UNCHANGED,
        )


def mailed_as_is(exchange: Exchange, cda: bytes, pdf: bytes) -> Iterator[Finding]:
    """The mail carries the very document in its archive, and its PDF/A-1 beside it."""
    parts = [part for part in mail.of(exchange).root.walk() if part.attached]
    archives = [xdm.read(part.content) for part in parts if part.content.startswith(b"PK")]
    carried = [content for one in archives if isinstance(one, xdm.Archive) for _, content in xdm.documents(one)]
    for name, wanted, found in (("CDA", cda, carried), ("PDF/A-1", pdf, [part.content for part in parts])):
        if wanted not in found:
            yield _say(
                "courriel",
                f"Le courriel ne porte pas le {name} remis par HL7 v2.",
                Location(str(exchange)),
                f"les {len(wanted)} octets remis",
                ", ".join(f"{len(content)} octets" for content in found) or "aucun",
                _UNCHANGED,
            )


def not_mailed(mails: Sequence[Exchange], to: str) -> Iterator[Finding]:
    """Nobody who may not see the document was sent it."""
    for sent in mails:
        yield _say(
            "restriction",
            f"Un document que sa restriction interdit à ce destinataire lui a été envoyé : {to}.",
            Location(str(sent)),
            "aucun courriel",
            sent.request.start,
            "Ne pas écrire au professionnel un document MASQUE_PS, ni au patient un document INVISIBLE_PATIENT.",
        )


def handed_over(
    exchange: Exchange, cda: bytes, chosen: Collection[str], restrictions: Collection[str]
) -> Iterator[Finding]:
    """A message that the software emits carries the very document, and says by Y each of those names that was chosen."""
    message = hl7v2_message.open_message(str(exchange), exchange.request.body)
    if not isinstance(message, hl7v2_message.Message):
        yield from message
        return
    found = _carried(message)
    if cda not in found:
        yield _say(
            "document",
            "Le message ne porte pas le document validé dans le logiciel.",
            Location(str(exchange), path="OBX-5"),
            f"les {len(cda)} octets du document",
            ", ".join(f"{len(content)} octets" for content in found) or "aucun document",
            _UNCHANGED,
        )
    said = {
        hl7v2_message.component(obx.field(3), 1): hl7v2_message.component(obx.field(5), 1) for obx in message.all("OBX")
    }
    for name in restrictions:
        wanted = "Y" if name in chosen else "N"
        if said.get(name, "N") != wanted:
            yield _say(
                "restriction",
                f"Le message ne dit pas {name} comme il a été choisi.",
                Location(str(exchange), path="OBX-5"),
                f"{name} = {wanted}",
                f"{name} = {said.get(name, 'absent')}",
                "Écrire chaque restriction et chaque destination dans un OBX du système MetaDMPMSS, par Y ou N.",
            )


def left_by_itself(messages: Sequence[Exchange], type_code: str) -> Iterator[Finding]:
    """A message came that nobody asked for, within the patience of the bench."""
    if not messages:
        yield _say(
            "automatique",
            f"Le document validé (type {type_code}) n’est pas parti de lui-même vers la plateforme.",
            Location("HL7 v2"),
            "un message MDM ou ORU, sans autre action",
            "aucun message",
            "Émettre le message dès la validation, sans attendre un geste de l’utilisateur.",
        )


def all_handed_over(messages: Sequence[Exchange], documents: Mapping[str, bytes]) -> Iterator[Finding]:
    """Each document left, byte for byte, in a message of its own."""
    opened = [hl7v2_message.open_message(str(one), one.request.body) for one in messages]
    carried = [_carried(one) for one in opened if isinstance(one, hl7v2_message.Message)]
    for name, content in documents.items():
        if [content] not in carried:
            yield _say(
                "document",
                f"Le document {name} du courriel n’est pas remis, tel quel et seul, dans un message HL7 v2.",
                Location("HL7 v2"),
                f"un message MDM porteur des {len(content)} octets du document",
                ", ".join(f"{len(one)} document(s)" for one in carried) or "aucun message",
                _UNCHANGED,
            )


def in_results(exchange: Exchange) -> Iterator[Finding]:
    """The report is carried by a message of results (IHE LTW): ORU^R01 or OUL^R22."""
    if exchange.operation not in ("ORU^R01", "OUL^R22"):
        yield _say(
            "resultats",
            "Le compte rendu de biologie n’est pas porté par un message de résultats.",
            Location(str(exchange), path="MSH-9"),
            "ORU^R01 ou OUL^R22",
            exchange.operation,
            "Émettre le compte rendu dans le flux de résultats (ORU ou OUL), selon IHE LTW.",
        )


def not_handed_over(messages: Sequence[Exchange], cda: bytes) -> Iterator[Finding]:
    """No message carries a document that nobody chose."""
    for exchange in messages:
        message = hl7v2_message.open_message(str(exchange), exchange.request.body)
        if isinstance(message, hl7v2_message.Message) and cda in _carried(message):
            yield _say(
                "choix",
                "Un document que l’utilisateur n’a pas choisi est parti vers la plateforme.",
                Location(str(exchange), path="OBX-5"),
                "les seuls documents demandés",
                f"un document de {len(cda)} octets que personne n’a demandé",
                "Ne transmettre, en mode manuel, que les documents que l’utilisateur désigne.",
            )


def addressed(exchange: Exchange, address: str) -> Iterator[Finding]:
    """A message names the box of the recipient, in a PRT segment (Result Copies To)."""
    message = hl7v2_message.open_message(str(exchange), exchange.request.body)
    if not isinstance(message, hl7v2_message.Message):
        yield from message
        return
    boxes = [hl7v2_message.component(prt.field(15), 4) for prt in message.all("PRT")]
    if address not in boxes:
        yield _say(
            "destinataire",
            "Le message remis à la plateforme ne nomme pas le destinataire du document.",
            Location(str(exchange), path="PRT-15"),
            address,
            ", ".join(box for box in boxes if box) or "aucun destinataire",
            "Écrire un PRT (RCT) avec l’adresse MSSanté de chaque destinataire.",
        )


def outcome_kept(shown: Sequence[Mapping[str, Any]], channel: str, *, done: bool, box: str = "") -> Iterator[Finding]:
    """The software keeps what the platform told of a document: by which channel, done or not, for whom."""
    found = [one for one in shown if one.get("canal") == channel and one.get("succes") is done]
    if not any(not box or one.get("destinataire") == box for one in found):
        yield _say(
            "retour",
            f"Le logiciel ne garde pas le retour de la plateforme ({channel}, {'succès' if done else 'échec'}).",
            Location("retours du document"),
            f"{channel}, {'succès' if done else 'échec'}{f', {box}' if box else ''}",
            ", ".join(f"{one.get('canal')} {one.get('succes')}" for one in shown) or "aucun retour",
            "Rattacher chaque accusé métier (ZAM) au document, par l’identifiant du message qui l’a porté (OBX-4).",
        )


def refusal_told(before: int, works: Sequence[object]) -> Iterator[Finding]:
    """A message that the platform refused becomes something for a person to look at."""
    if len(works) <= before:
        yield _say(
            "refus",
            "Le message refusé par la plateforme n’est signalé à personne.",
            Location("travaux"),
            "une ligne de plus dans les travaux à faire",
            f"{len(works)} lignes, comme avant",
            "Signaler chaque acquittement AE ou AR : le document n’est pas parti.",
        )


def outcome_told(messages: Sequence[Exchange], about: str, name: str, *, done: bool) -> Iterator[Finding]:
    """The sender of a document is told what became of it: that document, success or failure with its reason."""
    opened = [hl7v2_message.open_message(str(one), one.request.body) for one in messages]
    read = [one for one in opened if isinstance(one, hl7v2_message.Message)]
    told = [
        (hl7v2_message.component(obx.field(5), 1), message.first("ERR"))
        for message in read
        for obx in message.all("OBX")
        if hl7v2_message.component(obx.field(3), 1) == name and obx.field(4) == about
    ]
    wanted = "Y" if done else "N"
    if not any(said == wanted and (done or (error and error.field(5))) for said, error in told):
        yield _say(
            "retour",
            f"La plateforme ne rend pas compte à l’émetteur du sort de son document ({name}).",
            Location(f"message {about}"),
            f"un ZAM où OBX-4 est {about} et OBX-5 {wanted}{'' if done else ', avec un segment ERR'}",
            ", ".join(f"OBX-5 {said or 'vide'}" for said, _ in told) or "aucun message ZAM sur ce document",
            "Émettre un accusé métier à chaque réponse du DMP et de l’opérateur de messagerie.",
        )


def filed(documents: Sequence[Mapping[str, Any]], unique_id: str) -> Iterator[Finding]:
    """The document that came by MDM is among those of its patient."""
    if unique_id not in [one.get("unique_id") for one in documents]:
        yield _say(
            "rangement",
            "Le document reçu par MDM n’est pas rangé dans le dossier de l’usager.",
            Location("documents reçus"),
            unique_id,
            ", ".join(str(one.get("unique_id")) for one in documents) or "aucun document",
            "Intégrer le CDA porté par le message dans le dossier que désignent le message et le document.",
        )


def not_filed(documents: Sequence[Mapping[str, Any]], unique_id: str) -> Iterator[Finding]:
    """A document about somebody else is not among those of that patient."""
    if unique_id in [one.get("unique_id") for one in documents]:
        yield _say(
            "rangement",
            "Le document d’un autre usager est rangé dans ce dossier.",
            Location("documents reçus"),
            f"tout document sauf {unique_id}",
            unique_id,
            "Comparer l’INS du document à celle de l’usager que le message désigne, et refuser le message (erreur 904).",
        )


def _carried(message: hl7v2_message.Message) -> list[bytes]:
    return [one.content for one in hl7v2_message.embedded_documents(message)]

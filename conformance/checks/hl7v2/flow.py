"""The flow of identity messages: acknowledged, refused, propagated, with the patient they should name.

Source: HL7 v2.5, chapter 2; IHE PAM, French extension 2.11; INS implementation guide, rules 27 and 33.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from conformance.checks import hl7v2
from conformance.checks.hl7v2.message import Message, component
from conformance.checks.ins.compare import same_identity
from conformance.checks.saying import Voice
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Severity
from conformance.model.identity import Identity

_say = Voice("hl7v2", "IHE PAM, extension française 2.11 ; guide d’implémentation de l’INS, règles 27 et 33")
_ACCEPTED = ("AA", "CA")
_OF_THE_DOCUMENT = "MetaDMPMSS"
"""Codes what is to be done of a document; says nothing of the patient."""
_REFUSED = ("AE", "AR", "CE", "CR")


def acknowledged(exchange: Exchange) -> Iterator[Finding]:
    """The software took the message in: it says so, about that message."""
    code, about = _acknowledgement(exchange)
    if code not in _ACCEPTED:
        yield _say(
            "ack",
            "Le logiciel n’accepte pas un message d’identité conforme.",
            exchange,
            "MSA-1 = AA",
            code or "aucun segment MSA",
            "Accepter le message et en intégrer l’identité.",
        )
    sent = control_id(exchange.request.body)
    if about != sent:
        yield _say(
            "ack.id",
            "L’acquittement ne désigne pas le message reçu.",
            exchange,
            f"MSA-2 = {sent}",
            about or "absent",
            "Recopier MSH-10 du message reçu dans MSA-2.",
        )


def refused(exchange: Exchange) -> Iterator[Finding]:
    """The software did not take the message in, and says so: a nack, which tells the sender that nothing was kept."""
    code, _ = _acknowledgement(exchange)
    if code not in _REFUSED:
        yield _say(
            "nack",
            "Le logiciel accepte un message qu’il devait refuser.",
            exchange,
            "MSA-1 = AE ou AR",
            code or "aucun segment MSA",
            "Contrôler les champs à la réception et refuser le message avec son motif.",
        )


def propagated(messages: Sequence[Exchange], kinds: Collection[str]) -> Iterator[Finding]:
    """The change was told to the neighbour by one message at least of each kind (``ADT^A31``, ``ADT^A47``)."""
    seen = [message.operation for message in messages]
    for kind in kinds:
        if kind not in seen:
            yield Finding(
                "hl7v2.propagation",
                f"La modification de l’identité n’est pas propagée par un message {kind}.",
                expected=kind,
                observed=", ".join(seen) or "aucun message",
                fix="Émettre le message dès que l’identité change, vers chaque système raccordé.",
                source="Guide d’implémentation de l’INS, règle 27",
            )


def messages_conform(messages: Sequence[Exchange]) -> Iterator[Finding]:
    """Each message is well formed, says its patient by the French rules, and the neighbour took it in."""
    for exchange in messages:
        read = _read(exchange)
        if not isinstance(read, Message):
            yield from read
            continue
        yield from hl7v2.judge(read)
        if exchange.facts.get("refused"):
            yield _say(
                "refused",
                "Le référentiel d’identités n’a pas pu accepter le message.",
                exchange,
                "un message accepté (AA)",
                exchange.facts["refused"],
                "Corriger le message ; MSA et ERR en disent le motif.",
            )


def says(messages: Sequence[Exchange], person: Identity, *, with_ins: bool) -> Iterator[Finding]:
    """Each message says that person; with the INS when it is qualified, without otherwise."""
    for exchange in messages:
        read = _read(exchange)
        if not isinstance(read, Message):
            yield from read
            continue
        expected = person if with_ins else person.with_(matricule="", oid="")
        yield from same_identity(hl7v2.identity_of(read), expected, complete=True)
        if not with_ins:
            yield from hl7v2.without_ins(read)
        elif not hl7v2.identity_of(read).ids:
            yield _say(
                "ins.absent",
                "Le message ne porte pas l’INS d’une identité qualifiée.",
                exchange,
                "une répétition INS en PID-3",
                "PID-3 sans INS",
                "Ajouter en PID-3 le matricule, son autorité, son OID et le type INS.",
            )


def structured_results(messages: Sequence[Exchange]) -> Iterator[Finding]:
    """The flow gives results that a machine can use: coded observations with values and units (IHE LTW, ILW)."""
    for exchange in messages:
        read = _read(exchange)
        if not isinstance(read, Message):
            yield from read
            continue
        valued = [one for one in read.all("OBX") if one.field(2) in ("NM", "CE", "CWE", "ST", "SN") and one.field(5)]
        coded = [one for one in valued if component(one.field(3), 3) != _OF_THE_DOCUMENT]
        if not coded:
            yield _say(
                "results",
                "Le message ne contient aucun résultat structuré.",
                exchange,
                "des segments OBX codés (NM, CE, SN…), avec leur valeur",
                ", ".join(f"OBX {one.field(2)}" for one in read.all("OBX")) or "aucun OBX",
                "Émettre un segment OBX par analyse, en plus du compte rendu.",
                source="IHE PaLM, LTW et ILW",
            )
        for one in coded:
            if component(one.field(3), 3) != "LN":
                yield _say(
                    "results.code",
                    "Un résultat n’est pas codé en LOINC.",
                    read.where(one, "OBX-3"),
                    "code^libellé^LN",
                    one.field(3),
                    "Coder l’analyse en LOINC.",
                    Severity.WARNING,
                    source="IHE PaLM, LTW et ILW",
                )


def _read(exchange: Exchange) -> Message | tuple[Finding, ...]:
    return hl7v2.open_message(str(exchange), exchange.request.body)


def _acknowledgement(exchange: Exchange) -> tuple[str, str]:
    """MSA-1 and MSA-2; empty when there is none to read."""
    opened = hl7v2.open_message(f"acquittement de {exchange}", exchange.response.body if exchange.response else b"")
    segment = opened.first("MSA") if isinstance(opened, Message) else None
    return (segment.field(1), segment.field(2)) if segment else ("", "")


def control_id(content: bytes) -> str:
    """MSH-10 of a message, empty when it cannot be read."""
    opened = hl7v2.open_message("message", content)
    header = opened.first("MSH") if isinstance(opened, Message) else None
    return header.field(10) if header else ""

"""Judgement of the HL7 v2 flow: acknowledgements, propagation, who the messages speak of, structured results, traces."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.checks import logs
from conformance.checks.hl7v2 import flow
from conformance.model.evidence import Channel, Exchange, Message
from conformance.model.finding import Finding, Severity
from conformance.model.identity import Identity
from conformance.simulators import pam_sender
from conformance.simulators.pam_sender import Sending

Says = Callable[..., Finding]


def exchange(message: bytes, answer: bytes | None = None, kind: str = "ADT^A31", **facts: str) -> Exchange:
    response = None if answer is None else Message("MLLP", (), answer)
    return Exchange(Channel.HL7, kind, Message("MLLP", (), message), response, facts=facts)


def ack(code: str, about: bytes) -> bytes:
    return f"MSH|^~\\&|X|X|B|B|20260101||ACK|1|P|2.5^FRA^2.11\rMSA|{code}|".encode() + about + b"\r"


@pytest.fixture
def admission_sent(person: Identity) -> bytes:
    return pam_sender.adt("A31", Sending(person, "D1"))


def test_an_acknowledgement_accepts_that_message(admission_sent: bytes, says: Says) -> None:
    control = admission_sent.split(b"|")[9]
    assert list(flow.acknowledged(exchange(admission_sent, ack("AA", control)))) == []
    says(flow.acknowledged(exchange(admission_sent, ack("AE", control))), "hl7v2.ack", "n’accepte pas")
    says(flow.acknowledged(exchange(admission_sent, ack("AA", b"X"))), "hl7v2.ack.id", "ne désigne pas")
    says(flow.acknowledged(exchange(admission_sent, b"\x00")), "hl7v2.ack", "n’accepte pas")


def test_a_refusal_is_a_nack(admission_sent: bytes, says: Says) -> None:
    control = admission_sent.split(b"|")[9]
    assert list(flow.refused(exchange(admission_sent, ack("AE", control)))) == []
    says(flow.refused(exchange(admission_sent, ack("AA", control))), "hl7v2.nack", "devait refuser")


def test_each_kind_must_have_gone(admission_sent: bytes, says: Says) -> None:
    sent = [exchange(admission_sent)]
    assert list(flow.propagated(sent, ["ADT^A31"])) == []
    says(flow.propagated(sent, ["ADT^A47"]), "hl7v2.propagation", "ADT^A47")
    says(flow.propagated([], ["ADT^A31"]), "hl7v2.propagation", "ADT^A31")


def test_messages_obey_the_french_rules_and_are_accepted(admission_sent: bytes, says: Says) -> None:
    assert list(flow.messages_conform([exchange(admission_sent)])) == []
    wrong = admission_sent.replace(b"|VALI", b"|PROV")
    says(flow.messages_conform([exchange(wrong)]), "hl7v2.reliability", "qualifié")
    says(flow.messages_conform([exchange(b"pas un message")]), "hl7v2.header", "MSH")
    told = exchange(admission_sent, refused="PID-3 est vide")
    says(flow.messages_conform([told]), "hl7v2.refused", "n’a pas pu accepter")


def test_messages_say_the_person(admission_sent: bytes, person: Identity, other: Identity, says: Says) -> None:
    sent = [exchange(admission_sent)]
    assert list(flow.says(sent, person, with_ins=True)) == []
    says(flow.says(sent, other, with_ins=True), "ins.same-identity", "nom de naissance")
    says(flow.says(sent, person, with_ins=False), "hl7v2.leak", "n’est pas qualifiée")
    bare = [exchange(pam_sender.adt("A31", Sending(person, "D1", "PROV", "absent")))]
    assert list(flow.says(bare, person, with_ins=False)) == []
    says(flow.says(bare, person, with_ins=True), "hl7v2.ins.absent", "ne porte pas l’INS")


def test_results_are_coded_observations(admission_sent: bytes, says: Says) -> None:
    coded = admission_sent + b"OBX|1|NM|718-7^Hemoglobine^LN||13.8|g/dL\r"
    assert list(flow.structured_results([exchange(coded)])) == []
    report = admission_sent + b"OBX|1|ED|11502-2^CR^LN||^TEXT^XML^Base64^AAAA\r"
    says(flow.structured_results([exchange(report)]), "hl7v2.results", "aucun résultat structuré")
    report += b"OBX|2|CE|MASQUE_PS^MASQUE_PS^MetaDMPMSS||Y^^expandedYes-NoIndicator||||||F\r"
    says(flow.structured_results([exchange(report)]), "hl7v2.results", "aucun résultat structuré")
    local = admission_sent + b"OBX|1|NM|HB^Hemoglobine^L||13.8|g/dL\r"
    says(flow.structured_results([exchange(local)]), "hl7v2.results.code", "LOINC", Severity.WARNING)


def test_a_reception_is_traced(admission_sent: bytes, says: Says) -> None:
    sent = exchange(admission_sent)
    line = {"identifiant": admission_sent.split(b"|")[9].decode(), "date": "2026-01-05T10:00:00+01:00"}
    assert list(logs.received_message([line], sent)) == []
    says(logs.received_message([], sent), "logs.hl7.missing", "n’est pas tracée")
    says(logs.received_message([{**line, "date": "hier"}], sent), "logs.hl7.date", "quand")

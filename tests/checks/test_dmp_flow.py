"""Order and number of what reaches the DMP: a green and a red example of each check."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.checks import dmp_flow, dmp_reading
from conformance.checks.cda import status as cda_status
from conformance.checks.xds.deposit import Deposit, deposit
from conformance.model.evidence import Channel, Exchange, Message
from tests.simulators import dmp_lots_kit as lots
from tests.simulators.dmp_messages_kit import STRUCTURE, USER, envelope, multipart


def call(td: str, at: str = "2026-01-01T00:00:00Z", keys: frozenset[str] = frozenset(), **facts: str) -> Exchange:
    message = Message("POST /", (), b"")
    return Exchange(Channel.DMP, td, message, message, keys, None, {"td": td, **facts}, at, f"main-{td}")


def refused(td: str) -> Exchange:
    return call(td, refused="DMPClosed : fermé", code="DMPClosed")


def every(*tds: str) -> list[Exchange]:
    return [call(td) for td in tds]


STORED = call("TD2.1", keys=frozenset({"1.2"}), status="Success")
GREEN: list[Any] = [
    (dmp_flow.fed, (every("TD0.2", "TD2.1"),)),
    (dmp_flow.none_of, (every("TD0.2"), {"TD2.1"}, "…")),
    (dmp_flow.checked_first, (every("TD0.2", "TD3.1"),)),
    (dmp_flow.checked_first, (every("TD0.4", "TD3.2"),)),
    (dmp_flow.access_asked_first, (every("TD0.2", "TD0.3", "TD3.1"),)),
    (dmp_flow.once, ([STORED], ["1.2"])),
    (dmp_flow.rate, ([call("TD2.1", f"2026-01-01T00:00:0{n}Z") for n in range(5)], 4)),
    (dmp_flow.carries, ({"a": b"x"}, b"x")),
    (dmp_flow.deposits_are, (every("TD2.1"), 1)),
    (dmp_flow.deposits_at_most, (every("TD2.1"), 1)),
    (dmp_flow.never, ([STORED], "9")),
    (dmp_flow.shown_to_patient, (every("TD2.1", "TD3.3b"),)),
    (dmp_reading.shown_status, ({"statut": "FERME"}, "FERME")),
    (dmp_reading.listed, ({"documents": [{"unique_id": "1"}]}, ["1"])),
    (
        dmp_reading.criteria,
        (call("TD3.1", criteria="$XDSDocumentEntryTypeCode $XDSDocumentEntryServiceStartTimeFrom"), 2),
    ),
    (dmp_reading.news, ({"nouveautes": {"1-2": 1}}, {"1-2": 1})),
    (dmp_reading.integrated, ([call("TD3.2", documents="1 2")], {"integres": ["1", "2"]}, ["1", "2"])),
    (dmp_reading.not_asked_again, (every("TD3.2"), every("TD3.2", "TD0.2"))),
    (dmp_reading.only, ([call("TD3.2", documents="1")], ["1"])),
    (dmp_reading.noticed, ({"avis": [{"document": "1", "motif": "REMPLACE"}]}, "1", "REMPLACE")),
    (dmp_reading.still_here, ({"etat": "OK"}, "1")),
]
RED: list[Any] = [
    (dmp_flow.shown_to_patient, (every("TD2.1"),), "visible du patient"),
    (dmp_flow.shown_to_patient, ([*every("TD2.1"), refused("TD3.3b")],), "visible du patient"),
    (dmp_flow.shown_to_patient, (every("TD2.1", "TD3.3b", "TD2.1"),), "au lieu d’en changer"),
    (dmp_flow.fed, (every("TD0.2"),), "n’est pas parvenu"),
    (dmp_flow.fed, ([refused("TD2.1")],), "a été refusé"),
    (dmp_flow.none_of, (every("TD2.1"), {"TD2.1"}, "le patient s’oppose"), "le patient s’oppose"),
    (dmp_flow.checked_first, (every("TD3.1", "TD0.2"),), "vérification"),
    (dmp_flow.checked_first, ([refused("TD0.2"), call("TD3.1")],), "vérification"),
    (dmp_flow.access_asked_first, (every("TD0.2", "TD3.1", "TD0.3"),), "TD0.3"),
    (dmp_flow.access_asked_first, (every("TD0.3", "TD3.1"),), "TD0.3"),
    (dmp_flow.once, ([STORED, STORED], ["1.2"]), "2 fois"),
    (dmp_flow.once, ([], ["1.2"]), "0 fois"),
    (dmp_flow.rate, ([call("TD2.1", f"2026-01-01T00:00:00.{n}Z") for n in range(9)], 4), "débit"),
    (dmp_flow.carries, ({"a": b"x"}, b"xy"), "octet pour octet"),
    (dmp_flow.deposits_are, (every("TD2.1"), 2), "n’est pas parvenu"),
    (dmp_flow.deposits_at_most, (every("TD2.1", "TD2.1"), 1), "de nouveau"),
    (dmp_flow.never, ([STORED], "1.2"), "pas choisi"),
    (dmp_reading.shown_status, ({"statut": "CREE_AUTORISE"}, "FERME"), "état du DMP"),
    (dmp_reading.listed, ({"documents": []}, ["1"]), "liste"),
    (dmp_reading.criteria, (call("TD3.1", criteria="$XDSDocumentEntryPatientId"), 1), "critères"),
    (dmp_reading.news, ({"nouveautes": {"1-2": 2}}, {"1-2": 1}), "tiers"),
    (dmp_reading.integrated, ([call("TD3.2", documents="1")], {"integres": ["1"]}, ["1", "2"]), "ni demandé"),
    (dmp_reading.integrated, ([call("TD3.2", documents="1")], {"integres": []}, ["1"]), "pas rangé"),
    (dmp_reading.not_asked_again, (every("TD0.2"), every("TD0.2", "TD3.2")), "demandé de nouveau"),
    (dmp_reading.only, ([call("TD3.2", documents="1 2")], ["1"]), "préchargés"),
    (dmp_reading.noticed, ({"avis": []}, "1", "SUPPRIME"), "aucun avis"),
    (dmp_reading.still_here, ({"etat": "ECHEC", "message": "parti"}, "1"), "parti"),
]


@pytest.mark.parametrize(("check", "given"), GREEN, ids=lambda value: getattr(value, "__name__", ""))
def test_green(check: Any, given: Any) -> None:
    assert list(check(*given)) == []


@pytest.mark.parametrize(("check", "given", "words"), RED, ids=lambda value: getattr(value, "__name__", ""))
def test_red(check: Any, given: Any, words: str) -> None:
    found = list(check(*given))
    assert found
    assert all(finding.message and finding.fix for finding in found)
    assert words in " ".join(str(finding) for finding in found)


def carried(related: str, edit: Any = str) -> Deposit:
    """A deposit as a client would send it, its CDA holding ``related``."""
    lot = lots.Deposit(related=related)
    kind, body = multipart(edit(envelope("urn:x", lot.body(), "")), lot.attachments())
    message = Message("POST /", (("Content-Type", kind),), body)
    read = deposit(Exchange(Channel.DMP, "TD2.1", message, None))
    assert isinstance(read, Deposit)
    return read


def act(day: str, status: str = "") -> str:
    told = f'<l:statusCode xmlns:l="urn:oid:1.3.6.1.4.1.19376.1.3.2" code="{status}"/>' if status else ""
    return (
        f'<documentationOf><serviceEvent>{told}<effectiveTime><low value="{day}090000+0000"/></effectiveTime>'
        "</serviceEvent></documentationOf>"
    )


def test_the_date_of_the_act() -> None:
    assert list(dmp_reading.dated_from_act(carried(act("20240101")), "20240101")) == []
    found = [str(finding) for finding in dmp_reading.dated_from_act(carried(act("20260101")), "20240101")]
    assert len(found) == 1 and "CDA" in found[0]
    assert len(list(dmp_reading.dated_from_act(carried(""), "20250101"))) == 2


def test_the_status_of_the_act() -> None:
    assert list(cda_status.act_status(carried(act("20240101", "active")), "active")) == []
    for related, severity in ((act("20240101", "completed"), "ERROR"), (act("20240101"), "WARNING")):
        (found,) = cda_status.act_status(carried(related), "active")
        assert ("où en est l’examen" in found.message, found.severity.value) == (True, severity)


def test_the_structure_among_the_authors() -> None:
    def joined(message: str) -> str:
        return message.replace(
            f"<r:Value>{USER}^EXEMPLE", f"<r:Value>{STRUCTURE}^Cabinet</r:Value><r:Value>{USER}^EXEMPLE"
        )

    assert list(dmp_reading.structure_among_authors(carried("", joined), STRUCTURE)) == []
    found = [str(finding) for finding in dmp_reading.structure_among_authors(carried(""), STRUCTURE)]
    assert len(found) == 2 and "du lot" in found[0] and "du document" in found[1]
    # Somebody joined the authors, under a form that nobody can hold against the software.
    other = list(dmp_reading.structure_among_authors(carried("", joined), "9990000"))
    assert {finding.severity.value for finding in other} == {"WARNING"} and len(other) == 2

"""The identity neighbour as a suite sees it: what it sends to the software over MLLP, and what it received from it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from conformance.drivers.platform_flow import CARRIERS
from conformance.drivers.software import Software
from conformance.drivers.stage import AnyStage, LiveStage
from conformance.model.evidence import Channel, Exchange, Message
from conformance.model.identity import Identity
from conformance.outcomes import NotRun

EMITTED = "émis par le logiciel"
_RECEIVED = "reçu par le logiciel"


class Hl7Service:
    """The neighbour of the software in its domain of identification, and in another one."""

    def __init__(self, stage: AnyStage, software: Software, place: tuple[str, int] | None) -> None:
        self._stage, self._software, self._place = stage, software, place

    def send(self, kind: str, message: bytes, person: Identity) -> Exchange:
        """Send a message (``ADT^A28``) to the software; gives the exchange, its acknowledgement in it.

        Raises NotRun when the software receives no HL7 v2, or nobody acknowledges.
        """
        what = f"envoi {kind}"
        host, port = self._address()
        if not isinstance(self._stage, LiveStage):
            exchange = self._stage.replayed(what)
        else:
            self._stage.asking(what)
            exchange = self._stage.record(self._sent(what, message, person, host, port))
        if exchange.response is None:
            raise NotRun(f"le logiciel n’a pas acquitté le message {kind} : {exchange.facts.get('absence', 'silence')}")
        return exchange

    def sent(self, person: Identity) -> list[Exchange]:
        """The messages about a person that the software received, oldest first."""
        found = self._stage.exchanges(Channel.HL7, key=person.matricule)
        return [exchange for exchange in found if exchange.facts.get("sens") == _RECEIVED]

    def emitted(self, person: Identity, kinds: Collection[str] = ()) -> list[Exchange]:
        """The messages about a person that the software sent, oldest first; ``kinds`` such as ``ADT^A31``."""
        found = {
            exchange.number: exchange
            for key in sorted(person.keys)
            for exchange in self._stage.exchanges(Channel.HL7, key=key)
            if exchange.facts.get("sens") == EMITTED and (not kinds or exchange.operation in kinds)
        }
        return sorted(found.values(), key=lambda one: (one.at, int(one.number.rpartition("-")[2])))

    def after(self, person: Identity, count: int, kinds: Collection[str] = ()) -> list[Exchange]:
        """The messages beyond the first ``count``, waiting for one. Raises NotRun when the software never sent any."""
        self._stage.settle(lambda: len(self.emitted(person, kinds)) > count)
        found = self.emitted(person, kinds)
        if not self._stage.exchanges(Channel.HL7, scenario=self._stage.scenario):
            raise NotRun("aucun message HL7 v2 n’est parvenu au référentiel d’identités : il n’y a rien à juger")
        return found[count:]

    def carrying(self, person: Identity, document: str, **asked: Any) -> list[Exchange]:
        """The messages by which a document leaves when the user asks for it (``transmettre_hl7``). Raises NotRun without one."""
        before = len(self.emitted(person, CARRIERS))
        self._software.do("transmettre_hl7", id=document, **asked)
        if not (messages := self.after(person, before, CARRIERS)):
            raise NotRun("aucun message ne porte le document demandé : il n’y a rien à juger")
        return messages

    def fault(self, name: str) -> None:
        """Make the neighbour misbehave in that way, a name of ``pam.FAULTS``."""
        if self._stage.bench is not None:
            self._stage.bench.pam.fault(name)

    def clear(self) -> None:
        """Make the neighbour sound again."""
        if self._stage.bench is not None:
            self._stage.bench.pam.clear()

    def _address(self) -> tuple[str, int]:
        if self._place is not None:
            return self._place
        told = self._software.do("lire_etat").get("hl7")
        if not isinstance(told, dict) or not isinstance(told.get("port"), int):
            raise NotRun(
                "le logiciel ne dit pas où il reçoit les messages HL7 v2 (driver.hl7, ou « hl7 » de lire_etat)"
            )
        return str(told.get("hote") or "127.0.0.1"), told["port"]

    def _sent(self, what: str, message: bytes, person: Identity, host: str, port: int) -> Exchange:
        from conformance.simulators.pam_sender import send

        facts = {"sens": _RECEIVED}
        try:
            answer = send(host, port, message)
        except OSError as error:
            answer, facts["absence"] = None, f"rien n’écoute à {host}:{port} ({error.strerror})"
        response = None if answer is None else Message("MLLP", (), answer)
        return Exchange(Channel.HL7, what, Message("MLLP", (), message), response, person.keys, None, facts)

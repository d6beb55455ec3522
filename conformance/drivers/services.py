"""The national services as a suite sees them: what they will answer, and what was recorded of them.

On a replayed run the first part does nothing and the second reads the recording: the suite is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.drivers.stage import AnyStage
from conformance.model.evidence import Channel, Exchange
from conformance.model.identity import Identity
from conformance.outcomes import NotRun

RECOVERY = "rechercherInsAvecTraitsIdentite"
VERIFICATION = "verifierInsAvecTraitsIdentite"


class InsiService:
    """The INSi teleservice."""

    def __init__(self, stage: AnyStage) -> None:
        self._stage = stage

    def answers(
        self,
        identity: Identity,
        code: str = "00",
        returned: Mapping[str, str | None] | None = None,
        history: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Make INSi know a person, with the return code and the traits it will give back (TIQ element names)."""
        if self._stage.bench is not None:
            self._stage.bench.insi.answers(identity, code=code, returned=returned, history=history)

    def verifies(self, identity: Identity, ok: bool = True) -> None:
        """Choose what a unit verification of that person gives."""
        if self._stage.bench is not None:
            self._stage.bench.insi.verifies(identity, ok=ok)

    def calls(self, identity: Identity, operation: str | None = None) -> list[Exchange]:
        """The calls made about a person, oldest first."""
        found = {
            call.number: call for key in sorted(identity.keys) for call in self._stage.exchanges(Channel.INSI, key=key)
        }
        return [call for call in found.values() if operation is None or call.operation == operation]

    def call(self, identity: Identity, operation: str = RECOVERY) -> Exchange:
        """The last call about a person. Raises NotRun when the software made none: there is nothing to judge."""
        calls = self.calls(identity, operation)
        if not calls:
            raise NotRun(f"le logiciel n’a pas appelé INSi ({operation}) pour cet usager : il n’y a rien à juger")
        return calls[-1]


class DmpService:
    """The DMP."""

    def __init__(self, stage: AnyStage) -> None:
        self._stage = stage

    def open(self, identity: Identity) -> None:
        """Open a DMP for a person."""
        if self._stage.bench is not None:
            self._stage.bench.dmp.open(identity)

    def exchanges(self, identity: Identity, transaction: str | None = None) -> list[Exchange]:
        """What the software did on a person's DMP, oldest first; ``transaction`` such as ``TD2.1``."""
        found = self._stage.exchanges(Channel.DMP, key=identity.matricule)
        return [exchange for exchange in found if transaction is None or exchange.facts.get("td") == transaction]

    def close(self, identity: Identity) -> None:
        """Close a person's DMP."""
        if self._stage.bench is not None:
            self._stage.bench.dmp.close(identity)

    def fault(self, name: str, identity: Identity) -> None:
        """Make the DMP misbehave for a person, in the named way."""
        if self._stage.bench is not None:
            self._stage.bench.dmp.fault(name, identity)

    def grant(self, identity: Identity, professional: str) -> None:
        """Let a professional (PS_IdNat) read a person's DMP."""
        if self._stage.bench is not None:
            self._stage.bench.dmp.grant(identity, professional)

    def holds(self, identity: Identity, name: str, **what: Any) -> str:
        """Have a third party's document in a person's DMP; ``what`` as in ``Seed``. Gives its uniqueId.

        The uniqueId comes from the person and the ``name`` alone, so that a replay finds it again.
        """
        from conformance.simulators.dmp.seed import Seed

        digest = hashlib.sha256(f"{identity.matricule} {name}".encode()).hexdigest()
        unique_id = f"2.25.{int(digest[:30], 16)}"
        if self._stage.bench is not None:
            self._stage.bench.dmp.seed(identity, Seed(unique_id=unique_id, **what))
        return unique_id

    def withdraws(self, identity: Identity, unique_id: str) -> None:
        """Have a document deleted by its author."""
        if self._stage.bench is not None:
            for entry in self._stage.bench.dmp.documents(identity.matricule):
                if entry.unique_id == unique_id:
                    self._stage.bench.dmp.remove(entry)

    def clear(self) -> None:
        """Make the DMP sound again."""
        if self._stage.bench is not None:
            self._stage.bench.dmp.clear()

    def arrivals(self, identity: Identity, transaction: str, count: int = 1) -> list[Exchange]:
        """The transactions of that kind, once there are ``count`` of them or the patience is over; unasked ones too."""
        self._stage.settle(lambda: len(self.exchanges(identity, transaction)) >= count)
        return self.exchanges(identity, transaction)

    def silence(self) -> None:
        """Let the time pass after which a silence is believed."""
        self._stage.silence()

    def exchange(self, identity: Identity, transaction: str) -> Exchange:
        """The last transaction of that kind. Raises NotRun when there is none."""
        found = self.exchanges(identity, transaction)
        if not found:
            raise NotRun(
                f"aucune transaction {transaction} n’est parvenue au DMP pour ce patient : il n’y a rien à juger"
            )
        return found[-1]


class MssService:
    """The MSSanté operator."""

    def __init__(self, stage: AnyStage) -> None:
        self._stage = stage

    def present(self, behaviour: str) -> None:
        """Choose the operator's TLS behaviour, a name of ``mss_tls.PRESENTATIONS``."""
        if self._stage.bench is not None:
            self._stage.bench.mss.present(behaviour)

    def fail(self, fault: str) -> None:
        """Make the operator break down, in a way named in ``mss_faults.FAULTS``, until the end of the scenario."""
        if self._stage.bench is not None:
            self._stage.bench.mss.fail(fault)

    def clear(self) -> None:
        """Make the operator sound again."""
        if self._stage.bench is not None:
            self._stage.bench.mss.clear()

    def mails(self, recipient: str | None = None, message_id: str | None = None) -> list[Exchange]:
        """The mails accepted during this scenario, for a recipient or of a Message-ID."""
        key = message_id or recipient
        scenario = None if message_id else self._stage.scenario
        found = self._stage.exchanges(Channel.MSS, scenario=scenario, key=key)
        return [exchange for exchange in found if exchange.operation == "SMTP DATA"]

    def mail(self, recipient: str | None = None, message_id: str | None = None) -> Exchange:
        """The last such mail. Raises NotRun when none came."""
        found = self.mails(recipient, message_id)
        if not found:
            whom = recipient or message_id or "quiconque"
            raise NotRun(f"aucun courriel n’est parvenu à l’opérateur MSSanté pour {whom} : il n’y a rien à juger")
        return found[-1]

    def mails_after(self, count: int) -> list[Exchange]:
        """The mails beyond the first ``count``, once there is one or the software had time to send it."""
        self._stage.settle(lambda: len(self.mails()) > count)
        return self.mails()[count:]

    def silence(self) -> None:
        """Let the time pass after which a silence is believed."""
        self._stage.silence()

    def sessions(self) -> list[Exchange]:
        """Every SMTP session of this scenario, with or without a mail."""
        found = self._stage.exchanges(Channel.MSS, scenario=self._stage.scenario)
        return [exchange for exchange in found if exchange.operation in ("SMTP DATA", "SMTP session")]

    def sessions_after(self, count: int) -> list[Exchange]:
        """The sessions beyond the first ``count``; waits for one, since a session is written down when it ends."""
        self._stage.settle(lambda: len(self.sessions()) > count)
        return self.sessions()[count:]


class PscService:
    """Pro Santé Connect."""

    def __init__(self, stage: AnyStage) -> None:
        self._stage = stage

    def mutate(self, mutation: str | None) -> None:
        """Make the next login go wrong in the named way; None for a sound one."""
        if self._stage.bench is not None:
            self._stage.bench.psc.clear() if mutation is None else self._stage.bench.psc.mutate(mutation)

    def live(self, **seconds: float) -> None:
        """Change how long tokens live, in seconds (``access_s``…); without any, give back the service's own lifetimes."""
        if self._stage.bench is not None:
            self._stage.bench.psc.live(**seconds)

    def exchanges(self, operation: str | None = None) -> list[Exchange]:
        """What the provider saw during this scenario."""
        found = self._stage.exchanges(Channel.PSC, scenario=self._stage.scenario)
        return [exchange for exchange in found if operation is None or exchange.operation == operation]

    def exchange(self, operation: str) -> Exchange:
        """The last one of that kind. Raises NotRun when there is none."""
        found = self.exchanges(operation)
        if not found:
            raise NotRun(f"le logiciel n’a pas appelé Pro Santé Connect ({operation}) : il n’y a rien à juger")
        return found[-1]

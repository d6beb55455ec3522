"""The boxes of the software as a suite sees them: what the operator puts in them, what it saw of their sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.drivers.logins import Logins
from conformance.drivers.software import Software
from conformance.drivers.stage import AnyStage
from conformance.model.evidence import Channel, Exchange
from conformance.model.plan import Plan
from conformance.outcomes import NotRun
from conformance.simulators.bench import mailboxes

PERSONAL, SHARED, APPLICATIVE = "personnelle", "organisationnelle", "applicative"
LOGIN, SESSION, AUTOCONFIG, CRL, OCSP = "IMAP login", "IMAP session", "autoconfig", "CRL", "OCSP"
NOBODY_LISTENS = 1
"""A port (tcpmux) where no operator is."""
_BY_PERSON, _BY_APPLICATION = "bal-per-org", "bal-app"


class Mailbox:
    """The operator's boxes in one scenario."""

    def __init__(self, stage: AnyStage, software: Software, logins: Logins, plan: Plan) -> None:
        self._stage, self._software, self._logins = stage, software, logins
        self._options = {item.requirement.option for item in plan.items if item.excluded is None}
        self._platform = plan.profile.rem == "PFI"

    @property
    def usual(self) -> str:
        """The box that the software surely has: a person's, unless it works by application alone."""
        alone = _BY_APPLICATION in self._options and _BY_PERSON not in self._options
        return APPLICATIVE if self._platform or alone else PERSONAL

    def log_in(self) -> str:
        """Have the user log in by Pro Santé Connect; gives the login. Raises NotRun when it does not succeed."""
        session = self._logins.begin()
        state = self._logins.read(session)
        if state.get("etat") != "CONNECTE":
            raise NotRun(
                f"préalable non rempli : la connexion par Pro Santé Connect n’aboutit pas ({state.get('message')})"
            )
        return session

    def ready(self) -> str:
        """The usual box, its user logged in when a box of a person is opened by its token; gives the box."""
        if self.usual == PERSONAL and _BY_PERSON in self._options:
            self.log_in()
        return self.usual

    def log_out(self, session: str) -> None:
        """Have the user log out."""
        self._logins.close(session)

    def still(self, session: str) -> str:
        """The state of a login."""
        return str(self._logins.read(session).get("etat"))

    def address(self, box: str) -> str:
        """The address of a box."""
        return mailboxes("")[box]["adresse"]

    def deliver(self, box: str, content: bytes) -> None:
        """Put a mail into a box, as if it came from another operator."""
        if self._stage.bench is not None:
            self._stage.bench.mss.deliver(self.address(box), content)

    def collect(self, box: str) -> dict[str, Any]:
        """Have the box read; gives what the software says of it, a failure included."""
        return self._software.do("relever_boite", boite=box)

    def read(self, box: str) -> dict[str, Any]:
        """Have the box read, as a prerequisite. Raises NotRun when the software says that it could not."""
        answer = self.collect(box)
        if answer.get("etat") != "RELEVEE":
            raise NotRun(
                f"préalable non rempli : la boîte n’est pas relevée ({answer.get('message') or 'sans message'})"
            )
        return answer

    def exchanges(self, *operations: str) -> list[Exchange]:
        """What the operator saw of these kinds during this scenario."""
        found = self._stage.exchanges(Channel.MSS, scenario=self._stage.scenario)
        return [exchange for exchange in found if exchange.operation in operations]

    def openings(self, box: str) -> list[Exchange]:
        """The openings of a box in IMAP, oldest first."""
        return [one for one in self.exchanges(LOGIN) if one.facts.get("box") == self.address(box)]

    def opening(self, box: str) -> Exchange:
        """The last opening of a box. Raises NotRun when the software never opened it."""
        found = self.openings(box)
        if not found:
            told = [one.facts["refused"] for one in self.exchanges(SESSION) if "refused" in one.facts]
            why = f" ({told[-1]})" if told else ""
            raise NotRun(f"le logiciel n’a pas ouvert la boîte {box} en IMAP{why} : il n’y a rien à juger")
        return found[-1]

    def endings(self, opening: Exchange) -> Sequence[Exchange]:
        """The end of the session that an opening began, waited for; nothing while it goes on."""
        number = opening.facts.get("session")

        def ended() -> list[Exchange]:
            return [one for one in self.exchanges(SESSION) if one.facts.get("session") == number]

        self._stage.settle(lambda: bool(ended()))
        return ended()

    def more_openings(self, box: str, count: int) -> list[Exchange]:
        """The openings of a box beyond the first ``count``, waiting for one."""
        self._stage.settle(lambda: len(self.openings(box)) > count)
        return self.openings(box)[count:]

    def cut(self) -> None:
        """Have the operator close every session."""
        if self._stage.bench is not None:
            self._stage.bench.mss.cut_imap()

    def announce(self, port: int | None) -> None:
        """Have the autoconfiguration give another port; None for the true ones."""
        if self._stage.bench is not None:
            self._stage.bench.autoconfig.announce(port)

    def hide_revocations(self, hidden: bool) -> None:
        """Make the place where revocations are told unreachable, or not."""
        if self._stage.bench is not None:
            self._stage.bench.revocation.down = hidden

    def end_provider_sessions(self) -> None:
        """Have Pro Santé Connect end every session: no refresh token is worth anything any more."""
        if self._stage.bench is not None:
            self._stage.bench.psc.end_sessions()

    def clear(self) -> None:
        """The operator is sound again."""
        self.announce(None)
        self.hide_revocations(False)

"""The browser leg of a login as a suite leads it, whatever agent walks it: written down, or read again from a record."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.drivers.stage import AnyStage, LiveStage
from conformance.drivers.user_agent import Agent, Choice, Landed, bare
from conformance.model.evidence import Channel, Exchange, Message
from conformance.outcomes import NotRun
from conformance.simulators.psc.mask import masked

OPERATION = "navigateur"


@dataclass(frozen=True, slots=True)
class Page:
    """Where a navigation ended: the last address, its HTTP status and body."""

    url: str
    status: int
    body: bytes


class Browser:
    """A user agent for one scenario. What it exchanges with the software is journalled; what it exchanges with the
    provider is journalled by the provider.
    """

    def __init__(self, stage: AnyStage) -> None:
        self._stage = stage
        self._agent: Agent | None = None
        self._return = ""

    def log_in(self, url: str, choice: Choice | None = None) -> Page:
        """Go to an authorization address, answer the login page, come back to the software; give the last page."""
        return self._go(url, choice or Choice())

    def open(self, url: str) -> Page:
        """Follow an address and its redirects."""
        return self._go(url, None)

    def come_back_again(self, extra: str = "") -> Page:
        """Open once more the address by which the last login came back, with ``extra`` parameters; stay on that host.

        A redirection to another host is not followed: its address is the page's. Raises NotRun when no login came back.
        """
        if isinstance(self._stage, LiveStage) and not self._return:
            raise NotRun("aucune connexion n’est revenue au logiciel : il n’y a rien à rejouer")
        return self._go(f"{self._return}{extra}", None, stay=urlsplit(self._return).netloc)

    def close(self) -> None:
        """Forget cookies and all."""
        if self._agent is not None:
            self._agent.close()

    def _go(self, url: str, choice: Choice | None, stay: str | None = None) -> Page:
        if not isinstance(self._stage, LiveStage):
            page = self._stage.replayed(OPERATION)
            if page.response is None:
                raise NotRun(page.facts.get("absence", "aucune page"))
            return Page(page.request.start.partition(" ")[2], int(page.response.start.split()[-1]), page.response.body)
        self._stage.asking(OPERATION)
        self._agent = self._agent or self._stage.user_agent()
        return self._arrived(self._stage, self._agent.go(url, choice, stay))

    def _arrived(self, stage: LiveStage, landed: Landed) -> Page:
        self._return = landed.returned or self._return
        request = Message(f"{landed.method} {bare(landed.url)}", (), b"")
        # A page of the software may hold what it was given: tokens are told by their digest, as the provider tells them.
        response = masked(Message(f"HTTP {landed.status}", landed.headers, landed.body))
        stage.record(Exchange(Channel.PILOTE, OPERATION, request, response))
        return Page(bare(landed.url), landed.status, landed.body)

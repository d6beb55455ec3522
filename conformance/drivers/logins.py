"""Logins by a provider as a suite conducts them: begun, led by the browser or left to the device, read, closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance.checks import oidc_mutations, oidc_session
from conformance.drivers.browser import Browser
from conformance.drivers.services import PscService
from conformance.drivers.software import Software
from conformance.drivers.stage import AnyStage
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding
from conformance.outcomes import NotApplicable, NotRun, require

WEB, EXTERNAL, EMBEDDED, CIBA = "WEB", "NATIF_EXTERNE", "NATIF_INTEGRE", "CIBA"
PSC, STRUCTURE = "PSC", "STRUCTURE"
_STEP_S, _STEPS = 0.2, 100


class Logins:
    """The logins of one scenario."""

    def __init__(self, stage: AnyStage, software: Software, psc: PscService, browser: Browser) -> None:
        self._stage, self._software, self._psc, self._browser = stage, software, psc, browser
        self._opened: list[str] = []

    def offers(self, mode: str) -> None:
        """Raises NotApplicable when the software declares other modes of Pro Santé Connect and not this one."""
        declared = self._software.do("lire_etat").get("modes_psc")
        modes = declared if isinstance(declared, list) and declared else [WEB]
        if mode not in modes:
            raise NotApplicable(f"le logiciel déclare d’autres modes de connexion : {', '.join(map(str, modes))}")

    def begin(self, mode: str = WEB, provider: str = PSC, **more: str) -> str:
        """Start a login, conducted by the browser unless it is CIBA; gives its session."""
        asked = {} if (mode, provider) == (WEB, PSC) else {"mode": mode, "fournisseur": provider}
        started = self._software.do("connecter_psc", **asked, **more)
        session = str(started["session"])
        self._opened.append(session)
        if mode != CIBA:
            if not started.get("url"):
                raise NotRun("le logiciel n’a pas donné d’adresse d’autorisation : la connexion ne peut pas commencer")
            self._browser.log_in(str(started["url"]))
        return session

    def read(self, session: str) -> dict[str, Any]:
        """What became of a login."""
        return self._software.do("lire_connexion", id=session)

    def settled(self, session: str) -> dict[str, Any]:
        """What became of a login, once it is not waiting any more, or after a while."""
        for _ in range(_STEPS):
            state = self.read(session)
            if state.get("etat") != "ATTENTE":
                break
            self._stage.pause(_STEP_S)
        return state

    def falsified(self, name: str, mode: str, provider: str = PSC) -> tuple[str, int]:
        """A login whose answer the bench falsifies; its session, and how many exchanges came before."""
        seen = len(self._psc.exchanges())
        self._psc.mutate(name)
        session = self.begin(mode, provider)
        self._psc.mutate(None)
        return session, seen

    def meets(self, names: Iterable[str], mode: str, provider: str = PSC) -> None:
        """Meet every falsified answer, judge them all at once. Raises NotRun for those that the software never met.

        By CIBA every login is begun before the first is read: each waits for its professional, none for another.
        """
        found: list[Finding] = []
        unmet = []
        if mode == CIBA:
            begun = {name: self.falsified(name, mode, provider) for name in names}
            every = {name: self.settled(session) for name, (session, _) in begun.items()}
            calls = {name: _of(self._psc.exchanges(), name) for name in begun}
        else:
            every, calls = {}, {}
            for name in names:
                session, seen = self.falsified(name, mode, provider)
                every[name], calls[name] = self.read(session), list(self.since(seen))
        for name, state in every.items():
            found += oidc_mutations.opened(state, name)
            if not oidc_mutations.seen(calls[name], name):
                unmet.append(name)
            elif name != "key-rotation":
                found += oidc_mutations.no_access_after(calls[name])
                found += oidc_session.polling_stopped(calls[name]) if mode == CIBA else ()
        require(found)
        if unmet:
            raise NotRun(f"le logiciel n’a pas rencontré ces réponses falsifiées : {', '.join(unmet)}")

    def since(self, seen: int) -> Sequence[Exchange]:
        """The exchanges with the providers beyond the first ``seen``."""
        return self._psc.exchanges()[seen:]

    def close(self, session: str) -> Mapping[str, Any]:
        """Log out, and follow the browser to the provider when the software says so."""
        out = self._software.do("deconnecter", id=session)
        if out.get("url"):
            self._browser.open(str(out["url"]))
        return out

    def close_all(self) -> None:
        """Close what is still open in the software: the next scenario finds nobody connected."""
        while self._opened:
            try:
                self._software.ask("deconnecter", id=self._opened.pop())
            except NotRun:
                return


def _of(calls: Sequence[Exchange], name: str) -> list[Exchange]:
    """The exchanges of the one login that met this falsified answer: what says so, and what bears its session's number."""
    own = [call for call in calls if call.facts.get("mutation") == name]
    numbers = {key for call in own for key in call.keys if "-" in key}
    return [call for call in calls if call in own or numbers & call.keys]

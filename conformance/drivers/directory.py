"""The Annuaire Santé as a suite sees it: who is published, what the software is asked to draw from it, what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from conformance.drivers.software import Software
from conformance.drivers.stage import AnyStage
from conformance.model.directory import Listed, list_one
from conformance.model.evidence import Channel, Exchange
from conformance.outcomes import NotRun
from conformance.recorder import Recorder


class Directory:
    """The directory. On a replayed run, publishing does nothing and the recording is read: the suite is the same."""

    def __init__(self, stage: AnyStage, software: Software, seed: int, recorder: Recorder) -> None:
        self._stage, self._software, self._seed, self._recorder = stage, software, seed, recorder
        self._numbers = count()
        self._published: dict[str, Listed] = {}

    def listed(self, **changes: str | None) -> Listed:
        """A professional nobody met before in this run, published in the directory."""
        one = list_one(self._seed, self._stage.scenario or "", next(self._numbers)).with_(**changes)
        self._recorder.drawn(one)
        return self.publish(one)

    def publish(self, one: Listed) -> Listed:
        """Publish a professional as it is now, in place of what was said under its number."""
        self._published[one.rpps] = one
        if self._stage.bench is not None:
            self._stage.bench.annuaire.publish(one)
        return one

    def withdraw(self, one: Listed) -> None:
        """Take a professional out of the directory."""
        if self._stage.bench is not None:
            self._stage.bench.annuaire.withdraw(one)

    def fault(self, name: str) -> None:
        """Make the directory go wrong in the named way."""
        if self._stage.bench is not None:
            self._stage.bench.annuaire.fault(name)

    def spoil(self, lines: int) -> None:
        """Add to the extraction lines cut short, which no software can integrate."""
        if self._stage.bench is not None:
            self._stage.bench.annuaire.spoil(lines)

    def close(self) -> None:
        """The directory is sound again, without those this scenario published."""
        if self._stage.bench is not None:
            self._stage.bench.annuaire.clear()
            self._stage.bench.annuaire.withdraw(*self._published.values())

    def integrate(self) -> tuple[dict[str, Any], Exchange]:
        """Have the extraction integrated; gives the report, and the extraction as it was served.

        Raises NotRun when the software did not fetch it: there is nothing to compare the report with.
        """
        before = len(self._extractions())
        told = self._software.do("integrer_annuaire")
        served = self._extractions()[before:]
        if not served or "lignes" not in served[-1].facts:
            raise NotRun("le logiciel n’a pas récupéré l’extraction de l’annuaire : il n’y a rien à juger")
        return told, served[-1]

    def integrated(self) -> None:
        """Have the extraction integrated, as a prerequisite. Raises NotRun when the software says that it failed."""
        told, _ = self.integrate()
        if told.get("etat") != "INTEGRE":
            raise NotRun(
                f"préalable non rempli : l’annuaire n’est pas intégré ({told.get('message') or 'sans message'})"
            )

    def offered(self) -> None:
        """Let a software that works on the extraction alone see what is published; one that asks the API needs none of it."""
        self._software.ask("integrer_annuaire")

    def search(self, one: Listed) -> dict[str, Any]:
        """Look a professional up by number in the integrated directory."""
        return self._software.do("rechercher_annuaire", rpps=one.rpps)

    def search_by_name(self, one: Listed) -> dict[str, Any]:
        """Look a professional up by name in the integrated directory."""
        return self._software.do("rechercher_annuaire", nom=one.nom, prenom=one.prenom)

    def addresses(self, **wanted: str) -> Mapping[str, Any]:
        """Look MSSanté addresses up. Raises NotRun when the directory was not even asked during the scenario."""
        answer = self._software.do("rechercher_adresse_mss", **wanted)
        if not self._stage.exchanges(Channel.ANNUAIRE, scenario=self._stage.scenario):
            raise NotRun("le logiciel n’a pas interrogé l’annuaire : l’adresse rendue ne vient pas de lui")
        return answer

    def _extractions(self) -> list[Exchange]:
        seen = self._stage.exchanges(Channel.ANNUAIRE, scenario=self._stage.scenario)
        return [exchange for exchange in seen if exchange.operation == "extraction"]

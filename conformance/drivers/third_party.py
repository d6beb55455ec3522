"""A third-party structure as a suite sees it: it tries to open a connection to the software with each of its certificates."""

from __future__ import annotations

from conformance.drivers.software import Software
from conformance.drivers.stage import AnyStage, LiveStage
from conformance.model.evidence import Channel, Exchange
from conformance.outcomes import BenchFault, NotRun
from conformance.simulators.psc.mask import masked

VALID, REVOKED, EXPIRED = "valide", "révoqué", "expiré"
FOREIGN, PERSON, NONE = "d’une autre autorité", "d’une personne", ""
CERTIFICATES = {
    VALID: "third_auth",
    REVOKED: "third_revoked",
    EXPIRED: "third_expired",
    FOREIGN: "third_untrusted",
    PERSON: "cps_auth",
    NONE: None,
}
"""What may be shown, and the bench's certificate that it is."""
TIMEOUT_S = 10.0


class ThirdParty:
    """The third-party structure; ``url`` is what it reads, None when the software is to say it."""

    def __init__(self, stage: AnyStage, software: Software, url: str | None) -> None:
        self._stage, self._software, self._url = stage, software, url

    def tries(self, certificate: str) -> Exchange:
        """Try to open a connection with a certificate of CERTIFICATES; gives the exchange, whatever became of it.

        Raises NotRun when the software has no such entrance, or does not say where.
        """
        url = self._address()
        what = f"essai d’entrée, {f'certificat {certificate}' if certificate else 'sans certificat'}"
        if not isinstance(self._stage, LiveStage):
            return self._stage.replayed(what)
        self._stage.asking(what)
        return self._stage.record(self._tried(self._stage, what, url, certificate))

    def asked_for_revocation(self) -> list[Exchange]:
        """The times that a list of revoked certificates, or the responder, was asked for in the run so far."""
        return [one for one in self._stage.exchanges(Channel.MSS) if one.operation in ("CRL", "OCSP")]

    def _address(self) -> str:
        if self._url is not None:
            return self._url
        told = self._software.do("lire_etat").get("structure_tierce")
        url = told.get("url") if isinstance(told, dict) else None
        if not isinstance(url, str):
            raise NotRun(
                "le logiciel ne dit pas où une structure tierce ouvre une connexion (driver.third_party, ou "
                "« structure_tierce » de lire_etat) ; s’il n’en admet aucune, l’option ie-aspm n’est pas à déclarer"
            )
        self._url = url
        return url

    def _tried(self, stage: LiveStage, what: str, url: str, certificate: str) -> Exchange:
        from conformance.simulators.third_party import attempt

        if stage.bench is None:
            raise BenchFault("il n’y a pas de banc, donc pas de certificat à présenter")
        name = CERTIFICATES[certificate]
        shown = None if name is None else stage.bench.pki.pair(name)
        try:
            made = attempt(url, shown, min(TIMEOUT_S, stage.budget.left()))
        except ValueError:
            raise NotRun(f"l’adresse donnée aux structures tierces n’en est pas une : « {url[:200]} »") from None
        facts = {"sens": "reçu par le logiciel", "certificat": certificate or "aucun"}
        facts |= {key: value for key, value in (("refus", made.refused), ("absence", made.absent)) if value}
        answer = None if made.answer is None else masked(made.answer)
        return Exchange(Channel.THIRD_PARTY, what, masked(made.request), answer, frozenset(), made.tls, facts)

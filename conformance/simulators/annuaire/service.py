"""The Annuaire Santé: the public extraction and the FHIR API v2, over invented professionals, with faults by name.

The population is a few professionals drawn once, the one of the bench, and whoever a scenario publishes. An exchange's facts:
``fichier`` and ``lignes`` of an extraction; ``type``, ``total`` and ``status`` of a search; ``fault``, ``refused``.
Source: psc-ins facts, C.1 and C.2; dmp-mss facts, 5.5.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from conformance.journal import Journal
from conformance.model.directory import Listed, list_one
from conformance.model.evidence import Channel, Exchange
from conformance.simulators.annuaire.api import BASE, Answer, Api, refusal
from conformance.simulators.annuaire.extract import LAYOUTS, extract
from conformance.simulators.http import HttpServer, Request, Response
from conformance.simulators.naming import known
from conformance.simulators.people import ORGANISATION, PROFESSIONAL
from conformance.simulators.pki import Pki

EXTRACTION = "/annuaire-sante-webservices/V300/services/extraction/PS_LibreAcces"
KEY_HEADER = "ESANTE-API-KEY"
SLOW_S = 30.0
POPULATION = 40
FAULTS = {
    "absent": "extraction absente (HTTP 404)",
    "truncated": "extraction coupée : une archive dont la fin manque",
    "garbage": "une page d’accueil au lieu de l’extraction ou du JSON",
    "http-503": "service indisponible (HTTP 503)",
    "slow": "réponse juste, mais après un long délai",
    "reset": "connexion coupée sans réponse",
    "wrong-key": "clé d’API refusée (HTTP 403)",
    "paging-cut": "la page suivante d’une recherche n’existe plus (HTTP 404)",
}


class Annuaire:
    """The directory on loopback; ``key`` is what the FHIR API asks for in ESANTE-API-KEY, the extraction asks for nothing."""

    def __init__(self, journal: Journal, pki: Pki, host: str = "127.0.0.1", port: int = 0, key: str = "") -> None:
        self._journal, self._pki, self._host, self._port = journal, pki, host, port
        self.key = key
        self._server: HttpServer | None = None
        self._lock = threading.Lock()
        self._listed: dict[str, tuple[Listed, str]] = {}
        self._fault, self._delay = "", SLOW_S
        self._layout, self._charset = "usual", "utf-8"
        self._stamp, self._spoilt = "", 0
        self._api = Api()
        self.publish(_own(), *(list_one(0, "population", rank) for rank in range(POPULATION)))

    def start(self) -> None:
        """Serve; return once connections are accepted."""
        self._server = HttpServer(
            self._answer, lambda: self._pki.server_context(ask_client=False), self._host, self._port
        )
        self._server.start()
        self._port = self._server.port

    def stop(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def extraction_url(self) -> str:
        """Where the zip is, once started."""
        return f"https://{self._host}:{self._port}{EXTRACTION}"

    @property
    def fhir_url(self) -> str:
        """The base of the FHIR API, once started."""
        return f"https://{self._host}:{self._port}{BASE}"

    def publish(self, *people: Listed) -> None:
        """Add professionals, or replace those that bear the same RPPS number."""
        updated = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._lock:
            self._listed |= {one.rpps: (one, updated) for one in people}

    def withdraw(self, *people: Listed) -> None:
        """Remove professionals; one that is not listed is let be."""
        with self._lock:
            for one in people:
                self._listed.pop(one.rpps, None)

    def lay_out(self, layout: str = "usual", charset: str = "utf-8") -> None:
        """Choose how the extraction is written: one of LAYOUTS, in UTF-8 or latin-1."""
        known(layout, LAYOUTS, "mise en page de l’extraction")
        known(charset, ("utf-8", "latin-1"), "jeu de caractères de l’extraction")
        with self._lock:
            self._layout, self._charset = layout, charset

    def spoil(self, lines: int) -> None:
        """Add to the extraction lines cut short, as a faulty publication would; they count as lines."""
        with self._lock:
            self._spoilt = lines

    def fault(self, name: str, delay_s: float = SLOW_S) -> None:
        """Put a fault of FAULTS in force; ``delay_s`` is that of ``slow``."""
        known(name, FAULTS, "panne de l’annuaire")
        with self._lock:
            self._fault, self._delay = name, delay_s

    def clear(self) -> None:
        """Lift the fault, the unusual layout and the cut lines; the published professionals stay."""
        with self._lock:
            self._fault, self._layout, self._charset, self._spoilt = "", "usual", "utf-8", 0

    def _answer(self, request: Request) -> Response:
        with self._lock:
            fault, delay, listed = self._fault, self._delay, list(self._listed.values())
        if request.path == EXTRACTION:
            operation, answer = "extraction", self._extraction(request, fault, [one for one, _ in listed])
        elif request.path == BASE or request.path.startswith(f"{BASE}/"):
            operation, answer = self._fhir(request, fault, listed)
        else:
            operation, answer = "?", refusal(404, "not-found", "Adresse inconnue de l’annuaire.")
        facts = answer.facts | ({"fault": fault} if fault else {})
        response = _spoilt(answer.response, fault, delay)
        self._journal.exchange(
            Exchange(
                channel=Channel.ANNUAIRE,
                operation=operation,
                request=request.message,
                response=None if response.abort else response.message,
                keys=answer.keys,
                tls=request.tls,
                facts=facts,
            )
        )
        return response

    def _extraction(self, request: Request, fault: str, listed: list[Listed]) -> Answer:
        if request.method != "GET":
            return refusal(405, "not-supported", "L’extraction se demande par GET.")
        if fault == "absent":
            return refusal(404, "not-found", "Aucune extraction n’est publiée.")
        stamp = self._next_stamp()
        made = extract(listed, stamp, self._layout, self._charset, self._spoilt)
        headers = (
            ("Content-Type", "application/zip"),
            ("Content-Disposition", f'attachment; filename="{made.name}"'),
        )
        return Answer(Response(200, headers, made.content), {"fichier": made.name, "lignes": str(made.rows)})

    def _next_stamp(self) -> str:
        """The minute of the extraction; two of a minute must not bear one name, so the second is dated of the next."""
        with self._lock:
            present = datetime.now(UTC).strftime("%Y%m%d%H%M")
            self._stamp = max(present, str(int(self._stamp or 0) + 1).zfill(12))
            return self._stamp

    def _fhir(self, request: Request, fault: str, listed: list[tuple[Listed, str]]) -> tuple[str, Answer]:
        given = request.header(KEY_HEADER)
        if given is None:
            return "FHIR", refusal(401, "login", f"L’en-tête {KEY_HEADER} manque.")
        if given != self.key or fault == "wrong-key":
            return "FHIR", refusal(403, "forbidden", "La clé d’API n’est pas reconnue.")
        return self._api.answer(request, listed, self.fhir_url, cut=fault == "paging-cut")


def _spoilt(response: Response, fault: str, delay: float) -> Response:
    """The answer as the fault in force leaves it."""
    if fault == "http-503":
        return Response(503, (("Retry-After", "120"),))
    if fault == "reset":
        return Response(0, abort=True)
    if fault == "garbage":
        return Response(200, (("Content-Type", "text/html"),), b"<html><body><h1>Maintenance</h1><p>Reven")
    if fault == "slow":
        return Response(response.status, response.headers, response.body, delay_s=delay)
    if fault == "truncated" and response.body.startswith(b"PK"):
        return Response(response.status, response.headers, response.body[: len(response.body) * 2 // 3])
    return response


def _own() -> Listed:
    """The professional of the bench, in the structure of the bench."""
    one = list_one(0, "banc")
    return one.with_(
        rpps=PROFESSIONAL.rpps,
        nom=PROFESSIONAL.nom,
        prenom=PROFESSIONAL.prenom,
        savoir_faire=PROFESSIONAL.specialite,
        savoir_faire_libelle="Qualifié en Médecine Générale (SM)",
        structure=ORGANISATION.id_structure,
        raison_sociale=ORGANISATION.nom,
        mailbox=None,
    )

"""The INSi téléservice: recovery of an identity by its traits or by card, verification (unit, in bulk), faults by name.

Codes, optional elements of the answer and the technical fault are those of the service (guide SEL-MP-043 v05,
as read in its clients); the people are the ones the bench declares and nobody else.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from conformance.journal import Journal
from conformance.model.evidence import Channel, Exchange
from conformance.model.identity import Identity, trait_key
from conformance.simulators import soap
from conformance.simulators.http import HttpServer, Request, Response
from conformance.simulators.insi.answer import CODES, RETURNED, result, technical_fault, values_of, verdict
from conformance.simulators.insi.lots import Lots, answers, receipt
from conformance.simulators.insi.request import CARD, COLLECT, DEPOSIT, SERVICE, VERIFICATION, Call, Refusal, read
from conformance.simulators.naming import known
from conformance.simulators.pki import Pki

SLOW_S = 30.0
FAULTS = {
    "siram-40": "erreur technique du service (siram_40, insi_102)",
    "http-503": "service indisponible (HTTP 503)",
    "slow": "réponse juste, mais après un long délai",
    "reset": "connexion coupée sans réponse",
    "garbage": "réponse qui n’est pas du SOAP",
    "tls-refused": "session TLS refusée par le service",
    "tls-expired": "certificat serveur expiré",
}


@dataclass(frozen=True, slots=True)
class _Person:
    identity: Identity
    code: str
    returned: Mapping[str, str | None] = field(default_factory=dict)
    history: tuple[Mapping[str, str], ...] = ()


class Insi:
    """The service on loopback. Whoever was not declared is unknown: 01 to a recovery, KO to a verification.

    An exchange's facts: ``operation``, ``mode`` (CPX, ORG, PSC), ``certificat``, ``utilisateur``,
    ``signataire``, ``lps``, ``idam``, ``message_id``, then ``code`` or ``resultat`` (and ``ecart``),
    ``fault``, ``refused``, ``erreur``.
    """

    def __init__(self, journal: Journal, pki: Pki, host: str = "127.0.0.1", port: int = 0) -> None:
        self._journal = journal
        self._pki = pki
        self._host = host
        self._port = port
        self._server: HttpServer | None = None
        self._lock = threading.Lock()
        self._people: dict[str, _Person] = {}
        self._verdicts: dict[str, tuple[Identity, bool]] = {}
        self._faults: dict[str | None, tuple[str, float]] = {}
        self._messages: set[str] = set()
        self.lots = Lots()

    def start(self) -> None:
        """Serve; return once connections are accepted."""
        self._server = HttpServer(self._answer, self._context, self._host, self._port)
        self._server.start()
        self._port = self._server.port

    def stop(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def url(self) -> str:
        """The address to call, once started."""
        return f"https://{self._host}:{self._port}/lps"

    def answers(
        self,
        identity: Identity,
        code: str = "00",
        returned: Mapping[str, str | None] | None = None,
        history: Sequence[str | Mapping[str, str]] = (),
    ) -> None:
        """Declare what a recovery of this person gives.

        ``returned`` replaces elements of the answer, None leaves one out; ``history`` lists former
        matricules: 15 characters, or a mapping with ``matricule``, ``oid``, ``DateDeb``, ``DateFin``. A
        person recovered with 00 verifies OK, with the traits so returned, unless told otherwise.
        """
        known(code, CODES, "code INSi")
        for name in returned or {}:
            known(name, RETURNED, "élément de réponse INSi")
        former = tuple({"matricule": item} if isinstance(item, str) else dict(item) for item in history)
        with self._lock:
            self._people[identity.key] = _Person(identity, code, dict(returned or {}), former)
            if code == "00":
                self._verdicts[identity.matricule] = (_corrected(identity, returned or {}), True)

    def verifies(self, identity: Identity, ok: bool = True) -> None:
        """Declare what a verification of this person gives: OK needs the same matricule, OID and traits."""
        with self._lock:
            self._verdicts[identity.matricule] = (identity, ok)

    def fault(self, name: str, identity: Identity | None = None, delay_s: float = SLOW_S) -> None:
        """Put a fault of FAULTS in force, for one person or everybody; ``delay_s`` is that of ``slow``.

        Those of TLS strike everybody: ValueError when they are asked for one person.
        """
        known(name, FAULTS, "panne INSi")
        if identity is not None and name.startswith("tls-"):
            raise ValueError(f"{name} touche tout le monde : pendant la poignée de main, nul ne sait de qui l’on parle")
        with self._lock:
            for key in [None] if identity is None else identity.keys:
                self._faults[key] = (name, delay_s)

    def clear(self) -> None:
        """Lift every fault; the declared people stay."""
        with self._lock:
            self._faults.clear()

    def _context(self) -> ssl.SSLContext:
        """The TLS settings; each handshake looks at the fault then in force."""
        sound, expired = self._pki.server_context(), self._pki.server_context("server_expired")

        def choose(handshake: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> int | None:
            with self._lock:
                fault, _ = self._faults.get(None, ("", 0.0))
            if fault == "tls-refused":
                return int(ssl.AlertDescription.ALERT_DESCRIPTION_HANDSHAKE_FAILURE)
            handshake.context = expired if fault == "tls-expired" else sound
            return None

        sound.sni_callback = choose
        return sound

    def _answer(self, request: Request) -> Response:
        if request.method != "POST" or request.path != "/lps":
            response = Response(404 if request.path != "/lps" else 405)
            return self._record(request, Call(), response, {"refused": "Le service attend POST /lps."})
        call = read(request, self._pki)
        name, delay = self._fault_for(call)
        facts = {"fault": name} if name else {}
        if name == "http-503":
            return self._record(request, call, Response(503, (("Retry-After", "120"),)), facts)
        if name == "reset":
            return self._record(request, call, Response(0, abort=True), facts)
        if name == "garbage":
            page = b"<html><body><h1>Maintenance</h1><p>Reven"
            return self._record(request, call, Response(200, (("Content-Type", "text/html"),), page), facts)
        self._refuse_replay(call)
        status, body, more, keys = self._soap(call, technical=name == "siram-40")
        headers = (("Content-Type", soap.CONTENT_TYPE),)
        response = Response(status, headers, body, delay_s=delay if name == "slow" else 0.0)
        return self._record(request, call, response, facts | more, keys)

    def _fault_for(self, call: Call) -> tuple[str, float]:
        with self._lock:
            return next((self._faults[key] for key in (*call.keys, None) if key in self._faults), ("", 0.0))

    def _refuse_replay(self, call: Call) -> None:
        identifier = (call.message_id or "").lower()
        with self._lock:
            if call.refusal is None and identifier in self._messages:
                call.refusal = Refusal("wsa:MessageID déjà reçu : chaque message doit porter le sien.")
            self._messages.add(identifier)

    def _soap(self, call: Call, technical: bool) -> tuple[int, bytes, dict[str, str], frozenset[str]]:
        """The status, bytes, facts and further keys of an answer."""
        refusal = call.refusal
        if refusal is not None and not refusal.technical:
            body = soap.fault(refusal.code, refusal.reason, relates_to=call.message_id)
            return soap.status(refusal.code), body, {"refused": refusal.reason}, frozenset()
        if refusal is not None or technical:
            facts = {"refused": refusal.reason} if refusal else {}
            return 500, technical_fault(call.message_id), facts | {"erreur": "insi_102"}, frozenset()
        if call.operation == VERIFICATION:
            gap = self._gap(call)
            facts = {"resultat": "KO", "ecart": gap} if gap else {"resultat": "OK"}
            return 200, _reply(VERIFICATION, verdict(not gap), call), facts, frozenset()
        if call.operation in (DEPOSIT, COLLECT):
            return self._bulk(call)
        return self._recovery(call)

    def _bulk(self, call: Call) -> tuple[int, bytes, dict[str, str], frozenset[str]]:
        if call.operation == DEPOSIT:
            verdicts = {rank: not self._gap(member) for rank, member in call.members.items()}
            number = self.lots.deposit(verdicts)
            facts = {"lot": number, "individus": str(len(verdicts)), "ko": str(sum(not ok for ok in verdicts.values()))}
            return 200, _reply(DEPOSIT, receipt(number, len(verdicts)), call), facts, frozenset()
        try:
            found = self.lots.collect(call.lot)
        except KeyError:
            reason = "Lot inconnu."
            body = soap.fault("Sender", reason, relates_to=call.message_id)
            return soap.status("Sender"), body, {"refused": reason, "lot": call.lot[:80]}, frozenset()
        facts = {"lot": call.lot, "etat": "en cours" if found is None else "terminé"}
        return 200, _reply(COLLECT, answers(call.lot, found), call), facts, frozenset()

    def _recovery(self, call: Call) -> tuple[int, bytes, dict[str, str], frozenset[str]]:
        person = self._find(call)
        code = person.code if person else "01"
        values = values_of(person.identity, person.returned) if person and code == "00" else None
        matricule = f"{values['NumIdentifiant'] or ''}{values['Cle'] or ''}" if values else ""
        body = _reply(call.operation, result(code, values, person.history if person else ()), call)
        return 200, body, {"code": code}, frozenset({matricule} if matricule else ())

    def _find(self, call: Call) -> _Person | None:
        """The declared person with those traits, or with that card: the birth name must be exact, hyphens included."""
        traits = call.traits
        with self._lock:
            if call.operation == CARD:
                return next((one for one in self._people.values() if one.identity.matricule == call.matricule), None)
            person = self._people.get(trait_key(traits["NomNaissance"], traits["DateNaissance"]))
        if person is None:
            return None
        who = person.identity
        same = traits["NomNaissance"] == who.nom_naissance and traits["Sexe"] == who.sexe
        place = traits.get("LieuNaissance") or "99999"
        sent = {name for value in call.first_names for name in value.split()}
        near = place in ("99999", who.lieu_naissance) and sent <= set(who.prenoms.split())
        return person if same and near else None

    def _gap(self, call: Call) -> str:
        """What makes a verification KO; empty when it is OK."""
        with self._lock:
            who, ok = self._verdicts.get(call.matricule, (None, False))
        if who is None:
            return "matricule inconnu"
        expected = {"NomNaissance": who.nom_naissance, "Sexe": who.sexe, "DateNaissance": who.date_naissance}
        optional = {"ListePrenom": who.prenoms, "LieuNaissance": who.lieu_naissance}
        expected |= {name: value for name, value in optional.items() if call.traits.get(name)}
        wrong = [name for name, value in expected.items() if call.traits.get(name) != value]
        if call.first_names and not set(" ".join(call.first_names).split()) <= set(who.prenoms.split()):
            wrong.append("Prenom")
        if call.oid != who.oid:
            wrong.append("OID")
        return ", ".join(wrong) or ("" if ok else "identité déclarée KO")

    def _record(
        self,
        request: Request,
        call: Call,
        response: Response,
        facts: dict[str, str],
        keys: frozenset[str] = frozenset(),
    ) -> Response:
        self._journal.exchange(
            Exchange(
                channel=Channel.INSI,
                operation=call.operation,
                request=request.message,
                response=None if response.abort else response.message,
                keys=call.keys | keys,
                tls=request.tls,
                facts={"operation": call.operation} | call.facts | facts,
            )
        )
        return response


def _corrected(who: Identity, returned: Mapping[str, str | None]) -> Identity:
    """The person as a software that took over the returned traits holds them."""
    fields = {
        "NomNaissance": "nom_naissance",
        "ListePrenom": "prenoms",
        "Sexe": "sexe",
        "DateNaissance": "date_naissance",
        "LieuNaissance": "lieu_naissance",
        "OID": "oid",
    }
    return who.with_(**{fields[name]: value for name, value in returned.items() if value and name in fields})


def _reply(operation: str, body: etree._Element, call: Call) -> bytes:
    return soap.answer(f"{SERVICE}:{operation}Response", body, call.message_id)

"""The bench by itself: what an integrator is told of it, then one line for each exchange its software makes."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from ssl import PEM_cert_to_DER_cert
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.choose import chosen_vendor
from conformance.cli.codes import BENCH, CONFORMING
from conformance.cli.view import columns, counted, say
from conformance.drivers.stage import LiveStage
from conformance.journal import Journal
from conformance.model.identity import Identity, invent
from conformance.model.vendor import DriverConfig, Software, Vendor
from conformance.outcomes import BenchFault
from conformance.reporting.text import clip, prose, visible
from conformance.runs import DEFAULT_SEED

if TYPE_CHECKING:
    from types import FrameType

    from conformance.simulators.bench import Bench

_NOBODY = Vendor("aucun", "", Software("", ""), DriverConfig("dossier"))
_SERVICES = {"insi": "INSi", "dmp": "DMP", "psc": "PSC", "mss": "MSSanté", "annuaire": "Annuaire", "hl7": "HL7 v2"}
_WIDEST = 300
# A wait no longer than this lets Windows hear Ctrl-C.
_TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked for; ``people`` is how many are to be invented, ``record`` where exchanges are to be kept."""

    vendor: str | None
    ports: Mapping[str, int]
    people: int
    record: Path | None


def serve(asked: Asked) -> int:
    """Serve until Ctrl-C or a request to end; gives the process's exit code. Raises DataError for a wrong vendor."""
    vendor = _NOBODY if asked.vendor is None else chosen_vendor(asked.vendor)
    vendor = replace(vendor, ports={**vendor.ports, **asked.ports})
    with tempfile.TemporaryDirectory(prefix="segur-banc-", ignore_cleanup_errors=True) as name, _ends_are_interrupts():
        scratch = Path(name)
        journal = Journal(asked.record or scratch, "banc")
        stage = LiveStage(vendor, journal, scratch)
        with closing(journal), closing(stage):
            try:
                bench = stage.bench
            except BenchFault as fault:
                say(f"Erreur : {fault.reason}", error=True)
                return BENCH
            assert bench is not None
            try:
                _print(_presented(bench, asked))
                _watch(journal)
            except KeyboardInterrupt:
                received = sum(entry["kind"] == "exchange" for entry in journal.entries)
                say(f"\nBanc arrêté ; {counted(received, 'échange reçu', 'échanges reçus')}.")
    return CONFORMING


@contextmanager
def _ends_are_interrupts() -> Iterator[None]:
    """What asks a process to end is heard as Ctrl-C, so that the services are stopped and the folder is let go."""
    names = (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGBREAK", None))
    before = {name: signal.signal(name, _interrupt) for name in names if name is not None}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _watch(journal: Journal) -> None:
    """Print each exchange as it is recorded; ends by KeyboardInterrupt only."""
    seen = 0
    while True:
        fresh = _after(journal, seen)
        _print(line(entry) for entry in fresh if entry["kind"] == "exchange")
        seen += len(fresh)


def _after(journal: Journal, seen: int) -> tuple[dict[str, Any], ...]:
    """The entries beyond the first ``seen``, waiting a moment for one."""
    journal.wait(lambda: journal.count > seen, _TICK_S)
    return journal.after(seen)


def _print(lines: Iterable[str]) -> None:
    """Print as it is: a name to be typed or a path to be copied keeps its plain apostrophe."""
    for one in lines:
        click.echo(visible(one))


def line(entry: Mapping[str, Any]) -> str:
    """One exchange on one line: local time, service, operation, what the service made of it."""
    data = entry["data"]
    at = datetime.fromisoformat(entry["at"]).astimezone()
    operation = data["operation"] if data["operation"] != "?" else data["request"]["start"]
    symbol, told = _outcome(data)
    service = _SERVICES.get(data["channel"], data["channel"])
    words = f"{at:%H:%M:%S}  {service:<7}  {operation}  {symbol} {prose(told)}"
    return clip(" ".join(words.splitlines()), _WIDEST)


def _outcome(data: Mapping[str, Any]) -> tuple[str, str]:
    """Whether the service did what it was asked, and what it says of it."""
    facts: Mapping[str, str] = data["facts"]
    told = [facts[name] for name in ("code", "resultat", "status", "verdict", "error", "erreur") if facts.get(name)]
    told += [f"{label} : {facts[name]}" for name, label in _DETAILS if facts.get(name)]
    if data["response"] is None:
        told.append("connexion finie sans réponse")
    elif data["channel"] == "mss":
        told.insert(0, str(data["response"]["start"]))
    wrong = any(facts.get(name) for name in ("refused", "error", "erreur")) or data["response"] is None
    return "✗" if wrong else "→", ", ".join(dict.fromkeys(told)) or "reçu"


_DETAILS = (
    ("ecart", "écart"),
    ("refused", "refusé"),
    ("auth", "authentification"),
    ("box", "boîte"),
    ("warning", "attention"),
)


def _presented(bench: Bench, asked: Asked) -> Iterator[str]:
    """Everything a software must be told, and how to give it."""
    yield "Le banc est prêt. Ctrl-C l’arrête."
    yield ""
    yield columns([(service["name"], service["endpoint"]) for service in bench.describe()], "  ")
    yield ""
    yield from _folder(bench)
    yield ""
    yield from _professional(bench)
    yield ""
    yield from _trust(bench.pki.trust)
    if asked.people:
        yield ""
        yield from _people(bench, asked.people)
    yield ""
    yield f"Échanges gardés dans {asked.record}." if asked.record else "Les échanges ne sont pas gardés (--record)."
    yield "Échanges reçus :"


def _folder(bench: Bench) -> Iterator[str]:
    memory = bench.memory
    rows = [("Réglages", str(bench.file)), ("Autorité", str(bench.pki.trust))]
    if memory:
        rows += [("Certificats", memory["certificats"]), ("Identifiants", memory["identifiants"])]
        yield columns(rows, "  ")
        if memory["certificats"].startswith("neufs") or memory["identifiants"] == "neufs":
            yield "  Ce qui est neuf est à régler dans le logiciel ; les prochaines fois, rien ne changera."
    else:
        yield columns(rows, "  ")
        yield "  Ce dossier est effacé à l’arrêt, et ses certificats avec lui : bench.folder dans la configuration le garde."


def _professional(bench: Bench) -> Iterator[str]:
    who, where = bench.pki.professional, bench.pki.organisation
    yield f"Professionnel de l’essai : {who.titre} {who.prenom} {who.nom}, RPPS {who.rpps}, {where.nom}"
    rows = [
        ("Structure", where.id_structure),
        ("Client Pro Santé Connect", f"{bench.psc.client.id} (secret : réglages)"),
    ]
    rows += [(f"Boîte {name}", box["adresse"]) for name, box in bench.boxes.items()]
    yield columns(rows, "  ")
    yield "  À la page de connexion de Pro Santé Connect, il suffit de valider : aucune carte n’est demandée."


def _trust(path: Path) -> Iterator[str]:
    digest = sha256(PEM_cert_to_DER_cert(_first(path))).hexdigest().upper()
    yield "Faire confiance à l’autorité, dans le logiciel plutôt que sur toute la machine, et le temps de l’essai :"
    rows = [
        ("Java", f'keytool -importcert -noprompt -alias banc-segur -file "{path}" -keystore MAGASIN'),
        ("Node.js", f'NODE_EXTRA_CA_CERTS="{path}"'),
        ("Python, curl", f'REQUESTS_CA_BUNDLE="{path}", curl --cacert "{path}"'),
        (".NET, Windows", f'certutil -user -addstore Root "{path}"'),
    ]
    yield columns(rows, "  ")
    yield f"  Empreinte SHA-256 de la racine : {digest}"


def _first(path: Path) -> str:
    end = "-----END CERTIFICATE-----"
    return path.read_text(encoding="ascii").partition(end)[0] + end


def _people(bench: Bench, number: int) -> Iterator[str]:
    """Invent people, always the same ones, whom INSi knows and whose DMP is open."""
    found = [invent(DEFAULT_SEED, "bench", rank) for rank in range(number)]
    for person in found:
        bench.insi.answers(person)
        bench.dmp.open(person)
    yield "Usagers inventés, connus d’INSi et du DMP (les mêmes à chaque fois) :"
    yield columns([_HEADINGS, *map(_traits, found)], "  ")


_HEADINGS = ("Nom de naissance", "Prénoms", "Né(e) le", "Sexe", "Lieu", "Matricule", "OID")


def _traits(person: Identity) -> tuple[str, ...]:
    born = date.fromisoformat(person.date_naissance)
    traits = (person.nom_naissance, person.prenoms, f"{born:%d/%m/%Y}", person.sexe, person.lieu_naissance)
    return (*traits, person.matricule, person.oid)

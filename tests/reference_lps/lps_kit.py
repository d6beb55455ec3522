"""What the tests of the reference LPS's identity part share: a PKI, a bench, a running LPS, a small service."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import json
import ssl
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from office_kit import CABINET, DOCTOR

from conformance.reference_lps.traits import key_of
from conformance.reference_lps.types import Bench

SOAP_XML = "application/soap+xml"
OID = "1.2.250.1.213.1.4.10"
MATRICULE = "2790351990001" + key_of("2790351990001")
OTHER = "1850775990002" + key_of("1850775990002")
TRAITS = {
    "nom_naissance": "TILLEUL",
    "prenoms": "ZOE MARIE",
    "premier_prenom": "ZOE",
    "nom_utilise": "ERABLE",
    "prenom_utilise": "MARIE",
    "date_naissance": "1979-03-28",
    "sexe": "F",
    "lieu_naissance": "51990",
}


class Pki:
    """One authority and one key pair for every certificate: tests are quick, and nothing here is secret."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AC DE TEST")])
        self.key = folder / "seule.key"
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        self.key.write_bytes(self._key.private_bytes(encoding, form, serialization.NoEncryption()))
        self.root = self.issue("ac", "AC DE TEST", authority=True)

    def issue(self, name: str, common_name: str, authority: bool = False) -> Path:
        """A certificate of that subject, valid for the loopback."""
        now = dt.datetime.now(dt.UTC)
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
            .issuer_name(self._root)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=2))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        path = self.folder / f"{name}.pem"
        path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return path

    def bench(self, folder: Path, **services: Any) -> Path:
        """A bench.json in ``folder``; ``services`` overrides whole sections."""
        names = {"org_auth": "INSI-AUTO", "org_sign": "SIGN", "cps_auth": "899900000015", "cps_sign": "CARTE"}
        pairs = {
            name: {"certificat": str(self.issue(name, subject)), "cle": str(self.key)}
            for name, subject in names.items()
        }
        content = {
            "version": 1,
            "organisation": CABINET,
            "professionnel": DOCTOR,
            "confiance": str(self.root),
            "certificats": pairs,
            "insi": {"url": "https://127.0.0.1:9/lps"},
            "dmp": {"url": "https://127.0.0.1:9/dmp"},
            "psc": {"decouverte": "https://127.0.0.1:9/", "client_id": "lps", "client_secret": "secret"},
            "mss": {"hote": "127.0.0.1", "port": 9, "domaine": "operateur.mssante.test", "boites": {}},
        } | services
        path = folder / "bench.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return path


@dataclass
class Asked:
    """A request a service received; ``client`` is the common name of the TLS client certificate."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    client: str


Answer = tuple[int, str, bytes]


@dataclass
class Service:
    """A national service over TLS: ``answer`` makes each reply, ``asked`` keeps what came."""

    url: str
    answer: Callable[[Asked], Answer]
    asked: list[Asked] = field(default_factory=list)

    def paths(self) -> list[str]:
        """The paths called, in order."""
        return [one.path for one in self.asked]


@contextmanager
def service(keys: Pki, answer: Callable[[Asked], Answer], mutual: bool = False) -> Iterator[Service]:
    """Run a service on the loopback; ``mutual`` demands a client certificate of the same authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys.issue("serveur", "service"), keys.key)
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(keys.root)
    running = Service("", answer)

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            target = urllib.parse.urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            asked = Asked(
                self.command,
                target.path,
                dict(urllib.parse.parse_qsl(target.query)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
                _common_name(self.connection),
            )
            running.asked.append(asked)
            status, kind, body = running.answer(asked)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _reply

        def log_message(self, *args: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that leaves the handshake is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    running.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class Pilot:
    """A client of the API of a running LPS."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.browser = requests.Session()
        self.browser.trust_env = False

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One raw call."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.browser.request(method, f"{self.url}/pilote/v1{path}", json=body, headers=names, timeout=20)

    def get(self, path: str) -> Any:
        """The JSON of a successful reading."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None) -> Any:
        """The JSON of a successful action."""
        answer = self.call("POST", path, {} if body is None else body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def patient(self, **changes: str) -> str:
        """Create the usual patient and give its id."""
        return str(self.post("/patients", TRAITS | changes)["id"])


@contextmanager
def running(bench: Path, data: Path, *defects: str) -> Iterator[Pilot]:
    """An LPS listening in a thread of the test."""
    from conformance.reference_lps.app import serve

    ready, urls = threading.Event(), list[str]()
    stops = list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()

    def announce(url: str) -> None:
        urls.append(url)
        ready.set()

    async def live() -> None:
        stop = asyncio.Event()
        stops.append((asyncio.get_running_loop(), stop))
        await serve(Bench.read(bench), data, 0, defects=frozenset(defects), announce=announce, stop=stop)

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    assert ready.wait(10), "le LPS n’a pas démarré"
    try:
        yield Pilot(urls[0])
    finally:
        loop, stop = stops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


Start = Callable[..., Pilot]


def answering(insi: Service, body: bytes, status: int = 200) -> None:
    insi.answer = lambda asked: (status, SOAP_XML, body)


def retrieved(pilot: Pilot, insi: Service) -> str:
    """A patient INSi has just confirmed."""
    answering(insi, found_answer())
    patient = pilot.patient()
    pilot.post(f"/patients/{patient}/ins/recherche")
    return patient


def qualified(pilot: Pilot, insi: Service) -> str:
    patient = retrieved(pilot, insi)
    pilot.post(f"/patients/{patient}/justificatif", {"type": "CNI", "valider": True})
    return patient


def found_answer(code: str = "00", **tiq: str) -> bytes:
    """An INSi recovery answer; an empty trait is left out, as INSi does."""
    traits = {
        "NomNaissance": "TILLEUL-INSI",
        "Prenom": "ZOE",
        "ListePrenom": "ZOE MARIE LOU",
        "Sexe": "F",
        "DateNaissance": "1979-03-29",
        "LieuNaissance": "51991",
    } | tiq
    known = "".join(f"<{name}>{value}</{name}>" for name, value in traits.items() if value)
    number = f"<IdIndividu><NumIdentifiant>{MATRICULE[:13]}</NumIdentifiant><Cle>{MATRICULE[13:]}</Cle></IdIndividu>"
    past = f"<IdIndividu><NumIdentifiant>{OTHER[:13]}</NumIdentifiant><Cle>{OTHER[13:]}</Cle></IdIndividu>"
    person = (
        f"<INDIVIDU><INSACTIF>{number}<OID>{OID}</OID></INSACTIF>"
        f"<INSHISTO>{past}<OID>{OID}</OID><DateDeb>1985-07-01</DateDeb></INSHISTO><TIQ>{known}</TIQ></INDIVIDU>"
    )
    return soap(
        '<RESULTAT xmlns="http://www.cnamts.fr/INSiResultat"><CR>'
        f"<CodeCR>{code}</CodeCR><LibelleCR>libelle {code}</LibelleCR></CR>{person if code == '00' else ''}</RESULTAT>"
    )


def verified_answer(result: str) -> bytes:
    """An INSi verification answer."""
    namespace = "http://www.cnamts.fr/INSiLot2/REPUnitaire"
    return soap(f'<RESULTATVERIF xmlns="{namespace}"><Resultat>{result}</Resultat></RESULTATVERIF>')


def soap(body: str) -> bytes:
    """A SOAP 1.2 envelope."""
    return (
        f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


def _common_name(connection: Any) -> str:
    certificate = connection.getpeercert() or {}
    return next((value for part in certificate.get("subject", ()) for _, value in part), "")

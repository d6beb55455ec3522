"""What « doctor » looks at, one thing a line, each with what to do when it is not well."""

from __future__ import annotations

import imaplib
import os
import smtplib
import socket
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from urllib.parse import urlsplit

from conformance.cli.codes import BENCH, INCOMPLETE
from conformance.drivers.actions import ACTIONS
from conformance.drivers.stage import LiveStage
from conformance.journal import Journal
from conformance.model.vendor import DriverConfig, Software, Vendor
from conformance.outcomes import BenchFault, NotRun
from conformance.validation import xsd

PYTHON = (3, 11)
_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Line:
    """One observation. ``code`` is what the process ends with because of it: 0 when it is well or optional."""

    symbol: str
    text: str
    advice: str = ""
    code: int = 0

    def __str__(self) -> str:
        return f"{self.symbol} {self.text}" + (f"\n    {self.advice}" if self.advice else "")


def well(text: str) -> Line:
    """All is well."""
    return Line("✓", text)


def optional(text: str, advice: str) -> Line:
    """Something is not there, which only takes a part of the control away."""
    return Line("–", text, advice)


def wrong(text: str, advice: str, code: int = BENCH) -> Line:
    """Something has to be mended."""
    return Line("✗", text, advice, code)


def machine() -> Iterator[Line]:
    """Python, the packages, the Allure command, the agency’s pack."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= PYTHON:
        yield well(f"Python {found}")
    else:
        yield wrong(f"Python {found}", "Installez Python 3.11 ou plus récent.")
    yield _packages()
    yield from _allure()
    reason = xsd.unavailable()
    if reason is None:
        yield well(f"Pack de l’Agence : {xsd.pack_folder()}")
    else:
        yield optional("Pack de l’Agence absent : le schéma CDA ne sera pas vérifié", reason)


def _packages() -> Line:
    try:
        missing = sorted(_missing_packages())
    except PackageNotFoundError:
        return optional("Paquets non vérifiés : segur-conformance n’est pas installé", "pip install --no-deps -e .")
    if missing:
        return wrong(f"Paquets absents : {', '.join(missing)}", "pip install --require-hashes -r requirements.lock")
    return well("Paquets installés")


def _missing_packages() -> Iterator[str]:
    for wanted in requires("segur-conformance") or ():
        requirement, _, condition = wanted.partition(";")
        if "extra" in condition:
            continue
        name = requirement.split(">")[0].split("=")[0].strip()
        try:
            version(name)
        except PackageNotFoundError:
            yield name


def _allure() -> Iterator[Line]:
    from conformance.reporting.allure_html import VARIABLE, find_command

    command = find_command()
    if command is None:
        yield optional(
            "Commande Allure absente : rapport.html, junit.xml et allure-results seront écrits tout de même",
            f"Pour les pages Allure, installez la commande ou indiquez-la dans {VARIABLE}.",
        )
    else:
        yield well(f"Commande Allure : {command}")


def bench_and_software(vendor: Vendor | None) -> Iterator[Line]:
    """The ports, the bench, and the software when a vendor is given."""
    yield from _browser(vendor)
    config = vendor or Vendor("aucun", "", Software("", ""), DriverConfig("http", url="http://127.0.0.1:9"))
    taken = list(_taken(config))
    yield from taken
    if taken:
        return
    with tempfile.TemporaryDirectory(prefix="segur-", ignore_cleanup_errors=True) as name:
        scratch = Path(name)
        journal = Journal(scratch, "doctor", config.secrets)
        stage = LiveStage(config, journal, scratch / "travail")
        with closing(journal), closing(stage):
            yield from _bench(stage)
            if vendor is not None:
                yield from _software(stage, vendor)


def _browser(vendor: Vendor | None) -> Iterator[Line]:
    from conformance.drivers.chromium import find_chromium, unavailable

    if vendor is None or vendor.driver.browser != "chromium":
        return
    reason = unavailable()
    if reason is None:
        yield well(f"Navigateur de la page de connexion : {find_chromium()}")
    else:
        yield wrong(f"Navigateur absent : {reason}", "Sans lui, mettez « browser: sans » dans la configuration.")


def _taken(vendor: Vendor) -> Iterator[Line]:
    for name, port in vendor.ports.items():
        with socket.socket() as probe:
            if os.name == "posix":
                # As the services themselves: what lingers of a bench that has just stopped is no obstacle.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((vendor.host, port))
            except OSError as error:
                yield wrong(
                    f"Port {port} ({name}) indisponible sur {vendor.host} : {error.strerror}",
                    f"Arrêtez le programme qui l’occupe, ou changez bench.ports.{name} dans la configuration.",
                )


def _bench(stage: LiveStage) -> Iterator[Line]:
    try:
        bench = stage.bench
    except BenchFault as fault:
        yield wrong(f"Banc : {fault.reason}", "Vérifiez les ports et les droits d’écriture du dossier temporaire.")
        return
    if bench is None:
        return
    if memory := bench.memory:
        told = f"certificats {memory['certificats']} ; identifiants {memory['identifiants']}"
        yield well(f"Banc gardé : {memory['dossier']} ({told})")
    context = ssl.create_default_context(cafile=str(bench.pki.trust))
    for service in bench.describe():
        yield _answers(service["name"], service["endpoint"], context)


def _answers(name: str, endpoint: str, context: ssl.SSLContext) -> Line:
    address = urlsplit(endpoint)
    reach = {"smtp": _smtp, "imap": _imap, "http": _plain, "mllp": _plain}.get(address.scheme, _https)
    try:
        told = reach(address.hostname or "127.0.0.1", address.port or 443, context)
    except (OSError, smtplib.SMTPException, imaplib.IMAP4.error) as error:
        return wrong(
            f"{name} : {endpoint} ne répond pas ({error})",
            "Un antivirus ou un pare-feu intercepte peut-être la boucle locale.",
        )
    return well(f"{name} : {endpoint} ({told})")


def _https(host: str, port: int, context: ssl.SSLContext) -> str:
    with (
        socket.create_connection((host, port), _TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        return secure.version() or "TLS"


def _plain(host: str, port: int, _context: ssl.SSLContext) -> str:
    socket.create_connection((host, port), _TIMEOUT_S).close()
    return "sans TLS"


def _smtp(host: str, port: int, context: ssl.SSLContext) -> str:
    with smtplib.SMTP(host, port, timeout=_TIMEOUT_S) as client:
        client.starttls(context=context)
        client.ehlo()
        return _version(client.sock)


def _imap(host: str, port: int, context: ssl.SSLContext) -> str:
    with imaplib.IMAP4(host, port, timeout=_TIMEOUT_S) as client:
        client.starttls(context)
        return _version(client.sock)


def _version(wrapped: object) -> str:
    version_of = getattr(wrapped, "version", None)
    return str(version_of()) if version_of is not None else "TLS"


def _software(stage: LiveStage, vendor: Vendor) -> Iterator[Line]:
    if vendor.driver.kind == "dossier":
        try:
            stage.driver.artefacts("cda")
            yield well("Pilote « dossier » : dossier lisible, aucun logiciel à joindre")
        except BenchFault as fault:
            yield wrong(
                f"Pilote « dossier » : {fault.reason}",
                "Indiquez driver.folder ou dossier dans la configuration.",
                INCOMPLETE,
            )
        return
    where = vendor.driver.url or " ".join(vendor.driver.launch)
    try:
        reply = stage.driver.perform("lire_etat", {})
    except NotRun as problem:
        yield wrong(f"Logiciel : {problem.reason}", f"Vérifiez driver dans {vendor.file} ({where}).", INCOMPLETE)
        return
    if not reply.ok or not isinstance(reply.data, dict):
        yield wrong(
            f"Logiciel : lire_etat répond HTTP {reply.status}", "Il doit répondre 200 et dire ses actions.", INCOMPLETE
        )
        return
    data = reply.data
    yield well(f"Logiciel : {data.get('logiciel')} {data.get('version')} ({data.get('editeur')})")
    offered = data.get("actions")
    absent = sorted(set(ACTIONS) - set(offered)) if isinstance(offered, list) else []
    if absent:
        yield optional(
            f"Actions non offertes : {', '.join(absent)}", "Les scénarios qui les demandent seront « non vérifié »."
        )
